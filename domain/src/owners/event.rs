//! What has happened to the owners.

use serde::{Deserialize, Serialize};

use crate::kind::event_kinds;
use crate::value::AccountId;

/// An event of the owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum OwnersEvent {
    /// An account became an owner.
    OwnerAdded {
        /// Which account.
        account_id: AccountId,
    },
    /// An account is an owner no more.
    OwnerRemoved {
        /// Which account.
        account_id: AccountId,
    },
}

event_kinds!(
    OwnersEvent,
    "owners",
    [
        OwnerAdded "1",
        OwnerRemoved "1",
    ]
);
