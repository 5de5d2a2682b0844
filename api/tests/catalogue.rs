//! Products, variants, prices, stock: edited by version, listed by pages.

use http::Method;
use serde_json::{Value, json};

use crate::ask::{Answer, anonymous, ask, empty, request, with_json};
use crate::world::World;

async fn edit(
    world: &World,
    method: Method,
    path: &str,
    etag: Option<&str>,
    body: &Value,
) -> Answer {
    let request = request(method, path);
    let request = match etag {
        Some(etag) => request.header("if-match", etag),
        None => request,
    };
    ask(&world.router, with_json(request, body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_edited_by_version_and_read_by_etag() {
    let world = World::new().await;
    let created = world.sells("A-1", 100, 1).await;
    let path = created.header("location").to_owned();
    let etag = created.header("etag").to_owned();
    let renamed = edit(
        &world,
        Method::PATCH,
        &path,
        Some(&etag),
        &json!({"name": "Other", "brand": "B"}),
    )
    .await
    .expect(200);
    let stale = edit(
        &world,
        Method::PATCH,
        &path,
        Some(&etag),
        &json!({"name": "Third"}),
    )
    .await;
    stale.expect_problem(412, "version-mismatch");
    let page = world.get_after(&path, &renamed).await.expect(200);
    assert_eq!(page.header("etag"), renamed.header("etag"));
    assert_eq!(page.header("cache-control"), "public, no-cache");
    assert_eq!(
        (&page.json()["name"], &page.json()["brand"]),
        (&json!("Other"), &json!("B"))
    );
    let known = request(Method::GET, &path).header("if-none-match", page.header("etag"));
    let known = ask(&world.router, empty(known)).await.expect(304);
    assert!(known.body.is_empty());
    let unbranded = edit(
        &world,
        Method::PATCH,
        &path,
        Some(page.header("etag")),
        &json!({"brand": null}),
    )
    .await
    .expect(200);
    let page = world
        .get_after("/v1/products/thing-a-1", &unbranded)
        .await
        .expect(200)
        .json();
    assert!(page["brand"].is_null(), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn variants_and_prices_and_publication() {
    let world = World::new().await;
    let created = world.sells("A-1", 100, 1).await;
    let path = created.header("location").to_owned();
    let nothing = json!({});
    let variant =
        json!({"sku": "A-2", "name": "Large", "attributes": {"size": "L"}, "tax_bp": 1900});
    let added = world
        .post(&format!("{path}/variants"), &variant)
        .await
        .expect(201);
    world
        .post(&format!("{path}/variants"), &variant)
        .await
        .expect_problem(409, "sku-taken");
    let price = format!("{path}/variants/A-2/prices/USD");
    edit(&world, Method::PUT, &price, None, &json!({"minor": 300}))
        .await
        .expect(200);
    let negative = edit(&world, Method::PUT, &price, None, &json!({"minor": -1})).await;
    let negative = negative.expect_problem(422, "validation-failed");
    assert_eq!(negative["errors"][0]["pointer"], "/minor", "{negative}");
    let no_currency = format!("{path}/variants/A-2/prices/dollars");
    edit(
        &world,
        Method::PUT,
        &no_currency,
        None,
        &json!({"minor": 1}),
    )
    .await
    .expect_problem(404, "not-found");
    let revision = json!({"attributes": {"size": "XL"}, "name": null});
    let stale = edit(
        &world,
        Method::PATCH,
        &format!("{path}/variants/A-2"),
        Some(added.header("etag")),
        &revision,
    )
    .await;
    stale.expect_problem(412, "version-mismatch");
    edit(
        &world,
        Method::PATCH,
        &format!("{path}/variants/A-2"),
        Some("*"),
        &revision,
    )
    .await
    .expect(200);
    let gone = edit(
        &world,
        Method::DELETE,
        &format!("{path}/variants/A-2"),
        None,
        &nothing,
    )
    .await
    .expect(200);
    let page = world.get_after(&path, &gone).await.expect(200).text();
    assert!(
        page.contains("\"XL\"") && page.contains("discontinued"),
        "{page}"
    );

    let publication = format!("{path}/publication");
    let request = empty(request(Method::DELETE, &publication));
    let hidden = ask(&world.router, request).await.expect(200);
    world.get_after(&path, &hidden).await.expect(200);
    ask(&world.router, empty(anonymous(Method::GET, &path)))
        .await
        .expect_problem(404, "not-found");
    edit(&world, Method::PUT, &publication, None, &nothing)
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_listed_by_pages_with_links_both_ways() {
    let world = World::new().await;
    let mut last = None;
    for number in 1..=5 {
        last = Some(world.sells(&format!("P-{number}"), number * 100, 1).await);
    }
    let first = world
        .get_after("/v1/products?limit=2&category=THINGS", &last.unwrap())
        .await
        .expect(200);
    assert_eq!(first.json()["items"].as_array().unwrap().len(), 2);
    assert!(first.json()["previous"].is_null());
    let link = first.header("link").to_owned();
    let next = link
        .strip_prefix('<')
        .and_then(|it| it.split_once(">; rel=\"next\""))
        .unwrap()
        .0;
    let anonymously = ask(&world.router, empty(anonymous(Method::GET, next)))
        .await
        .expect(200);
    assert!(anonymously.header("link").contains("rel=\"prev\""));
    let back = anonymously.json()["previous"].as_str().unwrap().to_owned();
    let back = world
        .get(&format!(
            "/v1/products?limit=2&category=THINGS&before={back}"
        ))
        .await
        .expect(200);
    assert_eq!(back.json()["items"], first.json()["items"]);
    let sorted = "/v1/products?sort=-price&currency=USD&price_max=400&in_stock=true";
    let sorted = world.get(sorted).await.expect(200).json();
    assert!(sorted["items"].as_array().unwrap().len() <= 4);

    world
        .get("/v1/products?after=nonsense")
        .await
        .expect_problem(400, "invalid-cursor");
    let most = world
        .get("/v1/products?limit=501")
        .await
        .expect_problem(400, "malformed-request");
    assert_eq!(most["errors"][0]["pointer"], "?limit");
    let hidden = anonymous(Method::GET, "/v1/products?publication=all");
    ask(&world.router, empty(hidden))
        .await
        .expect_problem(401, "authentication-required");
    world.get("/v1/products?publication=all").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_received_adjusted_and_read() {
    let world = World::new().await;
    world.sells("A-1", 100, 3).await;
    let lost = json!({"delta": -1, "reason": "broken"});
    let adjusted = world
        .post("/v1/stock/A-1/adjustments", &lost)
        .await
        .expect(201);
    assert_eq!(adjusted.json()["id"], "A-1@main");
    let item = world
        .get_after("/v1/stock/A-1?location=main", &adjusted)
        .await
        .expect(200);
    assert_eq!(item.header("etag"), adjusted.header("etag"));
    assert_eq!(item.json()["on_hand"], 2);
    let everywhere = world.get("/v1/stock/A-1").await.expect(200).json();
    assert_eq!(everywhere["locations"][0]["on_hand"], 2);
    let below = world.get("/v1/stock?below=3").await.expect(200).json();
    assert_eq!(below["items"][0]["sku"], "A-1");
    let too_much = json!({"delta": -10, "reason": "theft"});
    world
        .post("/v1/stock/A-1/adjustments", &too_much)
        .await
        .expect_problem(422, "validation-failed");
    let placed = world
        .post("/v1/orders", &crate::world::order_of(&[("A-1", 2)]))
        .await
        .expect(201);
    let held = world
        .get_after("/v1/stock/A-1/reservations", &placed)
        .await
        .expect(200)
        .json();
    assert_eq!(held["items"].as_array().unwrap().len(), 1, "{held}");
    let unknown = json!({"quantity": 1});
    world
        .post("/v1/stock/NOBODY/receipts", &unknown)
        .await
        .expect_problem(404, "not-found");
    world
        .get("/v1/stock/NOBODY")
        .await
        .expect_problem(404, "not-found");
}
