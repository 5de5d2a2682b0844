//! From `POST /v1/orders` with `Prefer: wait=5` to `confirmed`: the whole checkout, with the sandbox as the gateway.
//!
//! An open loop of fifty orders a second, each of three lines. Between the two lie four commits: placed, payment requested,
//! authorized, confirmed; and the processes that lead from one to the next, over the journal's tail or over Kafka.

use anyhow::Result;
use daybook_tests::{Broker, Kafka, Launch, Server};

use crate::ground::Ground;
use crate::market::{self, Article, Customers, Sold};
use crate::measure::{Bar, Case};
use crate::open_loop::Stream;
use crate::settings::Settings;

/// Orders a second.
const RATE: f64 = 50.0;

/// Row 13.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let (articles, _) = market::goods(settings)?;
    let mut cases = Vec::new();
    {
        let database = ground.database().await;
        market::open(&database, &articles, true).await?;
        let server = ground.daybook(&database).await;
        cases.extend(confirmed(settings, &server, &articles, "tail", 50.0).await?);
    }
    let broker = Broker::start().await;
    let database = ground.database().await;
    market::open(&database, &articles, true).await?;
    let kafka = Kafka::fresh_on(&broker.brokers());
    let server = Launch::on(&database).kafka(&kafka).start().await;
    cases.extend(confirmed(settings, &server, &articles, "kafka", 120.0).await?);
    Ok(cases)
}

async fn confirmed(
    settings: &Settings,
    server: &Server,
    articles: &[Article],
    feed: &str,
    limit: f64,
) -> Result<Vec<Case>> {
    market::visited(server, articles).await?;
    let stream = Stream {
        customers: Customers::of(articles),
        sold: Sold::PaidByCard,
        rate: RATE,
        lasts: settings.warm_up + settings.measure * 2,
        warm_up: settings.warm_up,
    };
    let (p50, p99) = stream.p50_and_p99(server, settings.rounds).await?;
    let case = |quantile: &str, ours, bar| Case {
        row: 13,
        case: format!("{feed} {quantile}"),
        unit: "ms",
        against: "",
        ours,
        peer: Vec::new(),
        bar,
        note: format!("{RATE:.0} orders/s of three lines, paid by a good card."),
    };
    Ok(vec![
        case("p50", p50, None),
        case("p99", p99, Some((Bar::AtMost, limit))),
    ])
}
