//! What a payment answers to a command.
//!
//! Outcomes are told by several mouths, late and more than once. Whatever is known already is
//! answered by an empty list; only what contradicts a settled movement of money is refused, for a
//! person to look at.

mod attention;
mod authorization;
mod movement;
mod void;

use std::sync::Arc;

use super::command::PaymentCommand;
use super::event::{PaymentEvent, PaymentRequested};
use super::state::{OpenRequest, Payment};
use crate::rejection::{FieldError, Rejection, RejectionCode};
use crate::value::Money;

type Decision = Result<Vec<PaymentEvent>, Rejection>;

/// Decides `command` against `payment`. What time it is does not matter to a payment: how long
/// the gateway holds money is the gateway's to judge.
pub fn decide(payment: &Payment, command: PaymentCommand) -> Decision {
    let requested = match (command, payment.requested()) {
        (PaymentCommand::RequestPayment(wanted), None) => return request(wanted),
        (PaymentCommand::RequestPayment(wanted), Some(known)) => return repeated(&wanted, known),
        (_, None) => return Err(Rejection::not_found("there is no such payment")),
        (command, Some(_)) => command,
    };
    match requested {
        PaymentCommand::RequestPayment(_) => Ok(Vec::new()),
        PaymentCommand::RequestAuthorization { .. }
        | PaymentCommand::RecordActionRequired { .. }
        | PaymentCommand::RecordAuthorized { .. }
        | PaymentCommand::RecordDeclined { .. }
        | PaymentCommand::RecordAuthorizationUnknown { .. } => {
            authorization::decide(payment, requested)
        }
        PaymentCommand::RequestVoid { .. }
        | PaymentCommand::RecordVoided { .. }
        | PaymentCommand::RecordVoidFailed { .. } => void::decide(payment, requested),
        PaymentCommand::RequestCapture { .. }
        | PaymentCommand::RecordCaptured { .. }
        | PaymentCommand::RecordCaptureFailed { .. }
        | PaymentCommand::RecordCaptureUnknown { .. }
        | PaymentCommand::RequestRefund(_)
        | PaymentCommand::RecordRefunded { .. }
        | PaymentCommand::RecordRefundFailed { .. }
        | PaymentCommand::RecordRefundUnknown { .. } => movement::decide(payment, requested),
        PaymentCommand::RaiseAttention { what, tried } => {
            Ok(attention::raise(payment, what, tried))
        }
        PaymentCommand::SettleAttention { decision, reason } => {
            attention::settle(payment, decision, reason)
        }
    }
}

fn request(wanted: Arc<PaymentRequested>) -> Decision {
    positive(wanted.amount)?;
    Ok(vec![PaymentEvent::PaymentRequested(wanted)])
}

fn repeated(wanted: &PaymentRequested, known: &PaymentRequested) -> Decision {
    if wanted == known {
        return Ok(Vec::new());
    }
    let detail = format!(
        "payment {} was requested already, of {} for order {}; take a new id",
        known.payment_id, known.amount, known.order_id
    );
    Err(Rejection::new(RejectionCode::PaymentState, detail))
}

fn positive(amount: Money) -> Result<(), Rejection> {
    if amount.minor > 0 {
        return Ok(());
    }
    let detail = format!("the amount is {amount}; it is at least one minor unit");
    Err(Rejection::invalid("/amount/minor", "out-of-range", detail))
}

/// Whether `amount` is in the one currency of the payment.
fn in_currency(payment: &Payment, amount: Money) -> Result<(), Rejection> {
    let Some(requested) = payment
        .requested()
        .filter(|requested| requested.amount.currency != amount.currency)
    else {
        return Ok(());
    };
    let code = RejectionCode::CurrencyMismatch;
    let detail = format!(
        "the payment is in {}, not in {}",
        requested.amount.currency, amount.currency
    );
    let field = FieldError::new("/amount/currency", code.as_str(), detail);
    Err(Rejection::of_fields(code, vec![field]))
}

/// Captures, voids and refunds go one at a time: what is open may yet change what is possible.
fn nothing_open(payment: &Payment, what: &str) -> Result<(), Rejection> {
    let Some((open, _)) = payment.open_operation() else {
        return Ok(());
    };
    let open = match open {
        OpenRequest::Authorization(id) => format!("authorization {id}"),
        OpenRequest::Capture(id) => format!("capture {id}"),
        OpenRequest::Void(id) => format!("void {id}"),
        OpenRequest::Refund(id) => format!("refund {id}"),
    };
    let what = format!("{what} while {open} is open; ask again when it is settled");
    Err(wrong_state(payment, &what))
}

fn wrong_state(payment: &Payment, what: &str) -> Rejection {
    let id = payment.id().unwrap_or_default();
    let status = payment.status().map_or("unknown", |status| status.as_str());
    let detail = format!("payment {id} is {status}; you cannot {what}");
    Rejection::new(RejectionCode::PaymentState, detail)
}

/// A settled movement of money is told of otherwise.
fn contradiction(detail: String) -> Rejection {
    Rejection::new(RejectionCode::PaymentState, detail)
}
