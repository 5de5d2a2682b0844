//! The client's commands.

use domain::client::{self, Client, ClientCommand};
use domain::value::ClientId;
use domain::{Event, Facts, Rejection, State};

use crate::command::{Command, OneAggregate, ToOne, events};
use crate::{Beside, CommandError, Commands, Context, Receipt, streams};

impl Commands {
    /// Executes a command to a client.
    pub async fn client(
        &self,
        id: ClientId,
        command: ClientCommand,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        self.client_beside(id, command, Beside::default(), context)
            .await
    }

    /// The same, with what goes into the vault in the same transaction.
    pub async fn client_beside(
        &self,
        id: ClientId,
        command: ClientCommand,
        beside: Beside,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        self.execute(to_client(id, command, beside), context).await
    }

    /// A client as it is recorded, for whoever has to judge what it asks for; one that was never
    /// registered is its default.
    pub async fn client_state(&self, id: ClientId) -> Result<Client, CommandError> {
        let (state, _) = self.state_of(&streams::client(id)).await?;
        Ok(state.as_client().cloned().unwrap_or_default())
    }
}

/// The command to client `id`.
pub fn to_client(id: ClientId, command: ClientCommand, beside: Beside) -> impl Command {
    ToOne {
        stream: streams::client(id),
        command,
        beside,
    }
}

impl OneAggregate for ClientCommand {
    fn name(&self) -> &'static str {
        ClientCommand::name(self)
    }

    fn opens(&self) -> bool {
        matches!(self, Self::RegisterClient(_))
    }

    fn decide(self, state: &State, facts: &Facts) -> Result<Vec<Event>, Rejection> {
        match state.as_client() {
            Some(state) => Ok(events(client::decide(state, self, facts)?)),
            None => Ok(Vec::new()),
        }
    }
}
