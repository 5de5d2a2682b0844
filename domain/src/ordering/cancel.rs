//! Cancelling: units that have not left are released.

use super::{OrderingOutcome, StockLookup};
use crate::facts::Facts;
use crate::order::{self, LineQuantity, LineShare, Order, OrderCommand, OrderEvent};
use crate::rejection::Rejection;
use crate::stock::{self, ReleaseReason, StockCommand, StockEvent};
use crate::value::{StockId, Text};

/// Cancels units of some lines; cancelling the last of an order that sent nothing cancels it.
pub fn cancel_lines(
    order: &Order,
    stock: &StockLookup<'_>,
    lines: Vec<LineQuantity>,
    reason: Option<Text>,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    let command = OrderCommand::CancelLines { lines, reason };
    released(order, stock, command, facts)
}

/// Cancels everything that has not left. Cancelling a cancelled order changes nothing.
pub fn cancel(
    order: &Order,
    stock: &StockLookup<'_>,
    reason: Option<Text>,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    released(order, stock, OrderCommand::CancelOrder { reason }, facts)
}

fn released(
    order: &Order,
    stock: &StockLookup<'_>,
    command: OrderCommand,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    let mut outcome = OrderingOutcome {
        order: order::decide(order, command, facts)?,
        ..OrderingOutcome::default()
    };
    let cancelled: Vec<LineShare> = outcome
        .order
        .iter()
        .filter_map(|event| match event {
            OrderEvent::OrderLinesCancelled { lines, .. } => Some(lines.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    for share in cancelled {
        if let Some((id, events)) = release_share(order, stock, &share, facts)? {
            outcome.add_stock(id, events);
        }
    }
    Ok(outcome)
}

/// None if the hold has lapsed already: then there is nothing to release.
fn release_share(
    order: &Order,
    stock: &StockLookup<'_>,
    share: &LineShare,
    facts: &Facts,
) -> Result<Option<(StockId, Vec<StockEvent>)>, Rejection> {
    let (Some(placed), Some(line)) = (order.placed(), order.line(&share.sku)) else {
        return Ok(None);
    };
    let id = placed.stock_id(line.placed);
    let reservation_id = line.reservation_id();
    let Some(item) = stock(&id).filter(|item| item.reservations().get(reservation_id).is_some())
    else {
        return Ok(None);
    };
    let command = StockCommand::ReleaseReservation {
        reservation_id,
        quantity: Some(share.quantity),
        reason: ReleaseReason::Cancelled,
    };
    Ok(Some((id, stock::decide(item, command, facts)?)))
}
