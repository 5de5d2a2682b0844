//! Many writers through two processes, readers following: no position skipped, none twice, whatever else the server's
//! databases do.

use std::time::{Duration, Instant};

use daybook_tests::{Http, Launch, Postgres};
use serde_json::json;
use sqlx::{Connection, Executor};

use crate::shop::{head, sells};

const WRITERS: usize = 64;

/// How long. The minute of the acceptance is run by `DAYBOOK_NO_SKIP_SECONDS=60`.
fn duration() -> Duration {
    let seconds = std::env::var("DAYBOOK_NO_SKIP_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(8))
}

/// Reads on from `after` to the end; panics on a position that is skipped or comes twice.
async fn follow(http: &Http, mut after: u64) -> u64 {
    loop {
        let page = http
            .get(&format!("/v1/events?after={after}&limit=1000"))
            .await
            .expect(200)
            .json();
        let events = page["events"].as_array().unwrap();
        if events.is_empty() {
            return after;
        }
        for event in events {
            assert_eq!(
                event["position"].as_u64(),
                Some(after + 1),
                "skipped or repeated"
            );
            after += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_in_two_processes() {
    let postgres = Postgres::fresh().await;
    let servers = [
        Launch::on(&postgres).start().await,
        Launch::on(&postgres).role("api").start().await,
    ];
    let clients = [servers[0].http(), servers[1].http()];
    for item in 0..8 {
        sells(&clients[0], &format!("SKU-{item}"), 100, 1).await;
    }
    let elsewhere = Postgres::fresh().await;
    let mut idle = sqlx::PgConnection::connect_with(&elsewhere.options())
        .await
        .unwrap();
    idle.execute("create table held (x int); begin; insert into held values (1)")
        .await
        .unwrap();

    let until = Instant::now() + duration();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let http = clients[writer % 2].clone();
            tokio::spawn(async move {
                let mut written = 0;
                while Instant::now() < until {
                    let path = format!("/v1/stock/SKU-{}/receipts", writer % 8);
                    http.post(&path, &json!({"quantity": 1})).await.expect(201);
                    written += 1;
                }
                written
            })
        })
        .collect();
    let readers: Vec<_> = clients
        .iter()
        .cloned()
        .map(|http| {
            tokio::spawn(async move {
                let mut after = 0;
                while Instant::now() < until {
                    after = follow(&http, after).await;
                }
                after
            })
        })
        .collect();
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    let head = head(&clients[0]).await;
    for (reader, http) in readers.into_iter().zip(&clients) {
        let read = reader.await.unwrap();
        assert_eq!(follow(http, read).await, head);
    }
    let events = crate::shop::journal(&clients[0]).await;
    let receipts = events
        .iter()
        .filter(|event| event["type"] == "daybook.stock.received.v1")
        .count();
    assert_eq!(
        receipts,
        written + 8,
        "each acknowledged receipt is there once"
    );
    println!(
        "{written} commands by {WRITERS} writers in two processes, positions 1 to {head} dense"
    );
    drop(idle);
}
