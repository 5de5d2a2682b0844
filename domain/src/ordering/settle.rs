//! Settling the money of an order: what is to be captured, voided or refunded next.
//!
//! The next step follows from the two states alone, not from what has happened last, so it can be
//! asked for at any time and as often as one likes: after every event of the order and of the
//! payment, and once more to be sure. It is requested at most once, because what is open or done
//! counts in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::OrderingOutcome;
use crate::order::{LineShare, Order, OrderStatus, Parts};
use crate::payment::{self, Attempt, Payment, PaymentCommand, RefundReason, RefundRequested};
use crate::rejection::Rejection;
use crate::value::{LineId, Money};

/// How many requests of one kind may fail for good, one after the other, before a person has to
/// look at it.
pub const FAILURES_IN_A_ROW_MAX: usize = 3;

/// When money is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapturePolicy {
    /// All of it as soon as the order is confirmed.
    #[default]
    OnConfirm,
    /// For each shipment as it leaves.
    OnShip,
}

/// What is to happen to the money of an order next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoneyStep {
    /// It is as it should be.
    Nothing,
    /// A request to the gateway is open; then ask again.
    Wait,
    /// Take it.
    Capture(Money),
    /// Let go of it.
    Void,
    /// Give it back.
    Refund {
        /// How much.
        amount: Money,
        /// Why.
        reason: RefundReason,
        /// For which units, with exactly their share of their lines.
        lines: Vec<LineShare>,
    },
    /// No policy can settle it: a person has to look at it.
    Stuck {
        /// What was tried or cannot be.
        what: &'static str,
    },
}

/// What is to happen to the money next.
#[must_use]
pub fn money_step(order: &Order, payment: &Payment, policy: CapturePolicy) -> MoneyStep {
    let is_of_order = payment.requested().is_some() && payment.order_id() == order.id();
    if !is_of_order || payment.is_left() {
        return MoneyStep::Nothing;
    }
    let step = match order.status() {
        None | Some(OrderStatus::Placed) => MoneyStep::Nothing,
        Some(OrderStatus::Rejected | OrderStatus::Cancelled) => give_up(order, payment),
        Some(OrderStatus::Confirmed | OrderStatus::Completed) => collect(order, payment, policy),
    };
    let is_done = matches!(step, MoneyStep::Nothing);
    if !is_done && payment.open_operation().is_some() {
        return MoneyStep::Wait;
    }
    step
}

/// Requests the next step, if there is one.
pub fn settle(
    order: &Order,
    payment: &Payment,
    policy: CapturePolicy,
) -> Result<OrderingOutcome, Rejection> {
    let mut outcome = OrderingOutcome::default();
    let Some(id) = payment.id() else {
        return Ok(outcome);
    };
    let command = match money_step(order, payment, policy) {
        MoneyStep::Nothing | MoneyStep::Wait | MoneyStep::Stuck { .. } => return Ok(outcome),
        MoneyStep::Capture(amount) => PaymentCommand::RequestCapture {
            capture_id: id.capture(payment.captures().len()),
            amount,
        },
        MoneyStep::Void => PaymentCommand::RequestVoid {
            void_id: id.void(payment.voids().len()),
            reason: None,
        },
        MoneyStep::Refund {
            amount,
            reason,
            lines,
        } => PaymentCommand::RequestRefund(RefundRequested {
            refund_id: id.refund(payment.refunds().len()),
            amount,
            reason,
            lines,
            note: None,
        }),
    };
    outcome.add_payment(id, payment::decide(payment, command)?);
    Ok(outcome)
}

/// The order is not to be paid for.
fn give_up(order: &Order, payment: &Payment) -> MoneyStep {
    if payment.captured_minor() > 0 {
        return refund(order, payment);
    }
    let was_asked = payment.authorization().is_some();
    let may_hold = payment.is_held() || payment.is_authorizing();
    if payment.is_voided() || (was_asked && !may_hold) {
        return MoneyStep::Nothing;
    }
    if payment.voids_failed_in_a_row() >= FAILURES_IN_A_ROW_MAX {
        return MoneyStep::Stuck {
            what: "the gateway refuses to void the payment",
        };
    }
    MoneyStep::Void
}

/// The order is to be paid for.
fn collect(order: &Order, payment: &Payment, policy: CapturePolicy) -> MoneyStep {
    if payable(order) == 0 && payment.captured_minor() == 0 {
        return give_up(order, payment);
    }
    let Some(held) = payment.authorized() else {
        return MoneyStep::Nothing;
    };
    let target = match policy {
        CapturePolicy::OnConfirm => payable(order),
        CapturePolicy::OnShip => order.shipped_total(),
    };
    let missing = target
        .min(held.amount.minor)
        .saturating_sub(payment.captured_minor());
    if missing <= 0 {
        return refund(order, payment);
    }
    if payment.is_voided() {
        return MoneyStep::Stuck {
            what: "the order is confirmed and the gateway holds nothing for it any more",
        };
    }
    if payment.captures_failed_in_a_row() >= FAILURES_IN_A_ROW_MAX {
        return MoneyStep::Stuck {
            what: "the gateway refuses to capture the payment",
        };
    }
    MoneyStep::Capture(Money::new(missing, held.amount.currency))
}

/// What is to be paid for all that was or will be sent, in minor units. What came back is given
/// back apart.
pub(super) fn payable(order: &Order) -> i64 {
    match order.status() {
        Some(OrderStatus::Rejected | OrderStatus::Cancelled) | None => 0,
        Some(OrderStatus::Placed | OrderStatus::Confirmed | OrderStatus::Completed) => {
            let whole = order.totals().map_or(0, |totals| totals.total);
            whole.saturating_sub(order.cancelled_total())
        }
    }
}

/// What was cancelled is given back first, then what came back; never more than was taken.
fn refund(order: &Order, payment: &Payment) -> MoneyStep {
    let Some(captured) = payment.captured() else {
        return MoneyStep::Nothing;
    };
    let left = captured.minor.saturating_sub(payment.refunded_minor());
    let owed_for = |reason| owed(order, payment, reason).unwrap_or(0);
    let for_cancelled = owed_for(RefundReason::Cancelled);
    let for_returned = owed_for(RefundReason::Returned);
    let (owed, reason, lines) = if for_cancelled > 0 {
        let lines = cancelled_lines(order, payment, for_cancelled);
        (for_cancelled, RefundReason::Cancelled, lines)
    } else {
        let lines = unrefunded(order, payment, RefundReason::Returned);
        (for_returned, RefundReason::Returned, lines)
    };
    let amount = owed.min(left);
    if amount <= 0 {
        return MoneyStep::Nothing;
    }
    if payment.refunds_failed_in_a_row() >= FAILURES_IN_A_ROW_MAX {
        return MoneyStep::Stuck {
            what: "the gateway refuses to refund the payment",
        };
    }
    MoneyStep::Refund {
        amount: Money::new(amount, captured.currency),
        reason,
        lines,
    }
}

/// What is to be given back for a reason and was not yet, in minor units; nothing bounds kindness.
pub(super) fn owed(order: &Order, payment: &Payment, reason: RefundReason) -> Option<i64> {
    let whole = match reason {
        RefundReason::Cancelled => payment.captured_minor().saturating_sub(payable(order)),
        RefundReason::Returned => order.returned_total(),
        RefundReason::Goodwill => return None,
    };
    Some(whole.saturating_sub(refunded(payment, reason)))
}

/// The units that `owed` is for. None where their shares do not sum to it: then some of them were
/// cancelled before anything was captured, and who is to say which were not.
pub(super) fn cancelled_lines(order: &Order, payment: &Payment, owed: i64) -> Vec<LineShare> {
    let lines = unrefunded(order, payment, RefundReason::Cancelled);
    let shipping = match (order.status(), order.placed()) {
        (Some(OrderStatus::Cancelled), Some(placed)) => placed.shipping,
        _ => 0,
    };
    let carried = lines.iter().fold(shipping, |sum, share| {
        sum.saturating_add(share.net).saturating_add(share.tax)
    });
    if carried == owed { lines } else { Vec::new() }
}

/// What has left or come back of each line and was not refunded yet for that reason.
pub(super) fn unrefunded(order: &Order, payment: &Payment, reason: RefundReason) -> Vec<LineShare> {
    let mut refunded: BTreeMap<LineId, Vec<&LineShare>> = BTreeMap::new();
    for share in done(payment, reason).flat_map(|refund| &refund.lines) {
        refunded.entry(share.line_id).or_default().push(share);
    }
    let rest = |line: crate::order::Line<'_>| {
        let mut parts: Parts = match reason {
            RefundReason::Cancelled => line.progress.cancelled_late,
            RefundReason::Returned => line.progress.returned_parts,
            RefundReason::Goodwill => Parts::default(),
        };
        for share in refunded.get(&line.placed.line_id).into_iter().flatten() {
            parts.take(share);
        }
        line.share_of(parts)
    };
    order.lines().filter_map(rest).collect()
}

fn refunded(payment: &Payment, reason: RefundReason) -> i64 {
    done(payment, reason).fold(0, |sum, refund| sum.saturating_add(refund.amount.minor))
}

fn done(payment: &Payment, reason: RefundReason) -> impl Iterator<Item = &RefundRequested> {
    let refunds = payment.refunds().iter();
    let done = refunds.filter(|refund| refund.attempt == Attempt::Done);
    done.map(|refund| &refund.requested)
        .filter(move |requested| requested.reason == reason)
}
