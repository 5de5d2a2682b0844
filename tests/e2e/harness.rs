//! The harness tried on itself, so that a broken fixture is not taken for a broken Daybook.

use std::time::Duration;

use daybook_tests::{Kafka, Postgres, eventually};

#[tokio::test]
async fn every_test_has_a_database_of_its_own_that_ends_with_it() {
    let (one, other) = (Postgres::fresh().await, Postgres::fresh().await);
    let pool = one.pool().await;
    sqlx::query("create table mine (id int)")
        .execute(&pool)
        .await
        .unwrap();

    let elsewhere = other.pool().await;
    let seen: i64 = sqlx::query_scalar("select count(*) from pg_tables where tablename = 'mine'")
        .fetch_one(&elsewhere)
        .await
        .unwrap();
    assert_eq!(seen, 0);

    let name = one.name().to_owned();
    drop(one);
    let left: i64 = sqlx::query_scalar("select count(*) from pg_database where datname = $1")
        .bind(name)
        .fetch_one(&elsewhere)
        .await
        .unwrap();
    assert_eq!(left, 0);
    other.finish().await;
}

#[tokio::test]
async fn the_broker_answers_and_names_are_fresh() {
    let kafka = Kafka::fresh();
    assert_ne!(kafka.topic("events"), Kafka::fresh().topic("events"));
    eventually(
        "the broker accepts connections",
        Duration::from_secs(5),
        async || {
            let connected = tokio::net::TcpStream::connect(kafka.brokers()).await;
            connected.map(drop).map_err(|error| error.to_string())
        },
    )
    .await;
}
