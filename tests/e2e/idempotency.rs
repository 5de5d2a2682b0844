//! One key, one effect, the same bytes back.

use daybook_tests::{Launch, Postgres};
use futures::future::join_all;
use serde_json::json;

use crate::shop::{journal, order_of, sells};

#[tokio::test(flavor = "multi_thread")]
async fn one_key_a_hundred_times_at_once() {
    let postgres = Postgres::fresh().await;
    let mut server = Launch::on(&postgres).start().await;
    let http = server.http();
    sells(&http, "ONCE-1", 500, 1_000).await;
    let body = order_of(&[("ONCE-1", 2)]);
    let replies = join_all((0..100).map(|_| http.post_as("/v1/orders", "key-1", &body))).await;
    for reply in &replies {
        assert_eq!(reply.status, 201, "{}", reply.describe());
        assert_eq!(reply.body, replies[0].body);
    }
    let replayed = replies
        .iter()
        .filter(|reply| reply.header("idempotency-replayed") == Some("true"))
        .count();
    assert_eq!(replayed, 99);
    let placed = |events: &[serde_json::Value]| {
        events
            .iter()
            .filter(|event| event["type"] == "daybook.order.placed.v1")
            .count()
    };
    assert_eq!(placed(&journal(&http).await), 1);

    let other = http
        .post_as("/v1/orders", "key-1", &order_of(&[("ONCE-1", 3)]))
        .await
        .expect(422);
    assert_eq!(other.code().as_deref(), Some("idempotency-key-reused"));

    // After a crash the same bytes again.
    server.kill9().await;
    server.restart().await;
    let again = server
        .http()
        .post_as("/v1/orders", "key-1", &body)
        .await
        .expect(201);
    assert_eq!(again.body, replies[0].body);
    assert_eq!(placed(&journal(&server.http()).await), 1);
}

#[tokio::test]
async fn every_post_needs_a_key() {
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    let http = server.http();
    let request = http
        .request(reqwest::Method::POST, "/v1/orders")
        .json(&json!({}));
    assert_eq!(
        http.send(request).await.expect(400).code().as_deref(),
        Some("idempotency-key-missing")
    );
}
