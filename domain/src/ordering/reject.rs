//! Rejecting an order: its stock is released.

use super::{OrderingOutcome, StockLookup};
use crate::facts::Facts;
use crate::order::{self, Order, OrderCommand, RejectReason};
use crate::rejection::Rejection;
use crate::stock::{self, ReleaseReason, StockCommand};

/// Rejects the order and releases what is still held for it; holds that have lapsed already need
/// no release.
pub fn reject(
    order: &Order,
    stock: &StockLookup<'_>,
    reason: RejectReason,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    let mut outcome = OrderingOutcome {
        order: order::decide(order, OrderCommand::RejectOrder { reason }, facts)?,
        ..OrderingOutcome::default()
    };
    let Some(placed) = order.placed().filter(|_| !outcome.order.is_empty()) else {
        return Ok(outcome);
    };
    for line in order.lines() {
        let id = placed.stock_id(line.placed);
        let reservation_id = line.reservation_id();
        let Some(item) = stock(&id) else { continue };
        if item.reservations().get(reservation_id).is_some() {
            let command = StockCommand::ReleaseReservation {
                reservation_id,
                quantity: None,
                reason: release_reason(reason),
            };
            outcome.add_stock(id, stock::decide(item, command, facts)?);
        }
    }
    Ok(outcome)
}

fn release_reason(reason: RejectReason) -> ReleaseReason {
    match reason {
        RejectReason::OutOfStock => ReleaseReason::OutOfStock,
        RejectReason::PaymentDeclined => ReleaseReason::PaymentDeclined,
        RejectReason::Timeout => ReleaseReason::Timeout,
    }
}
