//! Letting go of what is held, while nothing was taken.

use super::{Decision, contradiction, nothing_open, wrong_state};
use crate::payment::command::PaymentCommand;
use crate::payment::event::PaymentEvent;
use crate::payment::state::{Attempt, AuthorizationOutcome, OpenRequest, Payment, Void};
use crate::rejection::Rejection;
use crate::value::{Text, VoidId};

pub(super) fn decide(payment: &Payment, command: PaymentCommand) -> Decision {
    match command {
        PaymentCommand::RequestVoid { void_id, reason } => request(payment, void_id, reason),
        PaymentCommand::RecordVoided {
            void_id: Some(void_id),
        } => voided(payment, void_id),
        PaymentCommand::RecordVoided { void_id: None } => voided_by_gateway(payment),
        PaymentCommand::RecordVoidFailed {
            void_id,
            definite,
            code,
        } => failed(payment, void_id, definite, code),
        _ => Ok(Vec::new()),
    }
}

fn request(payment: &Payment, void_id: VoidId, reason: Option<Text>) -> Decision {
    if payment.is_voided() {
        return Ok(Vec::new());
    }
    match payment.void(void_id).map(|void| void.attempt) {
        Some(Attempt::Failed) => {
            let what = format!("void it as {void_id}, which has failed for good; take a new id");
            return Err(wrong_state(payment, &what));
        }
        Some(_) => return Ok(Vec::new()),
        None => {}
    }
    nothing_open(payment, "void it")?;
    if payment.captured_minor() > 0 {
        return Err(wrong_state(payment, "void it; refund it instead"));
    }
    let requested = PaymentEvent::VoidRequested { void_id, reason };
    match payment.authorization().map(|asked| &asked.outcome) {
        Some(AuthorizationOutcome::Declined { .. }) => {
            Err(wrong_state(payment, "void it; nothing is held"))
        }
        // The gateway was never asked for anything.
        None => {
            let void_id = Some(void_id);
            Ok(vec![requested, PaymentEvent::PaymentVoided { void_id }])
        }
        Some(_) => Ok(vec![requested]),
    }
}

fn voided(payment: &Payment, void_id: VoidId) -> Decision {
    let void = asked(payment, void_id)?;
    match void.attempt {
        _ if payment.is_voided() => Ok(Vec::new()),
        Attempt::Failed => Err(contradiction(format!(
            "void {void_id} has failed for good, and now it is said to be done"
        ))),
        _ => Ok(vec![PaymentEvent::PaymentVoided {
            void_id: Some(void_id),
        }]),
    }
}

/// The hold has lapsed, or someone ended it at the gateway. What is left over after a capture is
/// no matter of ours.
fn voided_by_gateway(payment: &Payment) -> Decision {
    let holds = payment.authorized().is_some() || payment.is_authorizing();
    if payment.is_voided() || payment.captured_minor() > 0 || !holds {
        return Ok(Vec::new());
    }
    match payment.open_operation() {
        None | Some((OpenRequest::Void(_), _)) => {
            Ok(vec![PaymentEvent::PaymentVoided { void_id: None }])
        }
        Some(_) => nothing_open(payment, "void it").map(|()| Vec::new()),
    }
}

fn failed(payment: &Payment, void_id: VoidId, definite: bool, code: Text) -> Decision {
    let void = asked(payment, void_id)?;
    let is_news = match void.attempt {
        Attempt::Open => true,
        Attempt::Failing | Attempt::Unknown => definite,
        Attempt::Failed => false,
        Attempt::Done if definite => {
            return Err(contradiction(format!(
                "void {void_id} was done, and now it is said to have failed"
            )));
        }
        Attempt::Done => false,
    };
    let failed = PaymentEvent::VoidFailed {
        void_id,
        definite,
        code,
    };
    Ok(if is_news { vec![failed] } else { Vec::new() })
}

fn asked(payment: &Payment, void_id: VoidId) -> Result<&Void, Rejection> {
    payment.void(void_id).ok_or_else(|| {
        let id = payment.id().unwrap_or_default();
        Rejection::not_found(format!("payment {id} has no void {void_id}"))
    })
}
