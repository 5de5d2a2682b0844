//! What the owners answer to a command.

use super::command::OwnersCommand;
use super::event::OwnersEvent;
use super::state::Owners;
use crate::rejection::Rejection;

/// Most owners of a shop.
pub const OWNERS_MAX: usize = 100;

/// Decides `command` against `owners`.
pub fn decide(owners: &Owners, command: OwnersCommand) -> Result<Vec<OwnersEvent>, Rejection> {
    let accounts = owners.accounts();
    match command {
        OwnersCommand::AddOwner { account_id } if accounts.contains(&account_id) => Ok(Vec::new()),
        OwnersCommand::AddOwner { .. } if accounts.len() >= OWNERS_MAX => {
            let detail = format!("there are {OWNERS_MAX} owners already; that is the most");
            Err(Rejection::invalid("", "too-many", detail))
        }
        OwnersCommand::AddOwner { account_id } => Ok(vec![OwnersEvent::OwnerAdded { account_id }]),
        OwnersCommand::RemoveOwner { account_id } if !accounts.contains(&account_id) => {
            Ok(Vec::new())
        }
        OwnersCommand::RemoveOwner { .. } if accounts.len() == 1 => {
            let detail = "this is the last owner; make another account an owner first";
            Err(Rejection::invalid("", "last-owner", detail))
        }
        OwnersCommand::RemoveOwner { account_id } => {
            Ok(vec![OwnersEvent::OwnerRemoved { account_id }])
        }
    }
}
