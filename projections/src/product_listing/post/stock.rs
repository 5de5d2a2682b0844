//! What each stock item can still promise.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::stock::StockEvent;
use domain::value::{Location, Sku, StockId};
use sqlx::PgConnection;

use crate::projection::{PostError, Posting};

#[derive(Default)]
struct Item {
    version: u64,
    available: i64,
}

/// Posts stock items' events; answers which SKUs they are about.
pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<BTreeSet<Sku>, PostError> {
    let mut items = load(connection, postings).await?;
    for posting in postings {
        let item = items.entry(posting.id()?).or_default();
        posting.follows(item.version)?;
        item.version = posting.sequence;
        if let Event::Stock(event) = &posting.event {
            item.available = item.available.saturating_add(freed(event));
        }
    }
    store(connection, &items).await?;
    Ok(items.into_keys().map(|id| id.sku).collect())
}

/// By how many units more can be promised after this event. Committing and dispatching change
/// nothing: the units were promised when they were reserved.
fn freed(event: &StockEvent) -> i64 {
    match event {
        StockEvent::StockReceived { quantity, .. }
        | StockEvent::StockRestocked { quantity, .. }
        | StockEvent::ReservationReleased { quantity, .. }
        | StockEvent::ReservationExpired { quantity, .. } => i64::from(quantity.get()),
        StockEvent::StockReserved { quantity, .. } => -i64::from(quantity.get()),
        StockEvent::StockAdjusted { delta, .. } => *delta,
        StockEvent::ReservationCommitted { .. }
        | StockEvent::ReservationExtended { .. }
        | StockEvent::StockDispatched { .. }
        | StockEvent::StockShortfallDetected { .. }
        | StockEvent::StockWrittenOff { .. } => 0,
    }
}

async fn load(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<BTreeMap<StockId, Item>, PostError> {
    let mut first: BTreeMap<StockId, u64> = BTreeMap::new();
    for posting in postings {
        first.entry(posting.id()?).or_insert(posting.sequence);
    }
    let known: Vec<&StockId> = first
        .iter()
        .filter(|(_, sequence)| **sequence > 1)
        .map(|(id, _)| id)
        .collect();
    if known.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(include_str!("../load_stock.sql"))
        .bind(known.iter().map(|id| id.sku.as_str()).collect::<Vec<_>>())
        .bind(
            known
                .iter()
                .map(|id| id.location.as_str())
                .collect::<Vec<_>>(),
        )
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|(sku, location, version, available)| {
            let item = Item {
                version: version.cast_unsigned(),
                available,
            };
            Ok((stock_id(&sku, &location)?, item))
        })
        .collect()
}

fn stock_id(sku: &str, location: &str) -> Result<StockId, PostError> {
    let corrupt = |error: domain::value::ValueError| PostError::Corrupt {
        table: "product_listing_stock",
        reason: error.to_string(),
    };
    Ok(StockId::new(
        Sku::new(sku).map_err(corrupt)?,
        Location::new(location).map_err(corrupt)?,
    ))
}

async fn store(
    connection: &mut PgConnection,
    items: &BTreeMap<StockId, Item>,
) -> Result<(), PostError> {
    if items.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../store_stock.sql"))
        .bind(items.keys().map(|id| id.sku.as_str()).collect::<Vec<_>>())
        .bind(
            items
                .keys()
                .map(|id| id.location.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            items
                .values()
                .map(|item| item.version.cast_signed())
                .collect::<Vec<_>>(),
        )
        .bind(
            items
                .values()
                .map(|item| item.available)
                .collect::<Vec<_>>(),
        )
        .execute(connection)
        .await?;
    Ok(())
}

/// For each SKU, whether any location can promise a unit.
pub(super) async fn in_stock(
    connection: &mut PgConnection,
    skus: &BTreeSet<Sku>,
) -> Result<BTreeMap<Sku, bool>, PostError> {
    if skus.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<String> = sqlx::query_scalar(
        "select distinct sku from product_listing_stock where sku = any($1) and available > 0",
    )
    .bind(skus.iter().map(Sku::as_str).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    let available: BTreeSet<&str> = rows.iter().map(String::as_str).collect();
    Ok(skus
        .iter()
        .map(|sku| (sku.clone(), available.contains(sku.as_str())))
        .collect())
}
