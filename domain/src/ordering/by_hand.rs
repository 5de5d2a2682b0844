//! What a person does with a payment by hand: take money that is held, give money back.
//!
//! A payment does not know what its order is owed or owes, so both are looked at: nothing is taken
//! before the order is confirmed or beyond what is due for it, and what is given back because
//! units came back or were cancelled is at most what they carried and was not given back yet.

use super::OrderingOutcome;
use super::settle::{cancelled_lines, owed, payable, unrefunded};
use crate::order::{Line, LineQuantity, LineShare, Order, OrderStatus, Parts, wanted_lines};
use crate::payment::{self, Payment, PaymentCommand, PaymentEvent, RefundReason, RefundRequested};
use crate::rejection::{FieldError, Rejection, RejectionCode};
use crate::value::{CaptureId, Money, Quantity, RefundId, Text, share_of_units};

/// Money that a person wants to give back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundWish {
    /// The new refund.
    pub refund_id: RefundId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// For which units; none if it is for no units in particular.
    pub lines: Vec<LineQuantity>,
    /// What whoever asks for it has to say.
    pub note: Option<Text>,
}

/// Requests a capture of `amount`, or of all that is held and due.
pub fn capture_by_hand(
    order: &Order,
    payment: &Payment,
    capture_id: CaptureId,
    amount: Option<Money>,
) -> Result<OrderingOutcome, Rejection> {
    let Some(due) = due_of(order, payment)? else {
        let status = order.status().map_or("unknown", OrderStatus::as_str);
        let detail = format!("its order is {status}; capture when it is confirmed");
        return Err(Rejection::new(RejectionCode::PaymentState, detail));
    };
    let is_known = payment
        .captures()
        .iter()
        .any(|c| c.capture_id == capture_id);
    if is_known && amount.is_none() {
        return Ok(OrderingOutcome::default());
    }
    let amount = amount.unwrap_or(due);
    let events = payment::decide(
        payment,
        PaymentCommand::RequestCapture { capture_id, amount },
    )?;
    if !events.is_empty() && amount.minor > due.minor {
        let detail = format!("{amount} is to be captured and {due} is due; capture at most that");
        let field = FieldError::new("/amount/minor", "capture-exceeds-due", detail);
        return Err(Rejection::of_fields(
            RejectionCode::PaymentState,
            vec![field],
        ));
    }
    outcome(payment, events)
}

/// Requests a refund.
pub fn refund_by_hand(
    order: &Order,
    payment: &Payment,
    wish: RefundWish,
) -> Result<OrderingOutcome, Rejection> {
    if payment.requested().is_none() {
        return Err(no_such_payment());
    }
    let (amount, reason) = (wish.amount, wish.reason);
    let lines = if wish.lines.is_empty() {
        all_lines(order, payment, reason, amount)
    } else {
        shares(order, payment, reason, &wish.lines)?
    };
    let carried = lines.iter().fold(0_i64, |sum, share| {
        sum.saturating_add(share.net).saturating_add(share.tax)
    });
    let is_of_units = !wish.lines.is_empty();
    let command = PaymentCommand::RequestRefund(RefundRequested {
        refund_id: wish.refund_id,
        amount,
        reason,
        lines,
        note: wish.note,
    });
    let events = payment::decide(payment, command)?;
    if let Some(owed) = owed(order, payment, reason).filter(|_| !events.is_empty()) {
        let most = if is_of_units { owed.min(carried) } else { owed };
        at_most(amount, most, reason)?;
    }
    outcome(payment, events)
}

/// What is held, due and not taken yet; nothing if the order is owed nothing now.
fn due_of(order: &Order, payment: &Payment) -> Result<Option<Money>, Rejection> {
    let Some(requested) = payment.requested() else {
        return Err(no_such_payment());
    };
    let is_owed = matches!(
        order.status(),
        Some(OrderStatus::Confirmed | OrderStatus::Completed)
    );
    if !is_owed {
        return Ok(None);
    }
    let held = payment
        .authorized()
        .map_or(i64::MAX, |held| held.amount.minor);
    let left = payable(order)
        .min(held)
        .saturating_sub(payment.captured_minor());
    Ok(Some(Money::new(left, requested.amount.currency)))
}

/// The units that are meant when none are named: all that the reason is about, if it is for them all.
fn all_lines(
    order: &Order,
    payment: &Payment,
    reason: RefundReason,
    amount: Money,
) -> Vec<LineShare> {
    match reason {
        _ if owed(order, payment, reason) != Some(amount.minor) => Vec::new(),
        RefundReason::Cancelled => cancelled_lines(order, payment, amount.minor),
        RefundReason::Returned => unrefunded(order, payment, reason),
        RefundReason::Goodwill => Vec::new(),
    }
}

/// The named units with what they carry: of what was cancelled or came back and was not refunded
/// yet; out of kindness, of the line as it was placed.
fn shares(
    order: &Order,
    payment: &Payment,
    reason: RefundReason,
    lines: &[LineQuantity],
) -> Result<Vec<LineShare>, Rejection> {
    let left: Vec<LineShare> = match reason {
        RefundReason::Goodwill => order.lines().filter_map(|line| whole(&line)).collect(),
        RefundReason::Cancelled | RefundReason::Returned => unrefunded(order, payment, reason),
    };
    let left_of = |line: &Line<'_>| left.iter().find(|l| l.line_id == line.placed.line_id);
    let wanted = wanted_lines(order, lines, |line| {
        left_of(line).map_or(0, |left| left.quantity.get())
    })?;
    let share = |(line, quantity): (Line<'_>, Quantity)| Some(part_of(left_of(&line)?, quantity));
    Ok(wanted.into_iter().filter_map(share).collect())
}

/// A line as it was placed.
fn whole(line: &Line<'_>) -> Option<LineShare> {
    let placed = line.placed;
    line.share_of(Parts {
        units: placed.quantity.get(),
        discount: placed.discount,
        net: placed.net,
        tax: placed.tax,
    })
}

/// What the first `quantity` units of `left` carry.
fn part_of(left: &LineShare, quantity: Quantity) -> LineShare {
    let share = |whole| share_of_units(whole, left.quantity.units(), 0, quantity.units());
    let (discount, net) = (share(left.discount), share(left.net));
    LineShare {
        quantity,
        gross: net.saturating_add(discount),
        discount,
        net,
        tax: share(left.tax),
        ..left.clone()
    }
}

fn at_most(amount: Money, most: i64, reason: RefundReason) -> Result<(), Rejection> {
    if amount.minor <= most {
        return Ok(());
    }
    let (code, what) = match reason {
        RefundReason::Cancelled => ("exceeds-cancelled", "was cancelled"),
        RefundReason::Returned => ("exceeds-returned", "came back"),
        RefundReason::Goodwill => return Ok(()),
    };
    let most = Money::new(most.max(0), amount.currency);
    let detail = format!(
        "{amount} is to be refunded and {most} is left to refund for what {what}; refund at most that, or out of goodwill"
    );
    Err(Rejection::invalid("/amount/minor", code, detail))
}

fn outcome(payment: &Payment, events: Vec<PaymentEvent>) -> Result<OrderingOutcome, Rejection> {
    let id = payment.id().ok_or_else(no_such_payment)?;
    let mut outcome = OrderingOutcome::default();
    outcome.add_payment(id, events);
    Ok(outcome)
}

fn no_such_payment() -> Rejection {
    Rejection::not_found("there is no such payment")
}
