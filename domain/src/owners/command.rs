//! What may be asked of the owners, by the change of an account that it goes with.

use crate::value::AccountId;

/// A command to the owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnersCommand {
    /// An account becomes an owner.
    AddOwner {
        /// Which account.
        account_id: AccountId,
    },
    /// An account is an owner no more.
    RemoveOwner {
        /// Which account.
        account_id: AccountId,
    },
}
