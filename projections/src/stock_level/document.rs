//! The documents of stock, made from rows when they are read: every sale changes a row, and few are looked at.

use domain::stock::Hold;
use domain::value::Timestamp;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::row::{LevelRow, ReservationRow};
use crate::{Document, QueryError};

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

impl LevelRow {
    /// Its JSON.
    pub fn body(&self) -> Result<String, QueryError> {
        json(&LevelBody {
            sku: &self.sku,
            location: &self.location,
            version: self.version,
            on_hand: self.on_hand,
            held: self.held,
            committed: self.committed,
            available: self.uncommitted.max(0),
            shortfall: (-self.uncommitted).max(0),
            updated_at: timestamp(self.updated_at)?,
        })
    }

    /// Its document.
    pub fn document(&self) -> Result<Document, QueryError> {
        Ok(Document {
            version: self.version.cast_unsigned(),
            revision: 0,
            published: false,
            owner: None,
            body: self.body()?.into(),
        })
    }
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

impl ReservationRow {
    /// When it lapses.
    pub fn expires_at(&self) -> Result<Timestamp, QueryError> {
        timestamp(self.expires_at)
    }

    /// Its JSON.
    pub fn body(&self) -> Result<String, QueryError> {
        json(&ReservationBody {
            id: self.reservation_id,
            sku: &self.sku,
            location: &self.location,
            order_id: self.order_id,
            line_id: self.line_id,
            quantity: self.quantity,
            status: self.status(),
            expires_at: self.expires_at()?,
        })
    }
}

fn timestamp(at: OffsetDateTime) -> Result<Timestamp, QueryError> {
    Timestamp::try_from(at).map_err(|error| QueryError::Internal(error.to_string()))
}

fn json(body: &impl Serialize) -> Result<String, QueryError> {
    serde_json::to_string(body).map_err(|error| QueryError::Internal(error.to_string()))
}
