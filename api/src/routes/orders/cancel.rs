//! `POST /v1/orders/{id}/cancellations`: units that have not left will not; without `lines` all of them.

use axum::extract::State;
use commands::order::OrderingCommand;
use domain::value::{OrderId, Text};
use serde::Deserialize;

use super::lines::{LineBody, quantities};
use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Object, Place, Write};

/// What is cancelled, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    lines: Option<Vec<Object<LineBody>>>,
    reason: Option<Given<Text>>,
}

/// Cancels an order or some of its lines.
pub async fn cancel(
    State(api): State<Api>,
    Place(id): Place<OrderId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let command = write.body.command()?;
    let receipt = api.commands()?.ordering(id, command, write.context).await?;
    Ok(recorded(receipt, id))
}

impl Body {
    fn command(self) -> Result<OrderingCommand, Problem> {
        let mut faults = Faults::default();
        let reason = faults.take_optional("/reason", self.reason);
        let command = match self.lines {
            None => reason.map(|reason| OrderingCommand::Cancel { reason }),
            Some(lines) => quantities(lines, &mut faults)
                .zip(reason)
                .map(|(lines, reason)| OrderingCommand::CancelLines { lines, reason }),
        };
        faults.finish(command)
    }
}
