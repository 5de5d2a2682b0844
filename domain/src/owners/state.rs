//! Who the owners are.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::OwnersEvent;
use crate::value::AccountId;

/// The owners. The default is that nobody is one yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owners {
    accounts: Arc<BTreeSet<AccountId>>,
}

impl Owners {
    /// The accounts that are owners.
    #[must_use]
    pub fn accounts(&self) -> &BTreeSet<AccountId> {
        &self.accounts
    }

    /// Takes `event` into account.
    pub fn evolve(&mut self, event: &OwnersEvent) {
        let accounts = Arc::make_mut(&mut self.accounts);
        match event {
            OwnersEvent::OwnerAdded { account_id } => accounts.insert(*account_id),
            OwnersEvent::OwnerRemoved { account_id } => accounts.remove(account_id),
        };
    }
}
