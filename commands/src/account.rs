//! The account's commands, with the owners where they have a say, and whose an e-mail address is.
//!
//! What holds: whoever changes an owner writes to the account and to the owners in one command, so
//! that two who do so at the same time are one after the other. An address is looked up by its
//! claims, never in a query table, which may be behind.

mod address;
mod refresh;

use domain::account::{self, Account, AccountCommand, Others};
use domain::owners::Owners;
use domain::value::AccountId;
use domain::{Claim as Value, Event, Facts, Rejection};
use journal::{SecretWrite, StreamId};

use crate::command::{Beside, Claim, Command, Needed, States, claim};
use crate::{CommandError, Commands, Context, Receipt, streams};

pub use address::{Address, SUCCESSORS_MAX};
pub use refresh::Refreshed;

impl Commands {
    /// Executes a command to an account. To refresh a session, see
    /// [`refresh_session`](Self::refresh_session); to learn whose an address is, see
    /// [`account_of_address`](Self::account_of_address).
    ///
    /// # Errors
    /// `email-taken` at `/email` if the address belongs to another account; whoever answers a
    /// stranger keeps that to itself.
    pub async fn account(
        &self,
        id: AccountId,
        command: AccountCommand,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        self.account_beside(id, command, Beside::default(), context)
            .await
    }

    /// The same, with what goes into the vault in the same transaction, and what the command claims besides.
    pub async fn account_beside(
        &self,
        id: AccountId,
        command: AccountCommand,
        beside: Beside,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        self.execute(to_account(id, command, beside), context).await
    }

    /// An account as it is recorded, and its version; one that was never registered is its default
    /// at version 0.
    pub async fn account_state(&self, id: AccountId) -> Result<(Account, u64), CommandError> {
        let (state, version) = self.state_of(&streams::account(id)).await?;
        Ok((state.as_account().cloned().unwrap_or_default(), version))
    }
}

/// The command to account `id`.
pub fn to_account(id: AccountId, command: AccountCommand, beside: Beside) -> impl Command {
    let predecessor = match &command {
        AccountCommand::RegisterAccount(new) => new.succeeds,
        _ => None,
    };
    ToAccount {
        account: streams::account(id),
        owners: command.may_change_owners().then(streams::owners),
        predecessor: predecessor.map(streams::account),
        command,
        beside,
    }
}

struct ToAccount {
    account: StreamId,
    /// Where the command may change who the owners are.
    owners: Option<StreamId>,
    /// The account that had the address before, where a registration names one.
    predecessor: Option<StreamId>,
    command: AccountCommand,
    beside: Beside,
}

impl Command for ToAccount {
    fn name(&self) -> &'static str {
        self.command.name()
    }

    fn needs(&self) -> Vec<Needed> {
        let account = match self.command {
            AccountCommand::RegisterAccount(_) => Needed::new(self.account.clone()),
            _ => Needed::existing(self.account.clone()),
        };
        let others = self.owners.iter().chain(&self.predecessor);
        std::iter::once(account)
            .chain(others.cloned().map(Needed::existing))
            .collect()
    }

    fn claims(&self) -> Vec<Claim> {
        let mut claims = self.beside.claims.clone();
        if let AccountCommand::RegisterAccount(new) = &self.command {
            let address = Value::Email {
                hash: new.email_hash,
                succeeds: new.succeeds,
            };
            claims.push(claim(&address, "/email"));
        }
        claims
    }

    fn secrets(&self) -> Vec<SecretWrite> {
        self.beside.secrets.clone()
    }

    fn decide(
        &self,
        states: &States<'_>,
        facts: &Facts,
    ) -> Result<Vec<(StreamId, Event)>, Rejection> {
        let Some(account) = account_in(states, &self.account) else {
            return Ok(Vec::new());
        };
        let nobody = Owners::default();
        let owners = self.owners.as_ref().and_then(|stream| states.get(stream));
        let others = Others {
            owners: owners
                .and_then(|(state, _)| state.as_owners())
                .unwrap_or(&nobody),
            predecessor: self
                .predecessor
                .as_ref()
                .and_then(|stream| account_in(states, stream)),
        };
        let outcome = account::decide_with(account, &others, self.command.clone(), facts)?;
        let of_account = outcome
            .account
            .into_iter()
            .map(|event| (self.account.clone(), Event::from(event)));
        // None but for commands that may change them, which name the stream.
        let of_owners = outcome
            .owners
            .into_iter()
            .map(|event| (streams::owners(), Event::from(event)));
        Ok(of_account.chain(of_owners).collect())
    }
}

fn account_in<'a>(states: &States<'a>, stream: &StreamId) -> Option<&'a Account> {
    let (state, _) = states.get(stream)?;
    state.as_account()
}
