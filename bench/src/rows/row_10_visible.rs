//! From acknowledged to visible: how long after `POST /v1/orders` was answered the order can be read.
//!
//! At half of the load that the server can take, in an open loop. Every tenth order is read at once with
//! `Daybook-Min-Position` set to its receipt's position; the time is that of the whole look-up, HTTP included.

use std::time::Duration;

use anyhow::Result;
use daybook_tests::{Broker, Kafka, Launch, Server};

use crate::ground::Ground;
use crate::load::load;
use crate::market::{self, Article, Customers, Sold};
use crate::measure::{Bar, Case};
use crate::open_loop::Stream;
use crate::settings::Settings;

/// Connections that find out how much the server can take.
const CONNECTIONS: usize = 32;

/// Row 10.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let (articles, _) = market::goods(settings)?;
    let mut cases = Vec::new();
    {
        let database = ground.database().await;
        market::open(&database, &articles, true).await?;
        let server = ground.daybook(&database).await;
        let note = "The query tables follow the journal itself.";
        cases.extend(visible(settings, &server, &articles, "tail", 10.0, note).await?);
    }
    let broker = Broker::start().await;
    let database = ground.database().await;
    market::open(&database, &articles, true).await?;
    let kafka = Kafka::fresh_on(&broker.brokers());
    let server = Launch::on(&database).kafka(&kafka).start().await;
    let note = "The query tables follow Kafka, one broker on the same two cores.";
    cases.extend(visible(settings, &server, &articles, "kafka", 30.0, note).await?);
    Ok(cases)
}

async fn visible(
    settings: &Settings,
    server: &Server,
    articles: &[Article],
    feed: &str,
    limit: f64,
    note: &str,
) -> Result<Vec<Case>> {
    market::visited(server, articles).await?;
    let customers = Customers::of(articles);
    let capacity = capacity(settings, server, &customers, Sold::Held).await?;
    let stream = Stream {
        customers: customers.clone(),
        sold: Sold::Held,
        rate: capacity / 2.0,
        lasts: settings.warm_up + settings.measure * 2,
        warm_up: settings.warm_up,
    };
    let (p50, p99) = stream.p50_and_p99(server, settings.rounds).await?;
    let case = |quantile: &str, ours, bar| Case {
        row: 10,
        case: format!("{feed} {quantile}"),
        unit: "ms",
        against: "",
        ours,
        peer: Vec::new(),
        bar,
        note: format!(
            "{note} {:.0} orders/s, half of what 32 connections reach.",
            capacity / 2.0
        ),
    };
    Ok(vec![
        case("p50", p50, None),
        case("p99", p99, Some((Bar::AtMost, limit))),
    ])
}

/// Orders a second that the server can take; its query tables have caught up again afterwards.
pub async fn capacity(
    settings: &Settings,
    server: &Server,
    customers: &Customers,
    sold: Sold,
) -> Result<f64> {
    let brief = Settings {
        measure: settings.measure.min(Duration::from_secs(3)),
        ..settings.clone()
    };
    let customers = customers.clone();
    let found = load(&brief, server.url(), CONNECTIONS, move |_, _| {
        customers.order(sold)
    });
    let per_second = found.await?.per_second;
    market::caught_up(server).await?;
    Ok(per_second)
}
