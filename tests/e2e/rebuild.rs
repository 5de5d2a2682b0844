//! Every query table rebuilt while it is read and written: byte-equal afterwards, and no reader sees a half.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use daybook_tests::{Cli, Http, Launch, Postgres};
use serde_json::Value;

use crate::complete_journey::{import_sample, sample_figures};
use crate::shop::caught_up;

const TABLES: [&str; 14] = [
    "product_listing",
    "product_page",
    "stock_level",
    "customer_orders",
    "order_detail",
    "order_timeline",
    "payment_detail",
    "payment_ledger",
    "sales",
    "timer",
    "attention",
    "account_directory",
    "client_directory",
    "live_revocations",
];

/// What the tables serve, as bytes.
async fn answers(http: &Http) -> BTreeMap<String, Vec<u8>> {
    let order = sample_figures()["first_order"].as_str().unwrap().to_owned();
    let mut paths = vec![
        format!("/v1/orders/{order}"),
        "/v1/orders?limit=100".to_owned(),
        "/v1/products?limit=100&sort=name".to_owned(),
        "/v1/products?q=milk&limit=50".to_owned(),
        "/v1/stock?below=1000000&limit=100".to_owned(),
    ];
    for by in ["day", "department", "sku", "channel"] {
        paths.push(format!("/v1/sales?from=2017-01-01&to=2017-02-01&by={by}"));
    }
    let listing: Value = http
        .get("/v1/products?limit=20&sort=name")
        .await
        .expect(200)
        .json();
    for item in listing["items"].as_array().unwrap() {
        paths.push(format!("/v1/products/{}", item["id"].as_str().unwrap()));
    }
    let mut answers = BTreeMap::new();
    for path in paths {
        let reply = http.get(&path).await.expect(200);
        answers.insert(path, reply.body);
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_rebuilt_while_it_is_read() {
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    import_sample(&server).await;
    caught_up(&server, Duration::from_secs(60)).await;
    let before = answers(&server.http()).await;

    // Readers compare every answer: old or new must be the same bytes, a half would differ.
    let done = Arc::new(AtomicBool::new(false));
    let reads = Arc::new(AtomicUsize::new(0));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (http, before) = (server.http(), before.clone());
            let (done, reads) = (done.clone(), reads.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    for (path, expected) in &before {
                        let reply = http.get(path).await.expect(200);
                        assert!(
                            reply.body == *expected,
                            "{path} changed during a rebuild: {}",
                            reply.describe()
                        );
                        reads.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for table in TABLES {
        let rebuild =
            Cli::new(["projections", "rebuild", table]).env("DATABASE_URL", postgres.url());
        rebuild.run(Duration::from_secs(120)).await.expect_success();
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    println!(
        "{} reads during six rebuilds",
        reads.load(Ordering::Relaxed)
    );
    assert!(
        answers(&server.http()).await == before,
        "answers differ after the rebuilds"
    );

    // The live workers go on from where the rebuilt tables stand.
    let listed = Cli::new(["projections", "list", "--json"]).env("DATABASE_URL", postgres.url());
    let listed = listed.run(Duration::from_secs(60)).await.expect_success();
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    for table in TABLES {
        assert!(
            listed.to_string().contains(table),
            "{table} is not listed: {listed}"
        );
    }
    crate::shop::sells(&server.http(), "AFTER-1", 100, 7).await;
    caught_up(&server, Duration::from_secs(30)).await;
    let stock = server.http().get("/v1/stock/AFTER-1").await.expect(200);
    assert!(
        stock.describe().contains("\"available\":7"),
        "{}",
        stock.describe()
    );
}

#[tokio::test]
async fn a_table_that_is_not_there_is_refused_by_name() {
    let postgres = Postgres::fresh().await;
    let rebuild = Cli::new(["projections", "rebuild", "sails"]).env("DATABASE_URL", postgres.url());
    let finished = rebuild.run(Duration::from_secs(60)).await;
    assert!(!finished.status.success());
    assert!(
        finished.stderr.contains("sails") && finished.stderr.contains("sales"),
        "{}",
        finished.stderr
    );
}
