//! Kafka is transport, never truth: a topic that is deleted, or a broker that is away, changes no figure.

use std::time::Duration;

use daybook_tests::{Broker, Kafka, Launch, Postgres};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;

use crate::complete_journey::{assert_sample, import, sample};
use crate::shop::{caught_up, launch_with_kafka, order_of, sells};

const WITHIN: Duration = Duration::from_secs(300);

/// How long the broker stays away. The minute of the acceptance is run by `DAYBOOK_BROKER_AWAY_SECONDS=60`.
fn away() -> Duration {
    let seconds = std::env::var("DAYBOOK_BROKER_AWAY_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(12))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_topic_is_deleted_in_the_middle_of_an_import() {
    let (postgres, kafka) = (Postgres::fresh().await, Kafka::fresh());
    let server = launch_with_kafka(&postgres, &kafka).start().await;
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", kafka.brokers())
        .create()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let rejects = folder.path().join("rejects.csv");
    let mut importer = import(
        server.url(),
        &sample("products.csv.gz"),
        &sample("transactions.csv.gz"),
        &rejects,
    )
    .start();
    let topic = kafka.topic("events");
    let mut deletions = 0;
    loop {
        // The server makes it again by itself.
        let ended = tokio::time::timeout(Duration::from_secs(3), importer.wait(WITHIN)).await;
        if let Ok(status) = ended {
            assert!(status.success(), "{}", importer.logs());
            break;
        }
        let deleted = admin
            .delete_topics(&[&topic], &AdminOptions::new())
            .await
            .unwrap();
        deletions += deleted.iter().filter(|outcome| outcome.is_ok()).count();
    }
    if deletions == 0 {
        // A fast machine imports it in one go: then it is deleted under the readers.
        let deleted = admin
            .delete_topics(&[&topic], &AdminOptions::new())
            .await
            .unwrap();
        deletions += deleted.iter().filter(|outcome| outcome.is_ok()).count();
    }
    assert!(deletions > 0, "the topic was never there");
    println!("topic deleted {deletions} times");
    assert_sample(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_is_away_and_commands_do_not_notice() {
    let mut broker = Broker::start().await;
    let postgres = Postgres::fresh().await;
    let kafka = Kafka::fresh_on(&broker.brokers());
    let server = launch_with_kafka(&postgres, &kafka).start().await;
    let http = server.http();
    sells(&http, "AWAY-1", 100, 100_000).await;
    caught_up(&server, WITHIN).await;

    broker.kill9();
    let until = tokio::time::Instant::now() + away();
    let (mut orders, mut slowest) = (0, Duration::ZERO);
    while tokio::time::Instant::now() < until {
        let asked = std::time::Instant::now();
        http.post("/v1/orders", &order_of(&[("AWAY-1", 1)]))
            .await
            .expect(201);
        slowest = slowest.max(asked.elapsed());
        orders += 1;
    }
    println!("{orders} orders while the broker was away, slowest {slowest:?}");
    assert!(
        slowest < Duration::from_secs(2),
        "commands noticed: {slowest:?}"
    );
    broker.restart().await;
    caught_up(&server, WITHIN).await;
    let stock = http.get("/v1/stock/AWAY-1").await.expect(200);
    assert!(
        stock.describe().contains(&format!("\"held\":{orders}")),
        "{}",
        stock.describe()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_is_absent_at_start() {
    let postgres = Postgres::fresh().await;
    // Nobody listens on port 1.
    let server = Launch::on(&postgres)
        .env("KAFKA_BROKERS", "127.0.0.1:1")
        .start()
        .await;
    let http = server.http();
    sells(&http, "ALONE-1", 100, 5).await;
    http.post("/v1/orders", &order_of(&[("ALONE-1", 1)]))
        .await
        .expect(201);
    caught_up(&server, Duration::from_secs(60)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roles_run_apart_and_a_table_changes_its_feed_without_a_rebuild() {
    let (postgres, kafka) = (Postgres::fresh().await, Kafka::fresh());
    // First all in one, on the journal's tail.
    let alone = Launch::on(&postgres).start().await;
    sells(&alone.http(), "ROLES-1", 100, 50).await;
    caught_up(&alone, WITHIN).await;
    drop(alone);
    // Then apart, through Kafka.
    let api = launch_with_kafka(&postgres, &kafka)
        .role("api")
        .start()
        .await;
    let relay = launch_with_kafka(&postgres, &kafka)
        .role("relay")
        .start_unready()
        .await;
    let workers = launch_with_kafka(&postgres, &kafka)
        .role("projections")
        .start_unready()
        .await;
    for _ in 0..10 {
        api.http()
            .post("/v1/orders", &order_of(&[("ROLES-1", 2)]))
            .await
            .expect(201);
    }
    caught_up(&api, WITHIN).await;
    let stock = api.http().get("/v1/stock/ROLES-1").await.expect(200);
    assert!(
        stock.describe().contains("\"held\":20"),
        "{}",
        stock.describe()
    );
    drop((relay, workers));
    // And back on the tail.
    let again = Launch::on(&postgres).start().await;
    again
        .http()
        .post("/v1/orders", &order_of(&[("ROLES-1", 2)]))
        .await
        .expect(201);
    caught_up(&again, WITHIN).await;
    let stock = again.http().get("/v1/stock/ROLES-1").await.expect(200);
    assert!(
        stock.describe().contains("\"held\":22"),
        "{}",
        stock.describe()
    );
    drop(api);
}
