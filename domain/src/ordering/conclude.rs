//! Concluding a checkout: what has become of the payment decides what becomes of the order.
//!
//! Both sides move in one atomic command. Money is asked for and let go of in the same breath as
//! the order is confirmed or rejected, so no one ever sees a rejected order whose money nobody
//! was told to let go of, nor a capture without committed stock.

use super::{CapturePolicy, OrderingOutcome, StockLookup, confirm, reject, settle};
use crate::facts::Facts;
use crate::order::{Order, OrderStatus, RejectReason};
use crate::payment::{AuthorizationOutcome, Payment};
use crate::rejection::{Rejection, RejectionCode};
use crate::value::Money;

/// Concludes the checkout as far as what is known of the payment allows:
///
/// * authorized: every line is committed and the order confirmed, and the money captured if the
///   policy is to do it now; if a hold has lapsed and the stock is gone, or less is authorized
///   than is due, the order is rejected and the payment voided;
/// * declined or voided: every line is released and the order rejected;
/// * else nothing happens.
pub fn conclude(
    order: &Order,
    stock: &StockLookup<'_>,
    payment: &Payment,
    policy: CapturePolicy,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    let Some(due) = awaited(order) else {
        return Ok(OrderingOutcome::default());
    };
    let outcome = match verdict(payment, due) {
        Verdict::Wait => return Ok(OrderingOutcome::default()),
        Verdict::Confirm(authorized) => match confirm(order, stock, authorized, facts) {
            Err(gone) if gone.code == RejectionCode::ReservationExpired => {
                reject(order, stock, RejectReason::OutOfStock, facts)?
            }
            confirmed => confirmed?,
        },
        Verdict::Reject => reject(order, stock, RejectReason::PaymentDeclined, facts)?,
    };
    settled(order, payment, policy, outcome)
}

/// Rejects an order whose deadline has passed, and has its payment voided. What is known of the
/// payment comes first: one that was authorized in time is concluded as such. Before the deadline
/// nothing happens, so an early timer does no harm.
pub fn time_out(
    order: &Order,
    stock: &StockLookup<'_>,
    payment: &Payment,
    policy: CapturePolicy,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    let is_late = order.deadline().is_some_and(|until| until <= facts.now);
    if awaited(order).is_none() || !is_late {
        return Ok(OrderingOutcome::default());
    }
    let concluded = conclude(order, stock, payment, policy, facts)?;
    if !concluded.is_empty() {
        return Ok(concluded);
    }
    let outcome = reject(order, stock, RejectReason::Timeout, facts)?;
    settled(order, payment, policy, outcome)
}

/// What is due for an order whose payment is awaited.
fn awaited(order: &Order) -> Option<Money> {
    let waits = order.status() == Some(OrderStatus::Placed);
    order.due().filter(|_| waits)
}

enum Verdict {
    Wait,
    Confirm(Money),
    Reject,
}

fn verdict(payment: &Payment, due: Money) -> Verdict {
    if due.minor == 0 {
        return Verdict::Confirm(due);
    }
    // What was let go of once is never counted on again: news of a hold may be older than it.
    if payment.was_voided() {
        return Verdict::Reject;
    }
    match payment.authorization().map(|asked| &asked.outcome) {
        _ if payment.open_operation().is_some() => Verdict::Wait,
        Some(AuthorizationOutcome::Authorized(held)) => {
            let is_enough = held.amount.currency == due.currency && held.amount.minor >= due.minor;
            if is_enough {
                Verdict::Confirm(held.amount)
            } else {
                Verdict::Reject
            }
        }
        Some(AuthorizationOutcome::Declined { .. }) => Verdict::Reject,
        _ => Verdict::Wait,
    }
}

/// Adds what follows for the money.
fn settled(
    order: &Order,
    payment: &Payment,
    policy: CapturePolicy,
    mut outcome: OrderingOutcome,
) -> Result<OrderingOutcome, Rejection> {
    let mut order = order.clone();
    outcome.order.iter().for_each(|event| order.evolve(event));
    for (id, events) in settle(&order, payment, policy)?.payments {
        outcome.add_payment(id, events);
    }
    Ok(outcome)
}
