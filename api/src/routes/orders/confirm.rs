//! `POST /v1/orders/{id}/confirmations`: staff confirm an order; its stock is committed.

use axum::extract::State;
use commands::order::OrderingCommand;
use domain::value::OrderId;
use serde::Deserialize;

use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, MoneyBody, Object, Place, Write};

/// How much is authorized; what is due if not said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    authorized: Option<Object<MoneyBody>>,
}

/// Confirms an order.
pub async fn confirm(
    State(api): State<Api>,
    Place(id): Place<OrderId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let mut faults = Faults::default();
    let authorized = match write.body.authorized {
        None => Some(None),
        Some(Object(money)) => money.money("/authorized", &mut faults).map(Some),
    };
    let authorized = faults.finish(authorized)?;
    let command = OrderingCommand::Confirm { authorized };
    let receipt = api.commands()?.ordering(id, command, write.context).await?;
    Ok(recorded(receipt, id))
}
