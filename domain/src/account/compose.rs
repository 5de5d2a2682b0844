//! The commands to an account that other streams have a say in: who the owners are, and who had
//! the address before.

use super::command::AccountCommand;
use super::decide::decide;
use super::event::AccountEvent;
use super::state::Account;
use crate::facts::Facts;
use crate::owners::{self, Owners, OwnersCommand, OwnersEvent};
use crate::rejection::Rejection;
use crate::value::{AccountId, Role};

/// What a command to an account is decided on besides the account.
#[derive(Debug, Clone, Copy)]
pub struct Others<'a> {
    /// Who the owners are.
    pub owners: &'a Owners,
    /// The account that a registration names as the one that had the address before.
    pub predecessor: Option<&'a Account>,
}

/// What follows, to be appended together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountOutcome {
    /// To the account.
    pub account: Vec<AccountEvent>,
    /// To the owners. None but for a command that
    /// [may change them](AccountCommand::may_change_owners).
    pub owners: Vec<OwnersEvent>,
}

/// Decides `command` against an account and the others that have a say.
///
/// # Errors
/// As [`decide`]; `validation-failed` (`last-owner`) if no owner would be left; `email-taken` if a
/// registration names a predecessor that was not erased or had another address.
pub fn decide_with(
    account: &Account,
    others: &Others<'_>,
    command: AccountCommand,
    facts: &Facts,
) -> Result<AccountOutcome, Rejection> {
    check_predecessor(&command, others.predecessor)?;
    let events = decide(account, command, facts)?;
    let mut decided = Vec::new();
    let wanted = events.iter().filter_map(|event| follow(account, event));
    for command in wanted {
        decided.extend(owners::decide(others.owners, command)?);
    }
    Ok(AccountOutcome {
        account: events,
        owners: decided,
    })
}

/// Erasure is for ever, so what is found here stays true while the command waits to be appended.
fn check_predecessor(
    command: &AccountCommand,
    predecessor: Option<&Account>,
) -> Result<(), Rejection> {
    let AccountCommand::RegisterAccount(new) = command else {
        return Ok(());
    };
    let Some(named) = new.succeeds else {
        return Ok(());
    };
    let is_rightful = predecessor.is_some_and(|account| {
        let had = account
            .profile()
            .map(|profile| (profile.account_id, profile.email_hash));
        account.is_erased() && had == Some((named, new.email_hash))
    });
    if is_rightful {
        return Ok(());
    }
    Err(Rejection::email_taken("/email"))
}

/// What an event of `account`, as it was before, means for the owners.
fn follow(account: &Account, event: &AccountEvent) -> Option<OwnersCommand> {
    let account_id: AccountId = account.id()?;
    match event {
        AccountEvent::RoleGranted { role: Role::Owner } => {
            Some(OwnersCommand::AddOwner { account_id })
        }
        AccountEvent::RoleRevoked { role: Role::Owner } => {
            Some(OwnersCommand::RemoveOwner { account_id })
        }
        AccountEvent::AccountErased { .. } if account.has_role(Role::Owner) => {
            Some(OwnersCommand::RemoveOwner { account_id })
        }
        _ => None,
    }
}
