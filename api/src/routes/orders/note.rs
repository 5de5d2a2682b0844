//! `POST /v1/orders/{id}/notes`: something is said about an order.

use axum::extract::State;
use domain::order::OrderCommand;
use domain::value::{OrderId, Prose};
use serde::Deserialize;

use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Place, Write};

/// What is said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    note: Given<Prose>,
}

/// Adds a note to an order.
pub async fn note(
    State(api): State<Api>,
    Place(id): Place<OrderId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let mut faults = Faults::default();
    let note = faults.take("/note", write.body.note);
    let command = OrderCommand::AddNote {
        note: faults.finish(note)?,
    };
    let receipt = api.commands()?.order(id, command, write.context).await?;
    Ok(recorded(receipt, id))
}
