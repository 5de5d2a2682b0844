//! `POST /v1/orders/{id}/returns/{return_id}/declines`: units may not come back, or did not.

use axum::extract::State;
use domain::order::OrderCommand;
use domain::value::{OrderId, ReturnId, Text};
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

/// Declines a return.
pub async fn decline(
    State(api): State<Api>,
    Place((id, return_id)): Place<(OrderId, ReturnId)>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let mut faults = Faults::default();
    let reason = faults.take_optional("/reason", write.body.reason);
    let command = OrderCommand::DeclineReturn {
        return_id,
        reason: faults.finish(reason)?,
    };
    let receipt = api.commands()?.order(id, command, write.context).await?;
    Ok(recorded(receipt, id, return_id))
}
