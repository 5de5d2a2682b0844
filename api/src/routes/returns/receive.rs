//! `POST /v1/orders/{id}/returns/{return_id}/receipt`: units came back; without `lines` all that were announced, fit to be
//! sold again.

use axum::extract::State;
use commands::order::OrderingCommand;
use domain::ordering::{ReceiveReturn, ReceivedLine};
use domain::stock::Condition;
use domain::value::{OrderId, Quantity, ReturnId, Sku, Text};
use serde::Deserialize;

use super::recorded;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Object, Place, Write};

/// What came.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    #[serde(default)]
    lines: Vec<Object<LineBody>>,
}

/// Units of a line that came, in one condition. A line may be named twice, in two conditions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineBody {
    sku: Given<Sku>,
    quantity: Given<Quantity>,
    #[serde(default)]
    condition: ConditionBody,
    /// What is wrong with damaged units.
    reason: Option<Given<Text>>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ConditionBody {
    #[default]
    Saleable,
    Damaged,
}

/// Receives a return.
pub async fn receive(
    State(api): State<Api>,
    Place((id, return_id)): Place<(OrderId, ReturnId)>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let command = OrderingCommand::ReceiveReturn(ReceiveReturn {
        return_id,
        lines: write.body.received()?,
    });
    let receipt = api.commands()?.ordering(id, command, write.context).await?;
    Ok(recorded(receipt, id, return_id))
}

impl Body {
    fn received(self) -> Result<Vec<ReceivedLine>, Problem> {
        let mut faults = Faults::default();
        let lines: Vec<_> = self
            .lines
            .into_iter()
            .enumerate()
            .map(|(at, Object(line))| line.received(&format!("/lines/{at}"), &mut faults))
            .collect();
        faults.finish(lines.into_iter().collect())
    }
}

impl LineBody {
    fn received(self, pointer: &str, faults: &mut Faults) -> Option<ReceivedLine> {
        let sku = faults.take(&format!("{pointer}/sku"), self.sku);
        let quantity = faults.take(&format!("{pointer}/quantity"), self.quantity);
        let at_reason = format!("{pointer}/reason");
        let reason = faults.take_optional(&at_reason, self.reason);
        let condition = match (self.condition, reason?) {
            (ConditionBody::Saleable, None) => Condition::Saleable,
            (ConditionBody::Saleable, Some(_)) => {
                let detail = "units that can be sold again need no reason; \"condition\" is \"damaged\" otherwise";
                faults.add(&at_reason, "unexpected", detail);
                return None;
            }
            (ConditionBody::Damaged, reason) => Condition::WrittenOff {
                reason: reason.or_else(|| Text::new("damaged").ok())?,
            },
        };
        Some(ReceivedLine {
            sku: sku?,
            quantity: quantity?,
            condition,
        })
    }
}
