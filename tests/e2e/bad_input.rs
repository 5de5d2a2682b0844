//! Bad input gets a clear error that names what, where and what would be right; and loses nothing.

use daybook_tests::{Http, Launch, Postgres, Reply};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::shop::{get_after, head, order_of, sells};

async fn raw(http: &Http, method: Method, path: &str, body: impl Into<Vec<u8>>) -> Reply {
    let request = http
        .request(method, path)
        .header("content-type", "application/json")
        .header("idempotency-key", Uuid::now_v7().to_string());
    http.send(request.body(body.into())).await
}

#[track_caller]
fn assert_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!(
        (reply.status, reply.code().as_deref()),
        (status, Some(code)),
        "{}",
        reply.describe()
    );
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json"),
        "{}",
        reply.describe()
    );
    let body = reply.json();
    for field in ["type", "title", "status", "detail", "instance", "trace_id"] {
        assert!(!body[field].is_null(), "{field} is missing: {body}");
    }
    assert_eq!(body["type"], format!("/problems/{code}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_request_is_refused_by_name_and_leaves_no_event() {
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    let http = server.http();
    sells(&http, "BAD-1", 100, 5).await;
    let before = head(&http).await;
    let post = Method::POST;
    let order = |lines: Value| json!({"currency": "USD", "lines": lines}).to_string();

    for (body, status, code) in [
        ("{".to_owned(), 400, "malformed-request"),
        ("[]".to_owned(), 400, "malformed-request"),
        ("\u{0}".to_owned(), 400, "malformed-request"),
        (r#"{"currency":"USD","lines":[],"colour":"red"}"#.to_owned(), 400, "malformed-request"),
        (order(json!([{"sku": "BAD-1", "quantity": "two"}])), 400, "malformed-request"),
        (order(json!([{"sku": "BAD-1", "quantity": 1.5}])), 400, "malformed-request"),
        (order(json!([])), 422, "validation-failed"),
        (order(json!([{"sku": "BAD-1", "quantity": 0}])), 422, "validation-failed"),
        (order(json!([{"sku": "bad one", "quantity": 1}])), 422, "validation-failed"),
        (order(json!([{"sku": "BAD\u{0}1", "quantity": 1}])), 422, "validation-failed"),
        (order(json!([{"sku": "NOBODY", "quantity": 1}])), 422, "validation-failed"),
        (order(json!([{"sku": "BAD-1", "quantity": 6}])), 409, "out-of-stock"),
        (r#"{"currency":"EUR","lines":[{"sku":"BAD-1","quantity":1}]}"#.to_owned(), 422, "validation-failed"),
        (
            r#"{"currency":"USD","lines":[{"sku":"BAD-1","quantity":1}],"expected_total":{"minor":99,"currency":"USD"}}"#
                .to_owned(),
            409,
            "price-changed",
        ),
    ] {
        let reply = raw(&http, post.clone(), "/v1/orders", body.clone()).await;
        println!("{body} → {}", reply.json()["detail"]);
        assert_problem(&reply, status, code);
    }
    // Numbers beyond their type, and very large ones.
    for quantity in ["-1", "4294967296", "1e400", "99999999999999999999999"] {
        let body =
            format!(r#"{{"currency":"USD","lines":[{{"sku":"BAD-1","quantity":{quantity}}}]}}"#);
        let reply = raw(&http, post.clone(), "/v1/orders", body).await;
        assert!(
            matches!(reply.status, 400 | 422),
            "{quantity}: {}",
            reply.describe()
        );
    }
    // Not UTF-8; too deep; too large; of another type.
    assert_problem(
        &raw(&http, post.clone(), "/v1/orders", vec![b'"', 0xff, b'"']).await,
        400,
        "malformed-request",
    );
    let deep = "[".repeat(10_000);
    assert_problem(
        &raw(&http, post.clone(), "/v1/orders", deep).await,
        400,
        "malformed-request",
    );
    let large = format!(r#"{{"currency":"{}"}}"#, "U".repeat(3_000_000));
    assert_problem(
        &raw(&http, post.clone(), "/v1/orders", large).await,
        413,
        "payload-too-large",
    );
    let request = http
        .request(post.clone(), "/v1/orders")
        .header("idempotency-key", "k")
        .header("content-type", "text/plain");
    assert_eq!(http.send(request.body("{}")).await.status, 415);

    // Unknown things, and things that are not ids.
    for path in [
        format!("/v1/orders/{}", Uuid::now_v7()),
        "/v1/orders/not-a-uuid".to_owned(),
        format!("/v1/products/{}", Uuid::now_v7()),
        "/v1/products/no-such-slug".to_owned(),
        "/v1/stock/NOBODY".to_owned(),
        "/v1/projections/nothing".to_owned(),
        "/v1/nowhere".to_owned(),
    ] {
        assert_problem(&http.get(&path).await, 404, "not-found");
    }
    let cancel = format!("/v1/orders/{}/cancellations", Uuid::now_v7());
    assert_problem(&http.post(&cancel, &json!({})).await, 404, "not-found");
    assert_eq!(
        http.send(http.request(Method::DELETE, "/v1/orders"))
            .await
            .status,
        405
    );
    assert_problem(
        &http.get("/v1/products?after=nonsense").await,
        400,
        "invalid-cursor",
    );
    assert_eq!(http.get("/v1/products?limit=-1").await.status / 100, 4);
    assert_eq!(http.get("/v1/products?colour=red").await.status, 400);
    assert_eq!(
        http.get("/v1/sales?from=yesterday&to=2017-02-01&by=day")
            .await
            .status
            / 100,
        4
    );
    assert_eq!(
        http.get("/v1/sales?from=2017-01-01&to=2017-02-01&by=moon")
            .await
            .status
            / 100,
        4
    );
    let anonymous = server.http().with_token(None);
    assert_problem(
        &anonymous.post("/v1/orders", &order_of(&[])).await,
        401,
        "authentication-required",
    );
    let stranger = server.http().with_token(Some("wrong-token-0123456789"));
    assert_problem(
        &stranger.get("/v1/events").await,
        401,
        "authentication-required",
    );

    assert_eq!(head(&http).await, before, "bad input left an event behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_unicode_is_kept_as_it_came() {
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    let http = server.http();
    let name = "Zalgo ñ́ 👩‍👩‍👧 \u{202e}rtl\u{202c} '; drop table journal.events; -- <script>";
    let body = json!({"name": name, "slug": "odd", "category": ["Ä", "日本"], "variants": [], "published": false});
    let created = http.post("/v1/products", &body).await;
    assert!(
        matches!(created.status, 201 | 422),
        "{}",
        created.describe()
    );
    if created.status == 201 {
        let position = created.json()["position"].as_u64().unwrap();
        let page = get_after(&http, "/v1/products/odd", position)
            .await
            .expect(200)
            .json();
        assert_eq!(page["name"], name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_and_transitions_are_checked() {
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    let http = server.http();
    let body = json!({"name": "One", "slug": "one", "category": ["A"], "variants": [{"sku": "ONE", "prices": [{"minor": 100, "currency": "USD"}]}], "published": true});
    let created = http.post("/v1/products", &body).await.expect(201);
    let (id, etag) = (
        created.json()["id"].as_str().unwrap().to_owned(),
        created.header("etag").unwrap().to_owned(),
    );
    let path = format!("/v1/products/{id}");
    let rename = |name: &str| json!({"name": name});

    let request = http.request(Method::PATCH, &path).json(&rename("Two"));
    assert_problem(&http.send(request).await, 428, "if-match-required");
    let edited = http.edit(Method::PATCH, &path, &etag, &rename("Two")).await;
    assert_eq!(edited.status / 100, 2, "{}", edited.describe());
    assert_problem(
        &http
            .edit(Method::PATCH, &path, &etag, &rename("Three"))
            .await,
        412,
        "version-mismatch",
    );

    // Reading: the version is the ETag, and what is known need not be sent again.
    let position = edited.json()["position"].as_u64().unwrap();
    let page = get_after(&http, &path, position).await.expect(200);
    assert_eq!(page.header("etag"), edited.header("etag"));
    let again = http
        .request(Method::GET, &path)
        .header("if-none-match", page.header("etag").unwrap());
    let again = http.send(again).await;
    assert_eq!((again.status, again.body.len()), (304, 0));

    // A position that is not there yet: bounded, then 503.
    let ahead = get_after(&http, &path, position + 1_000).await.expect(503);
    assert_eq!(ahead.code().as_deref(), Some("projection-behind"));

    // An illegal transition.
    http.post("/v1/stock/ONE/receipts", &json!({"quantity": 3}))
        .await
        .expect(201);
    let placed = http
        .post("/v1/orders", &order_of(&[("ONE", 1)]))
        .await
        .expect(201)
        .json();
    let order = format!("/v1/orders/{}", placed["id"].as_str().unwrap());
    assert_problem(
        &http.post(&format!("{order}/shipments"), &json!({})).await,
        409,
        "order-state",
    );
    http.post(&format!("{order}/cancellations"), &json!({}))
        .await
        .expect(201);
    assert_problem(
        &http
            .post(&format!("{order}/confirmations"), &json!({}))
            .await,
        409,
        "order-state",
    );
    let same_slug =
        json!({"name": "Other", "slug": "one", "category": [], "variants": [], "published": false});
    assert_problem(
        &http.post("/v1/products", &same_slug).await,
        409,
        "slug-taken",
    );
}
