//! What a person has to look at, and what they decide.

use super::{Decision, wrong_state};
use crate::payment::{AttentionDecision, Payment, PaymentEvent};
use crate::value::Text;

/// The same trouble is told of once, until somebody has looked at it.
pub(super) fn raise(payment: &Payment, what: Text, tried: Text) -> Vec<PaymentEvent> {
    let is_known = payment.attention().is_some_and(|open| open.what == what);
    if is_known || payment.is_left() {
        return Vec::new();
    }
    vec![PaymentEvent::PaymentAttentionRaised { what, tried }]
}

pub(super) fn settle(payment: &Payment, decision: AttentionDecision, reason: Text) -> Decision {
    if payment.attention().is_none() {
        return Err(wrong_state(payment, "settle what nobody was asked about"));
    }
    Ok(vec![PaymentEvent::PaymentAttentionSettled {
        decision,
        reason,
    }])
}
