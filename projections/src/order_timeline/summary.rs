//! What an event says, in a few words for a person. Nothing that a person has typed: it may be personal.

use domain::Event;
use domain::order::{LineShare, OrderEvent, OrderPlaced, Paid, RejectReason, ReturnLine};
use domain::payment::{AttentionDecision, PaymentEvent, RefundReason};

/// What an event says beyond its type.
pub(super) fn summary(event: &Event) -> Option<String> {
    match event {
        Event::Order(event) => of_order(event),
        Event::Payment(event) => of_payment(event),
        Event::Product(_)
        | Event::Stock(_)
        | Event::Account(_)
        | Event::Client(_)
        | Event::Owners(_)
        | Event::Security(_) => None,
    }
}

fn of_order(event: &OrderEvent) -> Option<String> {
    Some(match event {
        OrderEvent::OrderPlaced(placed) => of_placed(placed),
        OrderEvent::OrderConfirmed { authorized, .. } => format!("{authorized} authorized"),
        OrderEvent::OrderDeadlineExtended { deadline } => format!("until {deadline}"),
        OrderEvent::OrderRejected { reason } => match reason {
            RejectReason::OutOfStock => "out of stock",
            RejectReason::PaymentDeclined => "payment declined",
            RejectReason::Timeout => "not confirmed in time",
        }
        .to_owned(),
        OrderEvent::OrderLinesCancelled { lines, .. }
        | OrderEvent::OrderShipped { lines, .. }
        | OrderEvent::ReturnReceived { lines, .. } => units(lines),
        OrderEvent::ReturnRequested { lines, .. } => announced(lines),
        OrderEvent::OrderCancelled { .. }
        | OrderEvent::ShipmentDelivered { .. }
        | OrderEvent::ReturnDeclined { .. }
        | OrderEvent::OrderCompleted {}
        | OrderEvent::OrderNoteAdded { .. } => return None,
    })
}

fn of_placed(placed: &OrderPlaced) -> String {
    let totals = placed.totals();
    let total = domain::value::Money::new(totals.total, placed.currency);
    let goods = counted(totals.units, placed.lines.len());
    match (placed.paid, &placed.payment) {
        (Some(Paid::External), _) => format!("{goods} for {total}, paid outside"),
        (None, Some(choice)) => format!("{goods} for {total}, to be paid by {}", choice.gateway),
        (None, None) => format!("{goods} for {total}"),
    }
}

fn of_payment(event: &PaymentEvent) -> Option<String> {
    Some(match event {
        PaymentEvent::PaymentRequested(requested) => {
            format!("{} by {}", requested.amount, requested.gateway)
        }
        PaymentEvent::PaymentAuthorized { amount, .. }
        | PaymentEvent::CaptureRequested { amount, .. }
        | PaymentEvent::PaymentCaptured { amount, .. } => amount.to_string(),
        PaymentEvent::PaymentDeclined { code, .. } => code.to_string(),
        PaymentEvent::CaptureFailed { definite, code, .. }
        | PaymentEvent::VoidFailed { definite, code, .. }
        | PaymentEvent::RefundFailed { definite, code, .. } => {
            format!(
                "{code}, {}",
                if *definite { "for good" } else { "asked again" }
            )
        }
        PaymentEvent::AuthorizationOutcomeUnknown { detail, .. }
        | PaymentEvent::CaptureOutcomeUnknown { detail, .. }
        | PaymentEvent::RefundOutcomeUnknown { detail, .. } => detail.to_string(),
        PaymentEvent::RefundRequested(requested) => {
            format!(
                "{}, {}",
                requested.amount,
                refunded(requested.reason, &requested.lines)
            )
        }
        PaymentEvent::PaymentRefunded {
            amount,
            reason,
            lines,
            ..
        } => format!("{amount}, {}", refunded(*reason, lines)),
        PaymentEvent::PaymentAttentionRaised { what, tried } => format!("{what}; tried: {tried}"),
        PaymentEvent::PaymentAttentionSettled { decision, .. } => match decision {
            AttentionDecision::Retry => "to be tried again",
            AttentionDecision::Leave => "settled outside",
        }
        .to_owned(),
        PaymentEvent::AuthorizationRequested { .. }
        | PaymentEvent::PaymentActionRequired { .. }
        | PaymentEvent::VoidRequested { .. }
        | PaymentEvent::PaymentVoided { .. } => return None,
    })
}

fn refunded(reason: RefundReason, lines: &[LineShare]) -> String {
    let reason = match reason {
        RefundReason::Cancelled => "cancelled",
        RefundReason::Returned => "returned",
        RefundReason::Goodwill => "goodwill",
    };
    if lines.is_empty() {
        return reason.to_owned();
    }
    format!("{reason}: {}", units(lines))
}

fn units(lines: &[LineShare]) -> String {
    counted(
        lines.iter().map(|share| share.quantity.units()).sum(),
        lines.len(),
    )
}

fn announced(lines: &[ReturnLine]) -> String {
    counted(
        lines.iter().map(|line| line.quantity.units()).sum(),
        lines.len(),
    )
}

fn counted(units: u64, skus: usize) -> String {
    let plural = |count| if count == 1 { "" } else { "s" };
    let of = u64::try_from(skus).unwrap_or(u64::MAX);
    format!("{units} unit{} of {skus} SKU{}", plural(units), plural(of))
}
