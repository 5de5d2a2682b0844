//! `POST /v1/payments/{id}/voids`: let go of money that is held.

use axum::extract::State;
use domain::payment::PaymentCommand;
use domain::value::{PaymentId, Text, VoidId};
use serde::Deserialize;

use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Place, Write};

/// Why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    reason: Option<Given<Text>>,
}

/// Voids a payment.
pub async fn void(
    State(api): State<Api>,
    Place(id): Place<PaymentId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let void_id = VoidId(write.derived_id(id.0));
    let mut faults = Faults::default();
    let reason = faults.take_optional("/reason", write.body.reason);
    let command = PaymentCommand::RequestVoid {
        void_id,
        reason: faults.finish(reason)?,
    };
    let receipt = api.commands()?.payment(id, command, write.context).await?;
    Ok(recorded(receipt, id).with("void_id", void_id))
}
