//! A shop of one's own behind the API: a journal, an executor, workers for every query table.

use std::time::Duration;

use api::{Api, ApiOptions};
use axum::Router;
use commands::{Executor, ExecutorOptions};
use daybook_tests::{Postgres, eventually};
use domain::CATALOG;
use http::Method;
use journal::{EventKind, Journal, JournalOptions, TailSource, Upcasters};
use projections::projection::ALL;
use projections::{Board, Queries, Runner};
use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::ask::{Answer, ask, empty, get, post, request};

const READY_WITHIN: Duration = Duration::from_secs(60);

pub struct World {
    pub router: Router,
    _stop: DropGuard,
    // Dropped last: it drops the database.
    _postgres: Postgres,
}

impl World {
    pub async fn new() -> Self {
        let postgres = Postgres::fresh().await;
        Journal::migrate(&postgres.options()).await.unwrap();
        let catalogue = CATALOG.iter().map(|kind| EventKind {
            aggregate_type: kind.aggregate_type.into(),
            event_type: kind.event_type.into(),
            event_version: kind.version.into(),
        });
        let options = JournalOptions {
            connect: postgres.options(),
            connections_max: 16,
            upcasters: Upcasters::new(domain::upcasters()),
            catalogue: catalogue.collect(),
        };
        let journal = Journal::open(options).await.unwrap();
        let tail = TailSource::new(journal.clone());
        let stop = CancellationToken::new();
        let (executor, commands) =
            Executor::new(journal.clone(), tail.clone(), &ExecutorOptions::default());
        tokio::spawn(executor.run(stop.clone()));
        let board = Board::new();
        for projection in ALL {
            let holder = Uuid::now_v7();
            let runner = Runner::new(journal.clone(), projection, tail.clone(), holder, &board);
            tokio::spawn(runner.run(stop.clone()));
        }
        let queries = Queries::new(journal, board);
        let world = Self {
            router: Api::new(commands, queries, ApiOptions::default()).router(),
            _stop: stop.drop_guard(),
            _postgres: postgres,
        };
        world.is_ready().await;
        world
    }

    async fn is_ready(&self) {
        eventually("the shop is ready", READY_WITHIN, async || {
            let answer = get(&self.router, "/readyz").await;
            if answer.status == 200 {
                Ok(())
            } else {
                Err(answer.text())
            }
        })
        .await;
    }

    pub async fn get(&self, path: &str) -> Answer {
        get(&self.router, path).await
    }

    /// Reads what this write led to.
    pub async fn get_after(&self, path: &str, written: &Answer) -> Answer {
        let position = written.header("daybook-position");
        let request = request(Method::GET, path).header("daybook-min-position", position);
        ask(&self.router, empty(request)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        post(&self.router, path, body).await
    }

    /// A published product of one variant, and so many units of it.
    pub async fn sells(&self, sku: &str, cents: i64, units: u32) -> Answer {
        let product = json!({
            "name": format!("Thing {sku}"), "slug": format!("thing-{}", sku.to_lowercase()),
            "category": ["THINGS"], "published": true,
            "variants": [{"sku": sku, "prices": [{"minor": cents, "currency": "USD"}]}],
        });
        let created = self.post("/v1/products", &product).await.expect(201);
        let path = format!("/v1/stock/{sku}/receipts");
        let receipt = json!({"quantity": units, "reference": "opening"});
        self.post(&path, &receipt).await.expect(201);
        created
    }
}

/// The body of an order.
pub fn order_of(lines: &[(&str, u32)]) -> Value {
    let line = |(sku, quantity): &(&str, u32)| json!({"sku": sku, "quantity": quantity});
    json!({"currency": "USD", "lines": lines.iter().map(line).collect::<Vec<_>>()})
}
