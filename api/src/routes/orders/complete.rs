//! `POST /v1/orders/{id}/completions`: nothing is left to do.

use axum::extract::State;
use domain::order::OrderCommand;
use domain::value::OrderId;

use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Nothing, Place, Write};

/// Completes an order.
pub async fn complete(
    State(api): State<Api>,
    Place(id): Place<OrderId>,
    write: Write<Nothing>,
) -> Result<Accepted, Problem> {
    let command = OrderCommand::CompleteOrder;
    let receipt = api.commands()?.order(id, command, write.context).await?;
    Ok(recorded(receipt, id))
}
