//! A shop whose products and orders have ids that pgbench can make up too.

use std::time::Duration;

use anyhow::{Result, bail};
use commands::{Commands, Context};
use daybook_tests::Server;
use domain::ordering::{PlaceOrder, WantedLine};
use domain::product::{CreateProduct, NewVariant, ProductCommand};
use domain::stock::StockCommand;
use domain::value::{Currency, Location, Money, Quantity, Sku, StockId};
use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;

/// The last group of the first id: twelve decimal digits, which are hexadecimal digits as well.
pub const FIRST: u64 = 100_000_000_000;

/// How many lines an order has.
const LINES: u64 = 10;

/// Commands on their way at once.
const AT_ONCE: usize = 256;

/// The id of the document of this number.
pub fn id(number: u64) -> Uuid {
    let text = format!("00000000-0000-7000-8000-{}", FIRST + number);
    Uuid::try_parse(&text).expect("well-formed")
}

fn sku(number: u64) -> Sku {
    Sku::new(format!("SKU-{number}")).expect("well-formed")
}

fn context() -> Context {
    Context {
        actor: "service:bench".into(),
        ..Context::default()
    }
}

/// So many products, each with stock, and as many orders of ten lines.
pub async fn seed(commands: &Commands, documents: u64) -> Result<()> {
    at_once(documents, async |number| {
        commands
            .product(id(number).into(), product(number)?, context())
            .await?;
        let stock = StockId::new(sku(number), Location::default());
        let receive = StockCommand::ReceiveStock {
            stock_id: stock.clone(),
            quantity: Quantity::new(1_000_000)?,
            reference: None,
        };
        commands.stock(&stock, receive, context()).await?;
        Ok(())
    })
    .await?;
    at_once(documents, async |number| {
        commands
            .place_order(order(number, documents)?, context())
            .await?;
        Ok(())
    })
    .await
}

async fn at_once(count: u64, work: impl AsyncFn(u64) -> Result<()>) -> Result<()> {
    let works = futures::stream::iter(0..count).map(|number| Ok::<_, anyhow::Error>(work(number)));
    works.try_buffer_unordered(AT_ONCE).try_collect().await
}

fn product(number: u64) -> Result<ProductCommand> {
    let price = Money::new(100 + i64::try_from(number % 1_000)?, Currency::USD);
    Ok(ProductCommand::CreateProduct(CreateProduct {
        product_id: id(number).into(),
        slug: format!("product-{number}").parse()?,
        name: format!("Product {number}").parse()?,
        category: vec!["GROCERY".parse()?],
        brand: None,
        description: None,
        variants: vec![NewVariant::new(sku(number), vec![price])],
        published: true,
    }))
}

fn order(number: u64, documents: u64) -> Result<PlaceOrder> {
    let line = |at: u64| {
        Ok(WantedLine {
            sku: sku((number + at * 31) % documents),
            quantity: Quantity::new(1)?,
            amounts: None,
        })
    };
    let lines = (0..LINES).map(line).collect::<Result<Vec<_>>>()?;
    Ok(PlaceOrder::new(
        id(number).into(),
        Currency::USD,
        lines,
        Duration::from_secs(3_600),
    ))
}

/// Returns when the server's tables are at this position.
pub async fn posted(server: &Server, head: u64) -> Result<()> {
    for _ in 0..600 {
        let reply = server.http().get("/v1/projections").await;
        let Some(items) = reply.json()["projections"].as_array().cloned() else {
            bail!("{}", reply.describe());
        };
        if items.iter().all(|item| {
            item["position"]
                .as_u64()
                .is_some_and(|position| position >= head)
        }) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    bail!("the tables have not caught up within five minutes")
}
