//! `POST /v1/orders/{id}/returns`: units are announced to come back.

use axum::extract::State;
use domain::order::OrderCommand;
use domain::value::{OrderId, ReturnId, Text};
use serde::Deserialize;

use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Object, Place, Write};
use crate::routes::orders::{LineBody, quantities};

/// What comes back, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    return_id: Option<Given<ReturnId>>,
    lines: Vec<Object<LineBody>>,
    reason: Option<Given<Text>>,
}

/// Announces a return.
pub async fn request(
    State(api): State<Api>,
    Place(id): Place<OrderId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let new = ReturnId(write.derived_id(id.0));
    let (return_id, command) = write.body.command(new)?;
    let receipt = api.commands()?.order(id, command, write.context).await?;
    Ok(recorded(receipt, id, return_id))
}

impl Body {
    fn command(self, new: ReturnId) -> Result<(ReturnId, OrderCommand), Problem> {
        let mut faults = Faults::default();
        let return_id = faults.take_optional("/return_id", self.return_id);
        let lines = quantities(self.lines, &mut faults);
        let reason = faults.take_optional("/reason", self.reason);
        let build = || {
            let return_id = return_id?.unwrap_or(new);
            let command = OrderCommand::RequestReturn {
                return_id,
                lines: lines?,
                reason: reason?,
            };
            Some((return_id, command))
        };
        faults.finish(build())
    }
}
