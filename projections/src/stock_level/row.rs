//! The rows of stock: written at every sale, made into documents when they are read.

use domain::stock::Hold;
use time::OffsetDateTime;
use uuid::Uuid;

/// The columns of a [`LevelRow`].
pub(super) const LEVEL_COLUMNS: &str =
    "sku, location, version, on_hand, held, committed, uncommitted, updated_at";

/// A row of `stock_level`.
#[derive(sqlx::FromRow)]
pub(super) struct LevelRow {
    pub sku: String,
    pub location: String,
    pub version: i64,
    pub on_hand: i64,
    pub held: i64,
    pub committed: i64,
    pub uncommitted: i64,
    pub updated_at: OffsetDateTime,
}

/// The columns of a [`ReservationRow`].
pub(super) const RESERVATION_COLUMNS: &str =
    "sku, location, reservation_id, order_id, line_id, quantity, is_committed, expires_at";

/// A row of `stock_reservation`.
#[derive(sqlx::FromRow)]
pub(super) struct ReservationRow {
    pub sku: String,
    pub location: String,
    pub reservation_id: Uuid,
    pub order_id: Uuid,
    pub line_id: Uuid,
    pub quantity: i64,
    is_committed: bool,
    pub expires_at: OffsetDateTime,
}

impl ReservationRow {
    /// How firmly its units are promised.
    pub fn status(&self) -> Hold {
        if self.is_committed {
            Hold::Committed
        } else {
            Hold::Held
        }
    }
}

/// What a row says of how firmly units are promised.
pub(super) fn is_committed(status: Hold) -> bool {
    status == Hold::Committed
}
