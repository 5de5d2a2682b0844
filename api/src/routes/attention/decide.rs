//! `POST /v1/attention/{payment_id}/decisions`: a person has looked at it and says how it goes on.

use axum::extract::State;
use domain::payment::{AttentionDecision, PaymentCommand};
use domain::value::{PaymentId, Text};
use serde::Deserialize;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Place, Write};

/// `retry`: the shop tries again from scratch; `leave`: it was settled outside. And why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    decision: AttentionDecision,
    reason: Given<Text>,
}

/// Settles a case.
pub async fn decide(
    State(api): State<Api>,
    Place(id): Place<PaymentId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let mut faults = Faults::default();
    let reason = faults.take("/reason", write.body.reason);
    let command = PaymentCommand::SettleAttention {
        decision: write.body.decision,
        reason: faults.finish(reason)?,
    };
    let receipt = api.commands()?.payment(id, command, write.context).await?;
    Ok(Accepted::created_at(receipt, format!("/v1/payments/{id}")))
}
