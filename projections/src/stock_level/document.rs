//! The documents of stock, made from rows when they are read: every sale changes a row, and few are looked at.

use domain::stock::Hold;
use domain::value::Timestamp;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::hold;
use crate::Document;

/// The columns of a [`Level`].
pub(super) const LEVEL: &str =
    "sku, location, version, on_hand, held, committed, uncommitted, updated_at";

/// A row of `stock_level`.
#[derive(sqlx::FromRow)]
pub(super) struct Level {
    pub sku: String,
    pub location: String,
    version: i64,
    on_hand: i64,
    held: i64,
    committed: i64,
    pub uncommitted: i64,
    updated_at: OffsetDateTime,
}

#[derive(Serialize)]
struct LevelBody<'a> {
    sku: &'a str,
    location: &'a str,
    version: i64,
    on_hand: i64,
    held: i64,
    committed: i64,
    /// What can be promised.
    available: i64,
    /// What is promised and not there.
    shortfall: i64,
    updated_at: Timestamp,
}

impl Level {
    /// Its JSON.
    pub fn body(&self) -> String {
        json(&LevelBody {
            sku: &self.sku,
            location: &self.location,
            version: self.version,
            on_hand: self.on_hand,
            held: self.held,
            committed: self.committed,
            available: self.uncommitted.max(0),
            shortfall: (-self.uncommitted).max(0),
            updated_at: timestamp(self.updated_at),
        })
    }

    /// Its document.
    pub fn document(&self) -> Document {
        Document {
            version: self.version.cast_unsigned(),
            revision: 0,
            published: false,
            owner: None,
            body: self.body().into(),
        }
    }
}

/// The columns of a [`Reservation`].
pub(super) const RESERVATION: &str =
    "reservation_id, sku, location, order_id, line_id, quantity, committed, expires_at";

/// A row of `stock_reservation`.
#[derive(sqlx::FromRow)]
pub(super) struct Reservation {
    pub reservation_id: Uuid,
    sku: String,
    location: String,
    order_id: Uuid,
    line_id: Uuid,
    quantity: i64,
    committed: bool,
    expires_at: OffsetDateTime,
}

#[derive(Serialize)]
struct ReservationBody<'a> {
    id: Uuid,
    sku: &'a str,
    location: &'a str,
    order_id: Uuid,
    line_id: Uuid,
    quantity: i64,
    status: Hold,
    expires_at: Timestamp,
}

impl Reservation {
    /// When it lapses.
    pub fn expires_at(&self) -> Timestamp {
        timestamp(self.expires_at)
    }

    /// Its JSON.
    pub fn body(&self) -> String {
        json(&ReservationBody {
            id: self.reservation_id,
            sku: &self.sku,
            location: &self.location,
            order_id: self.order_id,
            line_id: self.line_id,
            quantity: self.quantity,
            status: hold(self.committed),
            expires_at: self.expires_at(),
        })
    }
}

fn timestamp(at: OffsetDateTime) -> Timestamp {
    Timestamp::try_from(at).unwrap_or(Timestamp::EPOCH)
}

/// Texts, numbers and times always are JSON.
fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}
