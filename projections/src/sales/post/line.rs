//! What is sold of each line.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::order::{LineShare, OrderEvent, OrderPlaced, PlacedLine};
use domain::value::share_of_units;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::projection::{PostError, Posting};

/// Order and line.
type Key = (Uuid, Uuid);

/// Orders that did not come through a sales channel came through the shop itself.
pub(super) const OWN_CHANNEL: &str = "shop";

#[derive(sqlx::FromRow)]
struct Line {
    order_id: Uuid,
    line_id: Uuid,
    placed_at: OffsetDateTime,
    sku: String,
    channel: String,
    currency: String,
    units: i64,
    gross: i64,
    discount: i64,
    net: i64,
    coupon: i64,
    ordered: i64,
    coupon_ordered: i64,
}

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let stored = load(connection, &earlier(postings)?).await?;
    let known: BTreeSet<Key> = stored.keys().copied().collect();
    let mut lines = stored;
    for posting in postings {
        if let Event::Order(event) = &posting.event {
            happened(&mut lines, posting.id()?, event);
        }
    }
    let ended: Vec<Key> = known
        .iter()
        .filter(|key| !lines.contains_key(key))
        .copied()
        .collect();
    end(connection, &ended).await?;
    let (changed, begun): (Vec<_>, Vec<_>) = lines
        .values()
        .partition(|line| known.contains(&(line.order_id, line.line_id)));
    change(connection, &changed).await?;
    begin(connection, &begun).await
}

/// The orders of which something is taken out that was placed before this batch.
fn earlier(postings: &[Posting]) -> Result<BTreeSet<Uuid>, PostError> {
    let (mut placed, mut earlier) = (BTreeSet::new(), BTreeSet::new());
    for posting in postings {
        match &posting.event {
            Event::Order(OrderEvent::OrderPlaced(_)) => {
                placed.insert(posting.id()?);
            }
            Event::Order(
                OrderEvent::OrderRejected { .. } | OrderEvent::OrderLinesCancelled { .. },
            ) => {
                earlier.insert(posting.id()?);
            }
            _ => {}
        }
    }
    Ok(earlier.difference(&placed).copied().collect())
}

fn happened(lines: &mut BTreeMap<Key, Line>, order_id: Uuid, event: &OrderEvent) {
    match event {
        OrderEvent::OrderPlaced(placed) => {
            lines.extend(
                placed
                    .lines
                    .iter()
                    .map(|line| ((order_id, line.line_id.0), Line::of(order_id, placed, line))),
            );
        }
        OrderEvent::OrderRejected { .. } => lines.retain(|(of, _), _| *of != order_id),
        OrderEvent::OrderLinesCancelled { lines: shares, .. } => {
            for share in shares {
                cancelled(lines, (order_id, share.line_id.0), share);
            }
        }
        // A cancelled order's lines were all cancelled before.
        OrderEvent::OrderCancelled { .. }
        | OrderEvent::OrderConfirmed { .. }
        | OrderEvent::OrderShipped { .. }
        | OrderEvent::ShipmentDelivered { .. }
        | OrderEvent::OrderDeadlineExtended { .. }
        | OrderEvent::ReturnRequested { .. }
        | OrderEvent::ReturnReceived { .. }
        | OrderEvent::ReturnDeclined { .. }
        | OrderEvent::OrderCompleted {}
        | OrderEvent::OrderNoteAdded { .. } => {}
    }
}

fn cancelled(lines: &mut BTreeMap<Key, Line>, key: Key, share: &LineShare) {
    let Some(line) = lines.get_mut(&key) else {
        return;
    };
    line.units -= i64::from(share.quantity.get());
    line.gross -= share.gross;
    line.discount -= share.discount;
    line.net -= share.net;
    line.coupon = share_of_units(
        line.coupon_ordered,
        line.ordered.unsigned_abs(),
        0,
        line.units.max(0).unsigned_abs(),
    );
    if line.units <= 0 {
        lines.remove(&key);
    }
}

impl Line {
    fn of(order_id: Uuid, order: &OrderPlaced, line: &PlacedLine) -> Self {
        Self {
            order_id,
            line_id: line.line_id.0,
            placed_at: order.placed_at.to_offset_date_time(),
            sku: line.sku.to_string(),
            channel: order.channel.as_deref().unwrap_or(OWN_CHANNEL).to_owned(),
            currency: order.currency.code().to_owned(),
            units: i64::from(line.quantity.get()),
            gross: line.gross,
            discount: line.discount,
            net: line.net,
            coupon: line.coupon,
            ordered: i64::from(line.quantity.get()),
            coupon_ordered: line.coupon,
        }
    }
}

async fn load(
    connection: &mut PgConnection,
    orders: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Key, Line>, PostError> {
    if orders.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<Line> = sqlx::query_as(include_str!("../load_lines.sql"))
        .bind(orders.iter().copied().collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|line| ((line.order_id, line.line_id), line))
        .collect())
}

async fn end(connection: &mut PgConnection, ended: &[Key]) -> Result<(), PostError> {
    if ended.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../end_lines.sql"))
        .bind(ended.iter().map(|(order, _)| *order).collect::<Vec<_>>())
        .bind(ended.iter().map(|(_, line)| *line).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes the lines of orders that were placed in the batch.
async fn begin(connection: &mut PgConnection, lines: &[&Line]) -> Result<(), PostError> {
    if lines.is_empty() {
        return Ok(());
    }
    let texts = |of: fn(&Line) -> &str| lines.iter().map(|line| of(line)).collect::<Vec<_>>();
    let numbers = |of: fn(&Line) -> i64| lines.iter().map(|line| of(line)).collect::<Vec<_>>();
    sqlx::query(include_str!("../begin_lines.sql"))
        .bind(lines.iter().map(|line| line.order_id).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.line_id).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.placed_at).collect::<Vec<_>>())
        .bind(texts(|line| &line.sku))
        .bind(texts(|line| &line.channel))
        .bind(texts(|line| &line.currency))
        .bind(numbers(|line| line.units))
        .bind(numbers(|line| line.gross))
        .bind(numbers(|line| line.discount))
        .bind(numbers(|line| line.net))
        .bind(numbers(|line| line.coupon))
        .bind(numbers(|line| line.ordered))
        .bind(numbers(|line| line.coupon_ordered))
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes what is left of lines that were there before.
async fn change(connection: &mut PgConnection, lines: &[&Line]) -> Result<(), PostError> {
    if lines.is_empty() {
        return Ok(());
    }
    let numbers = |of: fn(&Line) -> i64| lines.iter().map(|line| of(line)).collect::<Vec<_>>();
    sqlx::query(include_str!("../change_lines.sql"))
        .bind(lines.iter().map(|line| line.order_id).collect::<Vec<_>>())
        .bind(lines.iter().map(|line| line.line_id).collect::<Vec<_>>())
        .bind(numbers(|line| line.units))
        .bind(numbers(|line| line.gross))
        .bind(numbers(|line| line.discount))
        .bind(numbers(|line| line.net))
        .bind(numbers(|line| line.coupon))
        .execute(connection)
        .await?;
    Ok(())
}
