//! An order from placing to delivery, and what a repeat is answered with.

use http::Method;
use serde_json::{Value, json};

use crate::ask::{Answer, ask, empty, request, with_json};
use crate::world::{World, order_of};

fn path_of(placed: &Answer) -> String {
    placed.header("location").to_owned()
}

async fn status(world: &World, order: &str, written: &Answer) -> Value {
    world.get_after(order, written).await.expect(200).json()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_from_placed_to_completed() {
    let world = World::new().await;
    world.sells("A-1", 250, 10).await;
    let placed = world
        .post("/v1/orders", &order_of(&[("A-1", 3)]))
        .await
        .expect(201);
    let order = path_of(&placed);
    assert_eq!(
        order,
        format!("/v1/orders/{}", placed.json()["id"].as_str().unwrap())
    );
    let read = world.get_after(&order, &placed).await.expect(200);
    assert_eq!(read.header("etag"), placed.header("etag"));
    assert_eq!(read.json()["status"], "placed");

    let too_early = world.post(&format!("{order}/shipments"), &json!({})).await;
    too_early.expect_problem(409, "order-state");
    let confirmed = world
        .post(&format!("{order}/confirmations"), &json!({}))
        .await
        .expect(201);
    assert_eq!(status(&world, &order, &confirmed).await, "confirmed");
    let two = json!({"lines": [{"sku": "A-1", "quantity": 2}], "carrier": "Us"});
    let shipped = world
        .post(&format!("{order}/shipments"), &two)
        .await
        .expect(201);
    let shipment = shipped.json()["shipment_id"].as_str().unwrap().to_owned();
    let rest = json!({"lines": [{"sku": "A-1", "quantity": 1}], "reason": "changed my mind"});
    world
        .post(&format!("{order}/cancellations"), &rest)
        .await
        .expect(201);
    let more = world.post(&format!("{order}/shipments"), &two).await;
    assert!(matches!(more.status.as_u16(), 409 | 422), "{}", more.text());
    let delivery = format!("{order}/shipments/{shipment}/delivery");
    world.post(&delivery, &json!({})).await.expect(201);
    world
        .post(
            &format!("{order}/notes"),
            &json!({"note": "left at\nthe door"}),
        )
        .await
        .expect(201);
    let completed = world
        .post(&format!("{order}/completions"), &json!({}))
        .await
        .expect(201);
    assert_eq!(status(&world, &order, &completed).await, "completed");
    let list = world
        .get_after("/v1/orders?status=completed", &completed)
        .await
        .expect(200)
        .json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_gets_the_same_bytes_and_another_body_is_refused() {
    let world = World::new().await;
    world.sells("A-1", 250, 10).await;
    let place = async |quantity| {
        let request = request(Method::POST, "/v1/orders");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts
            .headers
            .insert("idempotency-key", "the-key".parse().unwrap());
        let body = order_of(&[("A-1", quantity)]).to_string();
        parts
            .headers
            .insert("content-type", "application/json".parse().unwrap());
        ask(
            &world.router,
            axum::extract::Request::from_parts(parts, body.into()),
        )
        .await
    };
    let (first, again) = tokio::join!(place(1), place(1));
    let (first, again) = (first.expect(201), again.expect(201));
    assert_eq!(first.body, again.body);
    let replayed = [&first, &again].map(|it| it.headers.contains_key("idempotency-replayed"));
    assert_eq!(replayed.iter().filter(|it| **it).count(), 1);
    for name in ["etag", "location", "daybook-position"] {
        assert_eq!(first.header(name), again.header(name));
    }
    place(2).await.expect_problem(422, "idempotency-key-reused");
    let orders = world
        .get_after("/v1/orders", &first)
        .await
        .expect(200)
        .json();
    assert_eq!(orders["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_that_is_sent_twice_has_one_id() {
    let world = World::new().await;
    world.sells("A-1", 250, 10).await;
    let order = path_of(
        &world
            .post("/v1/orders", &order_of(&[("A-1", 3)]))
            .await
            .expect(201),
    );
    world
        .post(&format!("{order}/confirmations"), &json!({}))
        .await
        .expect(201);
    let ship = async || {
        let mut request = with_json(
            request(Method::POST, &format!("{order}/shipments")),
            &json!({}),
        );
        request
            .headers_mut()
            .insert("idempotency-key", "ship".parse().unwrap());
        ask(&world.router, request).await.expect(201)
    };
    let (first, again) = (ship().await, ship().await);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.body, again.body);
    let read = world.get_after(&order, &again).await.expect(200).text();
    assert!(
        read.contains(first.json()["shipment_id"].as_str().unwrap()),
        "{read}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sales_channel_states_what_was_paid() {
    let world = World::new().await;
    world.sells("A-1", 250, 10).await;
    let sale = json!({
        "id": "0190163d-8694-539b-aea5-966c26f8ad91", "currency": "USD", "channel": "store-330",
        "customer": "household-900", "placed_at": "2017-01-05T10:00:00Z", "paid": "external",
        "lines": [{"sku": "A-1", "quantity": 2, "gross": 500, "discount": 100, "net": 400, "coupon": 50}],
    });
    let placed = world.post("/v1/orders", &sale).await.expect(201);
    assert_eq!(
        status(&world, &path_of(&placed), &placed).await,
        "completed"
    );
    let sales = "/v1/sales?from=2017-01-01&to=2017-02-01&by=channel";
    let sales = world.get_after(sales, &placed).await.expect(200).json();
    let row = &sales["rows"][0];
    assert_eq!(
        (&row["key"], &row["orders"], &row["units"]),
        (&json!("store-330"), &json!(1), &json!(2))
    );
    assert_eq!(row["net"], json!({"minor": 400, "currency": "USD"}));
    assert_eq!(
        sales["total"]["discount"],
        json!({"minor": 100, "currency": "USD"})
    );

    let mut customer = sale.clone();
    customer["id"] = json!("0190163d-8694-539b-aea5-966c26f8ad92");
    customer.as_object_mut().unwrap().remove("channel");
    let problem = world
        .post("/v1/orders", &customer)
        .await
        .expect_problem(422, "validation-failed");
    assert_eq!(problem["errors"][0]["code"], "channel-only", "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_is_refused_by_line() {
    let world = World::new().await;
    world.sells("A-1", 250, 1).await;
    world.sells("B-1", 250, 5).await;
    let short = order_of(&[("B-1", 1), ("A-1", 2)]);
    let problem = world
        .post("/v1/orders", &short)
        .await
        .expect_problem(409, "out-of-stock");
    assert_eq!(problem["errors"][0]["pointer"], "/lines/1/quantity");
    let mut dearer = order_of(&[("A-1", 1)]);
    dearer["expected_total"] = json!({"minor": 249, "currency": "USD"});
    world
        .post("/v1/orders", &dearer)
        .await
        .expect_problem(409, "price-changed");
    let order = "/v1/orders/0190163d-8694-739b-aea5-966c26f8ad91";
    world
        .post(&format!("{order}/cancellations"), &json!({}))
        .await
        .expect_problem(404, "not-found");
    world
        .post(&format!("{order}/confirmations"), &json!({}))
        .await
        .expect_problem(404, "not-found");
    world.get(order).await.expect_problem(404, "not-found");
    let rejected = world
        .post("/v1/orders", &order_of(&[("A-1", 1)]))
        .await
        .expect(201);
    let path = format!("{}/rejections", path_of(&rejected));
    let rejected = world
        .post(&path, &json!({"reason": "payment_declined"}))
        .await
        .expect(201);
    let stock = world
        .get_after("/v1/stock/A-1?location=main", &rejected)
        .await
        .expect(200)
        .json();
    assert_eq!(stock["available"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_waits_for_its_position_but_not_for_ever() {
    let world = World::new().await;
    let ahead = request(Method::GET, "/v1/orders").header("daybook-min-position", "1000000");
    let behind = ask(&world.router, empty(ahead)).await;
    assert_eq!(behind.header("retry-after"), "1");
    behind.expect_problem(503, "projection-behind");
}
