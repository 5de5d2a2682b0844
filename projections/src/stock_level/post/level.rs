//! The levels: sums, moved by what each event says by itself.

use domain::stock::{Hold, StockEvent};
use sqlx::PgConnection;

use crate::projection::{PostError, Posting};
use crate::stock_moves::{self, Rows};

const TABLE: &str = "stock_level";

/// What is added to a row; negative where units go.
#[derive(Debug, Default)]
struct Units {
    on_hand: i64,
    held: i64,
    committed: i64,
}

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let moves = stock_moves::add_up(postings, Units::add)?;
    let (begun, known) = stock_moves::split(&moves);
    write(connection, include_str!("../begin_levels.sql"), &begun).await?;
    write(connection, include_str!("../move_levels.sql"), &known).await
}

/// Runs a statement that takes a column each of SKUs, locations, versions before and after, units and times.
async fn write(
    connection: &mut PgConnection,
    sql: &'static str,
    items: &Rows<'_, '_, Units>,
) -> Result<(), PostError> {
    if items.is_empty() {
        return Ok(());
    }
    let written = sqlx::query(sql)
        .bind(items.skus())
        .bind(items.locations())
        .bind(items.column(|item| item.version_before().cast_signed()))
        .bind(items.column(|item| item.version.cast_signed()))
        .bind(items.column(|item| item.sum.on_hand))
        .bind(items.column(|item| item.sum.held))
        .bind(items.column(|item| item.sum.committed))
        .bind(items.column(|item| item.updated_at.to_offset_date_time()))
        .execute(&mut *connection)
        .await?
        .rows_affected();
    let versions = include_str!("../versions.sql");
    items
        .assert_written(connection, written, TABLE, versions)
        .await
}

impl Units {
    fn add(&mut self, event: &StockEvent) {
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
}
