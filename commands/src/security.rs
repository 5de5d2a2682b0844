//! The command to the security log.

use domain::security::{self, Refusal, SecurityCommand};
use domain::value::Timestamp;
use domain::{Event, Facts, Rejection, State};

use crate::command::{OneAggregate, ToOne, events};
use crate::{CommandError, Commands, Context, Receipt, streams};

impl Commands {
    /// Writes down what was refused, in the log of the day of `now`.
    pub async fn record_refusals(
        &self,
        refusals: Vec<Refusal>,
        now: Timestamp,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        let command = SecurityCommand::RecordRefusals { refusals };
        self.execute(ToOne::new(streams::security(now), command), context)
            .await
    }
}

impl OneAggregate for SecurityCommand {
    fn name(&self) -> &'static str {
        SecurityCommand::name(self)
    }

    fn decide(self, _state: &State, _facts: &Facts) -> Result<Vec<Event>, Rejection> {
        Ok(events(security::decide(self)?))
    }
}
