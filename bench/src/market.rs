//! A market that orders are placed on: a catalogue with plenty of stock, and customers who buy as people really did.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use commands::{Commands, Context};
use daybook_tests::{Postgres, Server, TOKEN};
use domain::product::ProductCommand;
use domain::stock::StockCommand;
use domain::value::{Location, Quantity, StockId};
use futures::{StreamExt as _, TryStreamExt as _};
use http::Request;
use http_body_util::Full;
use serde_json::json;
use uuid::Uuid;

use crate::ground::{Running, open_journal};
use crate::load::Ask;
use crate::settings::Settings;

mod goods;

pub use goods::{Article, Files};

/// Lines of an order.
pub const LINES: usize = 10;

/// Lines of an order that a customer pays by card and waits for.
const LINES_OF_A_CUSTOMER: usize = 3;

/// How many SKUs orders are spread over.
const SKUS: usize = 20_000;
const SKUS_QUICK: usize = 2_000;

/// Received of every SKU: no run sells it out.
pub const OPENING_UNITS: u32 = 1_000_000_000;

/// Commands on their way at once while the market is set up.
const SEEDING: usize = 256;

/// First visitors at once.
const VISITING: usize = 32;

/// Query tables that have not caught up by then never will.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(600);

/// Who buys what.
#[derive(Clone)]
pub struct Customers {
    skus: Arc<Vec<String>>,
    /// The sum of the purchases of each SKU and all before it.
    bought_until: Arc<Vec<u64>>,
    /// A SKU that is in every order.
    hot: Option<usize>,
}

/// What becomes of an order at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sold {
    /// A customer orders from afar: the stock is held until it is paid.
    Held,
    /// Over the counter: paid and taken home, so nothing stays open.
    TakenHome,
    /// A customer orders a few things, pays with a good card, and waits until the order is confirmed.
    PaidByCard,
}

/// The goods that orders are spread over.
pub fn goods(settings: &Settings) -> Result<(Vec<Article>, &'static str)> {
    let files = Files::find(settings);
    let mut articles = files.articles()?;
    articles.truncate(settings.size(SKUS, SKUS_QUICK));
    Ok((articles, files.name))
}

/// Creates the products in an empty database, with stock of each where `stocked`. Through the executor, in this process.
pub async fn open(database: &Postgres, articles: &[Article], stocked: bool) -> Result<()> {
    let journal = open_journal(database).await?;
    let running = Running::start(&journal);
    let commands = &running.commands;
    futures::stream::iter(articles)
        .map(|article| offer(commands, article, stocked))
        .buffer_unordered(SEEDING)
        .try_collect::<()>()
        .await
        .context("opening the market")?;
    running.stop().await;
    journal.pool().close().await;
    Ok(())
}

async fn offer(commands: &Commands, article: &Article, stocked: bool) -> Result<()> {
    let create = ProductCommand::CreateProduct(article.product.clone());
    let id = article.product.product_id;
    commands.product(id, create, Context::default()).await?;
    if stocked {
        let sku = article.product.variants[0].sku.clone();
        let stock_id = StockId::new(sku, Location::default());
        let receive = StockCommand::ReceiveStock {
            stock_id: stock_id.clone(),
            quantity: Quantity::new(OPENING_UNITS)?,
            reference: None,
        };
        commands
            .stock(&stock_id, receive, Context::default())
            .await?;
    }
    Ok(())
}

/// Everything is ordered once, as in a server's first minute: from then on it knows the streams, as Postgres knows its pages.
pub async fn visited(server: &Server, articles: &[Article]) -> Result<()> {
    let http = &server.http();
    futures::stream::iter(articles.chunks(LINES))
        .map(Ok)
        .try_for_each_concurrent(VISITING, |shelf| async move {
            let line = |article: &Article| json!({"sku": article.sku, "quantity": 1});
            let lines: Vec<_> = shelf.iter().map(line).collect();
            let body = json!({"currency": "USD", "lines": lines});
            let reply = http.post("/v1/orders", &body).await;
            ensure!(reply.status == 201, "{}", reply.describe());
            Ok(())
        })
        .await?;
    caught_up(server).await
}

/// Waits until every query table shows all of the journal: what a server still has to post must not be paid by whom is measured next.
pub async fn caught_up(server: &Server) -> Result<()> {
    let http = server.http();
    let began = Instant::now();
    loop {
        let reply = http.get("/v1/projections").await.json();
        let behind = |projection: &serde_json::Value| projection["lag"].as_u64() != Some(0);
        match reply["projections"].as_array() {
            Some(projections) if !projections.is_empty() && !projections.iter().any(behind) => {
                return Ok(());
            }
            _ if began.elapsed() > CAUGHT_UP_WITHIN => {
                bail!("the query tables do not catch up: {reply}")
            }
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

impl Customers {
    /// Customers of these goods.
    pub fn of(articles: &[Article]) -> Self {
        let bought_until = articles.iter().scan(0, |sum, article| {
            // What nobody bought in the file is bought now and then all the same.
            *sum += article.bought.max(1);
            Some(*sum)
        });
        Self {
            bought_until: Arc::new(bought_until.collect()),
            skus: Arc::new(articles.iter().map(|article| article.sku.clone()).collect()),
            hot: None,
        }
    }

    /// The same, and everyone wants the best-seller.
    pub fn crowding(self) -> Self {
        Self {
            hot: Some(0),
            ..self
        }
    }

    /// The SKUs of an order, all different, in their order as text: as an ordered SQL client updates them.
    pub fn basket(&self) -> Vec<&str> {
        let mut chosen: Vec<usize> = self.hot.into_iter().collect();
        let all = self.bought_until.last().copied().unwrap_or(0);
        while chosen.len() < LINES {
            let purchase = fastrand::u64(..all);
            let index = self
                .bought_until
                .partition_point(|until| *until <= purchase);
            if !chosen.contains(&index) {
                chosen.push(index);
            }
        }
        let mut basket: Vec<&str> = chosen
            .into_iter()
            .map(|index| self.skus[index].as_str())
            .collect();
        basket.sort_unstable();
        basket
    }

    /// `POST /v1/orders` of a new basket.
    pub fn order(&self, sold: Sold) -> Ask {
        let amounts = match sold {
            Sold::Held | Sold::PaidByCard => "",
            Sold::TakenHome => r#","gross":100,"net":100"#,
        };
        let lines_max = match sold {
            Sold::Held | Sold::TakenHome => LINES,
            Sold::PaidByCard => LINES_OF_A_CUSTOMER,
        };
        let lines: Vec<String> = self
            .basket()
            .into_iter()
            .take(lines_max)
            .map(|sku| format!(r#"{{"sku":"{sku}","quantity":1{amounts}}}"#))
            .collect();
        let sale = match sold {
            Sold::Held => "",
            Sold::TakenHome => r#","channel":"store-330","paid":"external""#,
            Sold::PaidByCard => r#","payment":{"gateway":"sandbox","method":"pm_card_visa"}"#,
        };
        let body = format!(
            r#"{{"currency":"USD","customer":"household-{}"{sale},"lines":[{}]}}"#,
            fastrand::u32(1..2_500),
            lines.join(",")
        );
        let mut ask = Request::post("/v1/orders");
        if sold == Sold::PaidByCard {
            ask = ask.header("prefer", "wait=5");
        }
        ask.header("host", "daybook")
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("idempotency-key", Uuid::now_v7().to_string())
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .expect("a valid request")
    }
}
