//! Commands over HTTP beside the same route on postgres-es.
//!
//! Ours is `daybook serve` as users run it: it also checks the token, keeps request keys and claims on slugs, and posts its
//! query tables meanwhile. The peer is a process of its own too, with simple handlers.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use daybook_tests::{Server, TOKEN};
use domain::product::ProductCommand;
use domain::value::ProductId;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::json;
use uuid::Uuid;

use super::row_02_commands::catalogue::Catalogue;
use crate::ground::{Ground, Running, open_journal};
use crate::load::{Ask, load};
use crate::measure::{Bar, Case, by_turns};
use crate::peer::{Process, Store};
use crate::settings::Settings;

/// How many connections, and what is asked of the ratio.
const CASES: [(usize, f64); 2] = [(64, 6.0), (256, 8.0)];

const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(120);

/// Row 1.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let catalogue = Arc::new(Catalogue::new(settings.size(10_000, 2_000)));
    let database = ground.database().await;
    let journal = open_journal(&database).await?;
    let running = Running::start(&journal);
    catalogue.seed_ours(&running.commands).await?;
    running.stop().await;
    journal.pool().close().await;
    ground.tidy(&database).await?;
    let store = Store::fresh(ground).await?;
    catalogue.seed_peer(&store).await?;
    let server = ground.daybook(&database).await;
    let peer = Process::peer(&store.url()).await?;
    caught_up(&server).await?;
    let mut cases = Vec::new();
    for (connections, bar) in CASES {
        let rate = async |url: &str| {
            let catalogue = Arc::clone(&catalogue);
            let ask = move |connection, number| {
                let (id, command) = catalogue.next(connection, connections, number);
                request(id, &command, TOKEN)
            };
            load(settings, url, connections, ask).await
        };
        let mut latencies = Latencies::default();
        let (ours, theirs) = by_turns(
            settings.rounds,
            async || {
                let found = rate(server.url()).await?;
                latencies.ours = found.quantile_ms(0.99);
                // Or the peer would be measured beside what is left for our tables to post.
                caught_up(&server).await?;
                Ok(found.per_second)
            },
            async || Ok(rate(peer.url()).await?.per_second),
        )
        .await?;
        cases.push(Case {
            row: 1,
            case: connections.to_string(),
            unit: "commands/s",
            against: "the same route on postgres-es",
            ours,
            peer: theirs,
            bar: Some((Bar::AtLeast, bar)),
            note: format!(
                "{} products at first; nine prices, one new product; ours posts its query tables meanwhile; p99 of ours {:.0} ms",
                catalogue.len(),
                latencies.ours,
            ),
        });
    }
    Ok(cases)
}

/// The last round's, in milliseconds.
#[derive(Default)]
struct Latencies {
    ours: f64,
}

/// A command as its route takes it. The token and the key are for ours; the peer ignores them.
pub(super) fn request(id: ProductId, command: &ProductCommand, token: &str) -> Ask {
    let request = Request::builder()
        .header("host", "localhost")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let (request, body) = match command {
        ProductCommand::CreateProduct(new) => (
            request
                .method(Method::POST)
                .uri("/v1/products")
                .header("idempotency-key", Uuid::now_v7().to_string()),
            json!({
                "id": id,
                "slug": new.slug,
                "name": new.name,
                "category": new.category,
            }),
        ),
        ProductCommand::SetPrice { sku, price } => (
            request.method(Method::PUT).uri(format!(
                "/v1/products/{id}/variants/{sku}/prices/{}",
                price.currency
            )),
            json!({ "minor": price.minor }),
        ),
        other => unreachable!("the catalogue does not ask for {other:?}"),
    };
    request
        .body(Full::new(Bytes::from(body.to_string())))
        .expect("a well-formed request")
}

/// Returns when the server's tables hold everything that was acknowledged.
pub(super) async fn caught_up(server: &Server) -> Result<()> {
    let until = tokio::time::Instant::now() + CAUGHT_UP_WITHIN;
    loop {
        let reply = server.http().get("/v1/projections").await;
        let status = reply.json();
        let head = status["head"].as_u64().context("no head in the status")?;
        let projections = status["projections"].as_array();
        let posted = |it: &serde_json::Value| it["position"].as_u64() >= Some(head);
        if projections.is_some_and(|all| !all.is_empty() && all.iter().all(posted)) {
            return Ok(());
        }
        if tokio::time::Instant::now() > until {
            bail!("the tables have not caught up: {}", reply.describe());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
