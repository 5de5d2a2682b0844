//! A journal whose rules were broken behind the door's back: `daybook verify` finds and names it.

use std::time::Duration;

use daybook_tests::{Cli, Launch, Postgres};
use serde_json::Value;

use crate::shop::{order_of, sells};

const WITHIN: Duration = Duration::from_secs(60);

async fn verify(postgres: &Postgres) -> (bool, Value) {
    let finished = Cli::new(["verify", "--json"])
        .env("DATABASE_URL", postgres.url())
        .run(WITHIN)
        .await;
    let report = serde_json::from_str(finished.last_line())
        .unwrap_or_else(|error| panic!("{error}: {} {}", finished.stdout, finished.stderr));
    (finished.status.success(), report)
}

/// Writes an event as the table's owner, past the door.
async fn plant(
    postgres: &Postgres,
    aggregate: (&str, &str),
    sequence_after: &str,
    event_type: &str,
    payload: &str,
) {
    let pool = postgres.pool().await;
    sqlx::query(
        "insert into journal.events
             (position, recorded_at, sequence, aggregate_type, aggregate_id, event_type, event_version, payload, metadata)
         select (select max(position) from journal.events) + 1, now(),
                case $3 when 'next' then coalesce(max(sequence), 0) + 1 else coalesce(max(sequence), 0) + 2 end,
                $1, $2, $4, '1', $5::json, '{}'
         from journal.events where aggregate_type = $1 and aggregate_id = $2",
    )
    .bind(aggregate.0)
    .bind(aggregate.1)
    .bind(sequence_after)
    .bind(event_type)
    .bind(payload)
    .execute(&pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn planted_breaches_are_found_and_named() {
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    let http = server.http();
    sells(&http, "V-1", 100, 5).await;
    http.post("/v1/orders", &order_of(&[("V-1", 2)]))
        .await
        .expect(201);
    let (holds, report) = verify(&postgres).await;
    assert!(holds, "{report}");
    drop(server);

    // More leaves than was ever there.
    let adjusted = r#"{"StockAdjusted":{"delta":-5,"reason":"planted"}}"#;
    plant(
        &postgres,
        ("stock", "V-1@main"),
        "next",
        "StockAdjusted",
        adjusted,
    )
    .await;
    // A sequence is skipped.
    let received = r#"{"StockReceived":{"sku":"V-1","location":"main","quantity":1}}"#;
    plant(
        &postgres,
        ("stock", "V-1@main"),
        "skip",
        "StockReceived",
        received,
    )
    .await;
    let (holds, report) = verify(&postgres).await;
    assert!(!holds, "{report}");
    let breaches = report["breaches"].as_array().unwrap();
    for rule in [1, 11] {
        let found = breaches.iter().find(|breach| breach["rule"] == rule);
        let found = found.unwrap_or_else(|| panic!("rule {rule} not named: {report}"));
        assert_eq!(found["stream"], "stock-V-1@main", "{report}");
    }
    // A position is skipped, as after a deletion by hand.
    let pool = postgres.pool().await;
    sqlx::raw_sql(
        "alter table journal.events disable trigger all;
         delete from journal.events where position = 2;
         alter table journal.events enable always trigger events_refuse_change;",
    )
    .execute(&pool)
    .await
    .unwrap();
    let (holds, report) = verify(&postgres).await;
    assert!(!holds);
    assert!(report.to_string().contains("position"), "{report}");
}
