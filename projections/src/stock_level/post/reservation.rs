//! The open reservations. One that begins and ends within a batch, as a sale at a till does,
//! never touches the table.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::stock::{Hold, StockEvent};
use domain::value::{LineId, Location, OrderId, ReservationId, Sku, StockId, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::projection::{PostError, Posting};
use crate::stock_level::row::{ReservationRow, is_committed};

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
    let rows: Vec<ReservationRow> = sqlx::query_as(include_str!("../load_reservations.sql"))
        .bind(skus)
        .bind(locations)
        .bind(ids)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(read).collect()
}

fn read(row: ReservationRow) -> Result<(Key, Reservation), PostError> {
    let corrupt = |error: domain::value::ValueError| PostError::Corrupt {
        table: TABLE,
        reason: error.to_string(),
    };
    let status = row.status();
    let item = StockId::new(
        Sku::new(row.sku).map_err(corrupt)?,
        Location::new(row.location).map_err(corrupt)?,
    );
    let quantity = u32::try_from(row.quantity).map_err(|error| PostError::Corrupt {
        table: TABLE,
        reason: error.to_string(),
    })?;
    let reservation = Reservation {
        order_id: OrderId(row.order_id),
        line_id: LineId(row.line_id),
        quantity,
        status,
        expires_at: Timestamp::try_from(row.expires_at).map_err(corrupt)?,
    };
    Ok(((item, ReservationId(row.reservation_id)), reservation))
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
    write(connection, include_str!("../begin_reservations.sql"), begun).await
}

/// Writes those that were there before.
async fn change(connection: &mut PgConnection, changed: &[Open<'_>]) -> Result<(), PostError> {
    write(
        connection,
        include_str!("../change_reservations.sql"),
        changed,
    )
    .await
}

/// Runs a statement that takes all columns of the table.
async fn write(
    connection: &mut PgConnection,
    sql: &'static str,
    reservations: &[Open<'_>],
) -> Result<(), PostError> {
    if reservations.is_empty() {
        return Ok(());
    }
    let (skus, locations, ids) = columns(reservations.iter().map(|(key, _)| *key));
    let each = || reservations.iter().map(|(_, reservation)| reservation);
    sqlx::query(sql)
        .bind(skus)
        .bind(locations)
        .bind(ids)
        .bind(each().map(|r| r.order_id.0).collect::<Vec<_>>())
        .bind(each().map(|r| r.line_id.0).collect::<Vec<_>>())
        .bind(each().map(|r| i64::from(r.quantity)).collect::<Vec<_>>())
        .bind(each().map(|r| is_committed(r.status)).collect::<Vec<_>>())
        .bind(
            each()
                .map(|r| r.expires_at.to_offset_date_time())
                .collect::<Vec<_>>(),
        )
        .execute(connection)
        .await?;
    Ok(())
}
