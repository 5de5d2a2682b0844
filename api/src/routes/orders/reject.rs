//! `POST /v1/orders/{id}/rejections`: an order cannot be had; its stock is released.

use axum::extract::State;
use commands::order::OrderingCommand;
use domain::order::RejectReason;
use domain::value::OrderId;
use serde::Deserialize;

use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Place, Write};

/// Why: `out_of_stock`, `payment_declined` or `timeout`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    reason: RejectReason,
}

/// Rejects an order.
pub async fn reject(
    State(api): State<Api>,
    Place(id): Place<OrderId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let reason = write.body.reason;
    let command = OrderingCommand::Reject { reason };
    let receipt = api.commands()?.ordering(id, command, write.context).await?;
    Ok(recorded(receipt, id))
}
