//! What each stock item can still promise.

use std::collections::{BTreeMap, BTreeSet};

use domain::stock::StockEvent;
use domain::value::Sku;
use sqlx::PgConnection;

use crate::projection::{PostError, Posting};
use crate::stock_moves::{self, Rows};

const TABLE: &str = "product_listing_stock";
const VERSIONS: &str = include_str!("../stock_versions.sql");

/// Posts stock items' events; answers of which SKUs an item ran out or came back.
pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<BTreeSet<Sku>, PostError> {
    let moves = stock_moves::add_up(postings, |sum: &mut i64, event| {
        *sum = sum.saturating_add(freed(event));
    })?;
    let (begun, known) = stock_moves::split(&moves);
    begin(connection, &begun).await?;
    let mut turned = go_on(connection, &known).await?;
    let with_units = begun.iter().filter(|(_, item)| item.sum > 0);
    turned.extend(with_units.map(|(id, _)| id.sku.clone()));
    Ok(turned)
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

async fn begin(connection: &mut PgConnection, items: &Rows<'_, '_, i64>) -> Result<(), PostError> {
    if items.is_empty() {
        return Ok(());
    }
    let written = sqlx::query(include_str!("../begin_stock.sql"))
        .bind(items.skus())
        .bind(items.locations())
        .bind(items.column(|item| item.version.cast_signed()))
        .bind(items.column(|item| item.sum))
        .execute(&mut *connection)
        .await?
        .rows_affected();
    items
        .assert_written(connection, written, TABLE, VERSIONS)
        .await
}

async fn go_on(
    connection: &mut PgConnection,
    items: &Rows<'_, '_, i64>,
) -> Result<BTreeSet<Sku>, PostError> {
    if items.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (written, turned): (i64, Vec<String>) = sqlx::query_as(include_str!("../move_stock.sql"))
        .bind(items.skus())
        .bind(items.locations())
        .bind(items.column(|item| item.version_before().cast_signed()))
        .bind(items.column(|item| item.version.cast_signed()))
        .bind(items.column(|item| item.sum))
        .fetch_one(&mut *connection)
        .await?;
    items
        .assert_written(connection, written.unsigned_abs(), TABLE, VERSIONS)
        .await?;
    let sku = |text: &String| {
        text.parse()
            .map_err(|error: domain::value::ValueError| PostError::Corrupt {
                table: TABLE,
                reason: error.to_string(),
            })
    };
    turned.iter().map(sku).collect()
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
