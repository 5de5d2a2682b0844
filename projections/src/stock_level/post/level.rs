//! The levels: sums, moved by what each event says by itself.

use std::collections::BTreeMap;

use domain::Event;
use domain::stock::{Hold, StockEvent};
use domain::value::{Location, Sku, StockId, Timestamp};
use serde::Serialize;
use sqlx::PgConnection;

use crate::fold;
use crate::projection::{PostError, Posting};

const TABLE: &str = "stock_level";

#[derive(Debug, Default)]
struct Level {
    version: u64,
    on_hand: i64,
    held: i64,
    committed: i64,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct Body<'a> {
    sku: &'a Sku,
    location: &'a Location,
    version: u64,
    on_hand: i64,
    held: i64,
    committed: i64,
    /// What can be promised.
    available: i64,
    /// What is promised and not there.
    shortfall: i64,
    updated_at: Timestamp,
}

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let mut levels = load(connection, postings).await?;
    for posting in postings {
        let level = levels.entry(posting.id()?).or_default();
        posting.follows(level.version)?;
        level.version = posting.sequence;
        level.updated_at = posting.recorded_at;
        if let Event::Stock(event) = &posting.event {
            level.moved(event);
        }
    }
    store(connection, &levels).await
}

async fn load(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<BTreeMap<StockId, Level>, PostError> {
    let mut first: BTreeMap<StockId, u64> = BTreeMap::new();
    for posting in postings {
        first.entry(posting.id()?).or_insert(posting.sequence);
    }
    let known: Vec<&StockId> = first
        .iter()
        .filter(|(_, sequence)| **sequence > 1)
        .map(|(id, _)| id)
        .collect();
    let rows: Vec<(String, String, i64, i64, i64, i64)> =
        sqlx::query_as(include_str!("../load_levels.sql"))
            .bind(known.iter().map(|id| id.sku.as_str()).collect::<Vec<_>>())
            .bind(
                known
                    .iter()
                    .map(|id| id.location.as_str())
                    .collect::<Vec<_>>(),
            )
            .fetch_all(connection)
            .await?;
    let level = |(sku, location, version, on_hand, held, committed): (
        String,
        String,
        i64,
        i64,
        i64,
        i64,
    )| {
        let id = stock_id(TABLE, &sku, &location)?;
        let version = version.cast_unsigned();
        Ok((
            id,
            Level {
                version,
                on_hand,
                held,
                committed,
                updated_at: Timestamp::EPOCH,
            },
        ))
    };
    rows.into_iter().map(level).collect()
}

/// The item that a row is about.
pub(super) fn stock_id(
    table: &'static str,
    sku: &str,
    location: &str,
) -> Result<StockId, PostError> {
    let corrupt = |error: domain::value::ValueError| PostError::Corrupt {
        table,
        reason: error.to_string(),
    };
    Ok(StockId::new(
        Sku::new(sku).map_err(corrupt)?,
        Location::new(location).map_err(corrupt)?,
    ))
}

impl Level {
    fn moved(&mut self, event: &StockEvent) {
        match event {
            StockEvent::StockReceived { quantity, .. }
            | StockEvent::StockRestocked { quantity, .. } => {
                self.on_hand += i64::from(quantity.get());
            }
            StockEvent::StockAdjusted { delta, .. } => {
                self.on_hand = self.on_hand.saturating_add(*delta)
            }
            StockEvent::StockReserved { quantity, .. } => self.held += i64::from(quantity.get()),
            StockEvent::ReservationCommitted { quantity, .. } => {
                self.held -= i64::from(quantity.get());
                self.committed += i64::from(quantity.get());
            }
            StockEvent::ReservationReleased {
                quantity,
                from: Hold::Committed,
                ..
            } => {
                self.committed -= i64::from(quantity.get());
            }
            StockEvent::ReservationReleased {
                quantity,
                from: Hold::Held,
                ..
            }
            | StockEvent::ReservationExpired { quantity, .. } => {
                self.held -= i64::from(quantity.get())
            }
            StockEvent::StockDispatched { quantity, .. } => {
                self.on_hand -= i64::from(quantity.get());
                self.committed -= i64::from(quantity.get());
            }
            StockEvent::StockShortfallDetected { .. }
            | StockEvent::ReservationExtended { .. }
            | StockEvent::StockWrittenOff { .. } => {}
        }
    }

    fn body<'a>(&self, id: &'a StockId) -> Body<'a> {
        let uncommitted = self.on_hand - self.held - self.committed;
        Body {
            sku: &id.sku,
            location: &id.location,
            version: self.version,
            on_hand: self.on_hand,
            held: self.held,
            committed: self.committed,
            available: uncommitted.max(0),
            shortfall: (-uncommitted).max(0),
            updated_at: self.updated_at,
        }
    }
}

async fn store(
    connection: &mut PgConnection,
    levels: &BTreeMap<StockId, Level>,
) -> Result<(), PostError> {
    let bodies = levels
        .iter()
        .map(|(id, level)| fold::write(TABLE, &level.body(id)))
        .collect::<Result<Vec<_>, _>>()?;
    let column = |of: fn(&Level) -> i64| levels.values().map(of).collect::<Vec<_>>();
    sqlx::query(include_str!("../store_levels.sql"))
        .bind(levels.keys().map(|id| id.sku.as_str()).collect::<Vec<_>>())
        .bind(
            levels
                .keys()
                .map(|id| id.location.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(column(|level| level.version.cast_signed()))
        .bind(column(|level| level.on_hand))
        .bind(column(|level| level.held))
        .bind(column(|level| level.committed))
        .bind(bodies)
        .execute(connection)
        .await?;
    Ok(())
}
