//! Holding the money.

use super::{Decision, in_currency, positive, wrong_state};
use crate::payment::command::PaymentCommand;
use crate::payment::event::PaymentEvent;
use crate::payment::state::{Authorization, AuthorizationOutcome, Payment};
use crate::rejection::Rejection;
use crate::value::{AuthorizationId, Prose, Text};

pub(super) fn decide(payment: &Payment, command: PaymentCommand) -> Decision {
    match command {
        PaymentCommand::RequestAuthorization { auth_id } => request(payment, auth_id),
        PaymentCommand::RecordActionRequired {
            auth_id,
            gateway_ref,
            next_url,
        } => action_required(payment, auth_id, gateway_ref, next_url),
        PaymentCommand::RecordAuthorized {
            auth_id,
            amount,
            expires_at,
            gateway_ref,
        } => {
            let asked = asked(payment, auth_id)?;
            positive(amount)?;
            in_currency(payment, amount)?;
            // News of a hold is recorded even after a refusal or a void: money that is held must
            // be seen, to be let go of.
            let is_known = matches!(asked.outcome, AuthorizationOutcome::Authorized(_));
            let authorized = PaymentEvent::PaymentAuthorized {
                auth_id,
                amount,
                expires_at,
                gateway_ref,
            };
            Ok(unless(is_known, authorized))
        }
        PaymentCommand::RecordDeclined { auth_id, code } => {
            asked(payment, auth_id)?;
            let declined = PaymentEvent::PaymentDeclined { auth_id, code };
            Ok(unless(!payment.is_authorizing(), declined))
        }
        PaymentCommand::RecordAuthorizationUnknown { auth_id, detail } => {
            let asked = asked(payment, auth_id)?;
            let news = asked.outcome == AuthorizationOutcome::Open && payment.is_authorizing();
            let unknown = PaymentEvent::AuthorizationOutcomeUnknown { auth_id, detail };
            Ok(unless(!news, unknown))
        }
        _ => Ok(Vec::new()),
    }
}

fn request(payment: &Payment, auth_id: AuthorizationId) -> Decision {
    match payment.authorization() {
        Some(asked) if asked.auth_id == auth_id => Ok(Vec::new()),
        Some(_) => Err(wrong_state(
            payment,
            "authorize it a second time; another attempt is another payment",
        )),
        None if payment.is_voided() => Err(wrong_state(payment, "authorize it")),
        None => Ok(vec![PaymentEvent::AuthorizationRequested { auth_id }]),
    }
}

fn action_required(
    payment: &Payment,
    auth_id: AuthorizationId,
    gateway_ref: Option<Text>,
    next_url: Option<Prose>,
) -> Decision {
    let asked = asked(payment, auth_id)?;
    let adds_nothing = match &asked.outcome {
        AuthorizationOutcome::Open | AuthorizationOutcome::Unknown => false,
        AuthorizationOutcome::ActionRequired {
            next_url: known, ..
        } => known.is_some() || next_url.is_none(),
        AuthorizationOutcome::Authorized(_) | AuthorizationOutcome::Declined { .. } => true,
    };
    let required = PaymentEvent::PaymentActionRequired {
        auth_id,
        gateway_ref,
        next_url,
    };
    Ok(unless(adds_nothing || payment.is_voided(), required))
}

fn asked(payment: &Payment, auth_id: AuthorizationId) -> Result<&Authorization, Rejection> {
    let asked = payment.authorization();
    asked
        .filter(|asked| asked.auth_id == auth_id)
        .ok_or_else(|| {
            let id = payment.id().unwrap_or_default();
            Rejection::not_found(format!("payment {id} has no authorization {auth_id}"))
        })
}

fn unless(is_known: bool, event: PaymentEvent) -> Vec<PaymentEvent> {
    if is_known { Vec::new() } else { vec![event] }
}
