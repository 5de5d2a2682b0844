//! Taking money and giving it back: two directions of one thing, a movement.

use super::{Decision, contradiction, in_currency, nothing_open, positive, wrong_state};
use crate::payment::command::PaymentCommand;
use crate::payment::event::{PaymentEvent, RefundRequested};
use crate::payment::state::{Attempt, Payment};
use crate::rejection::{FieldError, Rejection, RejectionCode};
use crate::value::{CaptureId, Money, RefundId, Text};

pub(super) fn decide(payment: &Payment, command: PaymentCommand) -> Decision {
    match command {
        PaymentCommand::RequestCapture { capture_id, amount } => {
            request_capture(payment, capture_id, amount)
        }
        PaymentCommand::RequestRefund(requested) => request_refund(payment, requested),
        PaymentCommand::RecordCaptured {
            capture_id,
            amount,
            gateway_ref,
        } => {
            let captured = PaymentEvent::PaymentCaptured {
                capture_id,
                amount,
                gateway_ref,
            };
            capture(payment, capture_id)?.done(payment, amount, captured)
        }
        PaymentCommand::RecordCaptureFailed {
            capture_id,
            definite,
            code,
        } => {
            let failed = PaymentEvent::CaptureFailed {
                capture_id,
                definite,
                code,
            };
            capture(payment, capture_id)?.failed(definite, failed)
        }
        PaymentCommand::RecordCaptureUnknown { capture_id, detail } => {
            let unknown = PaymentEvent::CaptureOutcomeUnknown { capture_id, detail };
            Ok(capture(payment, capture_id)?.unknown(unknown))
        }
        PaymentCommand::RecordRefunded {
            refund_id,
            amount,
            gateway_ref,
        } => refunded(payment, refund_id, amount, gateway_ref),
        PaymentCommand::RecordRefundFailed {
            refund_id,
            definite,
            code,
        } => {
            let failed = PaymentEvent::RefundFailed {
                refund_id,
                definite,
                code,
            };
            refund(payment, refund_id)?.failed(definite, failed)
        }
        PaymentCommand::RecordRefundUnknown { refund_id, detail } => {
            let unknown = PaymentEvent::RefundOutcomeUnknown { refund_id, detail };
            Ok(refund(payment, refund_id)?.unknown(unknown))
        }
        _ => Ok(Vec::new()),
    }
}

fn request_capture(payment: &Payment, capture_id: CaptureId, amount: Money) -> Decision {
    if let Some(known) = payment.capture(capture_id) {
        let is_same = known.amount == amount;
        return asked_again(
            payment,
            &format!("capture {capture_id}"),
            is_same,
            known.attempt,
        );
    }
    positive(amount)?;
    in_currency(payment, amount)?;
    let Some(authorized) = payment.authorized().filter(|_| !payment.is_voided()) else {
        return Err(wrong_state(payment, "capture it; nothing is held"));
    };
    nothing_open(payment, "capture it")?;
    let left = authorized
        .amount
        .minor
        .saturating_sub(payment.captured_minor());
    if amount.minor > left {
        let left = Money::new(left, amount.currency);
        let detail = format!("{amount} is to be captured and {left} is left of what is held");
        let field = FieldError::new("/amount/minor", "capture-exceeds-authorized", detail);
        return Err(Rejection::of_fields(
            RejectionCode::PaymentState,
            vec![field],
        ));
    }
    Ok(vec![PaymentEvent::CaptureRequested { capture_id, amount }])
}

fn request_refund(payment: &Payment, wanted: RefundRequested) -> Decision {
    let refund_id = wanted.refund_id;
    if let Some(known) = payment.refund(refund_id) {
        let is_same = known.requested == wanted;
        return asked_again(
            payment,
            &format!("refund {refund_id}"),
            is_same,
            known.attempt,
        );
    }
    positive(wanted.amount)?;
    in_currency(payment, wanted.amount)?;
    let left = payment
        .captured_minor()
        .saturating_sub(payment.refunded_minor());
    if wanted.amount.minor > left {
        let left = Money::new(left, wanted.amount.currency);
        let code = RejectionCode::RefundExceedsCaptured;
        let detail = format!(
            "{} is to be refunded and {left} is left of what was captured; refund at most that",
            wanted.amount
        );
        let field = FieldError::new("/amount/minor", code.as_str(), detail);
        return Err(Rejection::of_fields(code, vec![field]));
    }
    nothing_open(payment, "refund it")?;
    Ok(vec![PaymentEvent::RefundRequested(wanted)])
}

/// A request of an id that there is: the same request is no news, another one is a mistake, and
/// one that has failed for good is over.
fn asked_again(payment: &Payment, name: &str, is_same: bool, attempt: Attempt) -> Decision {
    if !is_same {
        let detail = format!("{name} was requested with other terms; take a new id");
        return Err(Rejection::invalid("/id", "exists-already", detail));
    }
    if attempt == Attempt::Failed {
        let what = format!("request {name} again, it has failed for good; take a new id");
        return Err(wrong_state(payment, &what));
    }
    Ok(Vec::new())
}

fn refunded(
    payment: &Payment,
    refund_id: RefundId,
    amount: Money,
    gateway_ref: Option<Text>,
) -> Decision {
    let movement = refund(payment, refund_id)?;
    let Some(known) = payment.refund(refund_id) else {
        return Ok(Vec::new());
    };
    let refunded = PaymentEvent::PaymentRefunded {
        refund_id,
        amount,
        reason: known.requested.reason,
        lines: known.requested.lines.clone(),
        gateway_ref,
    };
    movement.done(payment, amount, refunded)
}

/// A movement of money that was requested.
struct Movement {
    name: String,
    amount: Money,
    attempt: Attempt,
}

fn capture(payment: &Payment, id: CaptureId) -> Result<Movement, Rejection> {
    let known = payment.capture(id).map(|c| (c.amount, c.attempt));
    movement(payment, format!("capture {id}"), known)
}

fn refund(payment: &Payment, id: RefundId) -> Result<Movement, Rejection> {
    let known = payment.refund(id);
    let known = known.map(|refund| (refund.requested.amount, refund.attempt));
    movement(payment, format!("refund {id}"), known)
}

fn movement(
    payment: &Payment,
    name: String,
    known: Option<(Money, Attempt)>,
) -> Result<Movement, Rejection> {
    match known {
        Some((amount, attempt)) => Ok(Movement {
            name,
            amount,
            attempt,
        }),
        None => {
            let id = payment.id().unwrap_or_default();
            Err(Rejection::not_found(format!("payment {id} has no {name}")))
        }
    }
}

impl Movement {
    fn done(self, payment: &Payment, amount: Money, event: PaymentEvent) -> Decision {
        in_currency(payment, amount)?;
        let Self {
            name,
            amount: wanted,
            attempt,
        } = self;
        if amount != wanted {
            return Err(contradiction(format!(
                "{name} was requested of {wanted}, and {amount} is said to have moved"
            )));
        }
        match attempt {
            Attempt::Done => Ok(Vec::new()),
            Attempt::Failed => Err(contradiction(format!(
                "{name} has failed for good, and now it is said to be done"
            ))),
            Attempt::Open | Attempt::Failing | Attempt::Unknown => Ok(vec![event]),
        }
    }

    fn failed(self, definite: bool, event: PaymentEvent) -> Decision {
        match self.attempt {
            Attempt::Open => Ok(vec![event]),
            Attempt::Failing | Attempt::Unknown if definite => Ok(vec![event]),
            Attempt::Done if definite => {
                let name = self.name;
                Err(contradiction(format!(
                    "{name} was done, and now it is said to have failed"
                )))
            }
            _ => Ok(Vec::new()),
        }
    }

    fn unknown(self, event: PaymentEvent) -> Vec<PaymentEvent> {
        match self.attempt {
            Attempt::Open | Attempt::Failing => vec![event],
            Attempt::Unknown | Attempt::Done | Attempt::Failed => Vec::new(),
        }
    }
}
