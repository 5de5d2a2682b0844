//! The open reservations. One that begins and ends within a batch, as a sale at a till does,
//! never touches the table.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::stock::{Hold, StockEvent};
use domain::value::{LineId, OrderId, ReservationId, StockId, Timestamp};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::projection::{PostError, Posting};
use crate::stock_level::hold;
use crate::stock_moves::stock_id;

const TABLE: &str = "stock_reservation";

type Key = (StockId, ReservationId);

#[derive(Debug)]
struct Reservation {
    order_id: OrderId,
    line_id: LineId,
    /// Units that are still open.
    quantity: u32,
    status: Hold,
    /// When it lapses, or would have lapsed had it not been committed.
    expires_at: Timestamp,
}

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let stored = load(connection, &earlier(postings)?).await?;
    let known: BTreeSet<Key> = stored.keys().cloned().collect();
    let mut open = stored;
    for posting in postings {
        if let Event::Stock(event) = &posting.event {
            moved(&mut open, &posting.id()?, event);
        }
    }
    let ended: Vec<&Key> = known
        .iter()
        .filter(|key| !open.contains_key(*key))
        .collect();
    end(connection, &ended).await?;
    let (changed, begun): (Vec<_>, Vec<_>) = open.iter().partition(|(key, _)| known.contains(*key));
    change(connection, &changed).await?;
    begin(connection, &begun).await
}

/// The reservations that the batch moves and did not make.
fn earlier(postings: &[Posting]) -> Result<BTreeSet<Key>, PostError> {
    let (mut made, mut earlier) = (BTreeSet::new(), BTreeSet::new());
    for posting in postings {
        let Event::Stock(event) = &posting.event else {
            continue;
        };
        let Some(reservation_id) = reservation_of(event) else {
            continue;
        };
        let key = (posting.id()?, reservation_id);
        if matches!(event, StockEvent::StockReserved { .. }) {
            made.insert(key);
        } else if !made.contains(&key) {
            earlier.insert(key);
        }
    }
    Ok(earlier)
}

fn reservation_of(event: &StockEvent) -> Option<ReservationId> {
    match event {
        StockEvent::StockReserved { reservation_id, .. }
        | StockEvent::ReservationExtended { reservation_id, .. }
        | StockEvent::ReservationCommitted { reservation_id, .. }
        | StockEvent::ReservationReleased { reservation_id, .. }
        | StockEvent::ReservationExpired { reservation_id, .. }
        | StockEvent::StockDispatched { reservation_id, .. } => Some(*reservation_id),
        StockEvent::StockReceived { .. }
        | StockEvent::StockAdjusted { .. }
        | StockEvent::StockShortfallDetected { .. }
        | StockEvent::StockRestocked { .. }
        | StockEvent::StockWrittenOff { .. } => None,
    }
}

fn moved(open: &mut BTreeMap<Key, Reservation>, id: &StockId, event: &StockEvent) {
    match event {
        StockEvent::StockReserved {
            reservation_id,
            order_id,
            line_id,
            quantity,
            expires_at,
        } => {
            let reservation = Reservation {
                order_id: *order_id,
                line_id: *line_id,
                quantity: quantity.get(),
                status: Hold::Held,
                expires_at: *expires_at,
            };
            open.insert((id.clone(), *reservation_id), reservation);
        }
        StockEvent::ReservationExtended {
            reservation_id,
            expires_at,
            ..
        } => {
            if let Some(reservation) = open.get_mut(&(id.clone(), *reservation_id)) {
                reservation.expires_at = *expires_at;
            }
        }
        StockEvent::ReservationCommitted { reservation_id, .. } => {
            if let Some(reservation) = open.get_mut(&(id.clone(), *reservation_id)) {
                reservation.status = Hold::Committed;
            }
        }
        StockEvent::ReservationReleased {
            reservation_id,
            quantity,
            ..
        }
        | StockEvent::ReservationExpired {
            reservation_id,
            quantity,
            ..
        }
        | StockEvent::StockDispatched {
            reservation_id,
            quantity,
            ..
        } => {
            let key = (id.clone(), *reservation_id);
            let left = open.get_mut(&key).map_or(0, |reservation| {
                reservation.quantity = reservation.quantity.saturating_sub(quantity.get());
                reservation.quantity
            });
            if left == 0 {
                open.remove(&key);
            }
        }
        StockEvent::StockReceived { .. }
        | StockEvent::StockAdjusted { .. }
        | StockEvent::StockShortfallDetected { .. }
        | StockEvent::StockRestocked { .. }
        | StockEvent::StockWrittenOff { .. } => {}
    }
}

async fn load(
    connection: &mut PgConnection,
    keys: &BTreeSet<Key>,
) -> Result<BTreeMap<Key, Reservation>, PostError> {
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (skus, locations, ids) = columns(keys.iter());
    let rows: Vec<Row> = sqlx::query_as(include_str!("../load_reservations.sql"))
        .bind(skus)
        .bind(locations)
        .bind(ids)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(Row::read).collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    sku: String,
    location: String,
    reservation_id: Uuid,
    order_id: Uuid,
    line_id: Uuid,
    quantity: i64,
    committed: bool,
    expires_at: OffsetDateTime,
}

impl Row {
    fn read(self) -> Result<(Key, Reservation), PostError> {
        let corrupt = |reason: String| PostError::Corrupt {
            table: TABLE,
            reason,
        };
        let item = stock_id(TABLE, &self.sku, &self.location)?;
        let reservation = Reservation {
            order_id: OrderId(self.order_id),
            line_id: LineId(self.line_id),
            quantity: u32::try_from(self.quantity).map_err(|e| corrupt(e.to_string()))?,
            status: hold(self.committed),
            expires_at: Timestamp::try_from(self.expires_at).map_err(|e| corrupt(e.to_string()))?,
        };
        Ok(((item, ReservationId(self.reservation_id)), reservation))
    }
}

fn columns<'a>(
    keys: impl Iterator<Item = &'a Key> + Clone,
) -> (Vec<&'a str>, Vec<&'a str>, Vec<Uuid>) {
    let skus = keys.clone().map(|(item, _)| item.sku.as_str()).collect();
    let locations = keys
        .clone()
        .map(|(item, _)| item.location.as_str())
        .collect();
    (skus, locations, keys.map(|(_, id)| id.0).collect())
}

async fn end(connection: &mut PgConnection, ended: &[&Key]) -> Result<(), PostError> {
    if ended.is_empty() {
        return Ok(());
    }
    let (skus, locations, ids) = columns(ended.iter().copied());
    sqlx::query(include_str!("../end_reservations.sql"))
        .bind(skus)
        .bind(locations)
        .bind(ids)
        .execute(connection)
        .await?;
    Ok(())
}

type Open<'a> = (&'a Key, &'a Reservation);

/// Writes those that the batch made.
async fn begin(connection: &mut PgConnection, begun: &[Open<'_>]) -> Result<(), PostError> {
    if begun.is_empty() {
        return Ok(());
    }
    let (skus, locations, ids) = columns(begun.iter().map(|(key, _)| *key));
    let each = || begun.iter().map(|(_, reservation)| reservation);
    sqlx::query(include_str!("../begin_reservations.sql"))
        .bind(skus)
        .bind(locations)
        .bind(ids)
        .bind(each().map(|r| r.order_id.0).collect::<Vec<_>>())
        .bind(each().map(|r| r.line_id.0).collect::<Vec<_>>())
        .bind(each().map(|r| i64::from(r.quantity)).collect::<Vec<_>>())
        .bind(each().map(|r| r.is_committed()).collect::<Vec<_>>())
        .bind(each().map(|r| r.expires_at()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes those that were there before.
async fn change(connection: &mut PgConnection, changed: &[Open<'_>]) -> Result<(), PostError> {
    if changed.is_empty() {
        return Ok(());
    }
    let (skus, locations, ids) = columns(changed.iter().map(|(key, _)| *key));
    let each = || changed.iter().map(|(_, reservation)| reservation);
    sqlx::query(include_str!("../change_reservations.sql"))
        .bind(skus)
        .bind(locations)
        .bind(ids)
        .bind(each().map(|r| i64::from(r.quantity)).collect::<Vec<_>>())
        .bind(each().map(|r| r.is_committed()).collect::<Vec<_>>())
        .bind(each().map(|r| r.expires_at()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

impl Reservation {
    fn is_committed(&self) -> bool {
        self.status == Hold::Committed
    }

    fn expires_at(&self) -> OffsetDateTime {
        self.expires_at.to_offset_date_time()
    }
}
