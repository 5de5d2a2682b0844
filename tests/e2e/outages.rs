//! A database or a broker that is absent at start, or goes away: 503 with `Retry-After`, healthy again by itself.

use std::time::Duration;

use daybook_tests::{Cluster, Launch, Postgres, eventually};
use reqwest::Method;

use crate::shop::{order_of, sells};

const AGAIN_WITHIN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn postgres_goes_away_and_comes_back() {
    let mut cluster = Cluster::start().await;
    let postgres = Postgres::fresh_on(&cluster.url()).await;
    let server = Launch::on(&postgres).start().await;
    let http = server.http();
    sells(&http, "OUT-1", 100, 1_000).await;
    http.post("/v1/orders", &order_of(&[("OUT-1", 1)]))
        .await
        .expect(201);

    cluster.kill9();
    for _ in 0..5 {
        let reply = http
            .post("/v1/orders", &order_of(&[("OUT-1", 1)]))
            .await
            .expect(503);
        assert!(
            reply.header("retry-after").is_some(),
            "no Retry-After: {}",
            reply.describe()
        );
    }
    let read = http
        .get("/v1/sales?from=2017-01-01&to=2017-02-01&by=day")
        .await
        .expect(503);
    assert!(read.header("retry-after").is_some());
    http.get("/healthz").await.expect(200);
    http.get("/readyz").await.expect(503);

    cluster.restart().await;
    eventually("orders are taken again", AGAIN_WITHIN, async || {
        let reply = http.post("/v1/orders", &order_of(&[("OUT-1", 1)])).await;
        if reply.status == 201 {
            Ok(())
        } else {
            Err(reply.describe())
        }
    })
    .await;
    server.ready(AGAIN_WITHIN).await;
    crate::shop::caught_up(&server, AGAIN_WITHIN).await;
    drop(server);
    postgres.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_absent_at_start() {
    let mut cluster = Cluster::start().await;
    let postgres = Postgres::fresh_on(&cluster.url()).await;
    cluster.stop();
    let server = Launch::on(&postgres).start_unready().await;
    let http = server.http();
    let reply = http.get("/v1/products").await.expect(503);
    assert!(
        reply.header("retry-after").is_some(),
        "{}",
        reply.describe()
    );
    let head = http.send(http.request(Method::GET, "/healthz")).await;
    assert_eq!(head.status, 200);
    cluster.restart().await;
    server.ready(AGAIN_WITHIN).await;
    sells(&http, "LATE-1", 100, 1).await;
    drop(server);
    postgres.finish().await;
}
