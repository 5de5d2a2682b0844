//! Giving a customer who is busy paying more time, once.

use super::{HOLD_MAX, OrderingOutcome, StockLookup};
use crate::facts::Facts;
use crate::order::{self, Order, OrderCommand};
use crate::rejection::Rejection;
use crate::stock::{self, StockCommand};
use crate::value::Timestamp;

/// Extends the order's deadline and its holds to `until`. A hold that has lapsed already stays so:
/// it is taken anew when the order is confirmed, while stock lasts.
pub fn extend(
    order: &Order,
    stock: &StockLookup<'_>,
    until: Timestamp,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    if until > facts.now.saturating_add(HOLD_MAX) {
        let detail = format!(
            "stock is held for at most {} seconds from now",
            HOLD_MAX.as_secs()
        );
        return Err(Rejection::invalid("/until", "too-long", detail));
    }
    let command = OrderCommand::ExtendDeadline { deadline: until };
    let mut outcome = OrderingOutcome {
        order: order::decide(order, command, facts)?,
        ..OrderingOutcome::default()
    };
    let Some(placed) = order.placed().filter(|_| !outcome.order.is_empty()) else {
        return Ok(outcome);
    };
    for line in order.lines().filter(|line| line.open() > 0) {
        let (id, reservation_id) = (placed.stock_id(line.placed), line.reservation_id());
        let Some(item) = stock(&id) else { continue };
        if item.reservations().get(reservation_id).is_some() {
            let command = StockCommand::ExtendReservation {
                reservation_id,
                expires_at: until,
            };
            outcome.add_stock(id, stock::decide(item, command, facts)?);
        }
    }
    Ok(outcome)
}
