//! The open reservations. One that begins and ends within a batch, as a sale at a till does,
//! never touches the table.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::stock::{Hold, StockEvent};
use domain::value::{LineId, Location, OrderId, ReservationId, Sku, StockId, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::level::stock_id;
use crate::fold;
use crate::projection::{PostError, Posting};

const TABLE: &str = "stock_reservation";

type Key = (StockId, ReservationId);

#[derive(Debug, Serialize, Deserialize)]
struct Reservation {
    id: ReservationId,
    sku: Sku,
    location: Location,
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
    let ended_unless_open: BTreeSet<Key> = stored.keys().cloned().collect();
    let mut open = stored;
    for posting in postings {
        if let Event::Stock(event) = &posting.event {
            moved(&mut open, &posting.id()?, event);
        }
    }
    let ended: Vec<&Key> = ended_unless_open
        .iter()
        .filter(|key| !open.contains_key(*key))
        .collect();
    end(connection, &ended).await?;
    store(connection, &open).await
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
                id: *reservation_id,
                sku: id.sku.clone(),
                location: id.location.clone(),
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
    let rows: Vec<(String, String, Uuid, String)> =
        sqlx::query_as(include_str!("../load_reservations.sql"))
            .bind(skus)
            .bind(locations)
            .bind(ids)
            .fetch_all(connection)
            .await?;
    let reservation = |(sku, location, id, body): (String, String, Uuid, String)| {
        let key = (stock_id(TABLE, &sku, &location)?, ReservationId(id));
        Ok((key, fold::read(TABLE, &body)?))
    };
    rows.into_iter().map(reservation).collect()
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

async fn store(
    connection: &mut PgConnection,
    open: &BTreeMap<Key, Reservation>,
) -> Result<(), PostError> {
    if open.is_empty() {
        return Ok(());
    }
    let (skus, locations, ids) = columns(open.keys());
    let bodies = open
        .values()
        .map(|reservation| fold::write(TABLE, reservation))
        .collect::<Result<Vec<_>, _>>()?;
    sqlx::query(include_str!("../store_reservations.sql"))
        .bind(skus)
        .bind(locations)
        .bind(ids)
        .bind(
            open.values()
                .map(|reservation| reservation.expires_at.to_offset_date_time())
                .collect::<Vec<_>>(),
        )
        .bind(bodies)
        .execute(connection)
        .await?;
    Ok(())
}
