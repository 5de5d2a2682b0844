//! An account as it is listed.

use std::collections::BTreeSet;

use domain::Event;
use domain::account::{AccountEvent, LockReason};
use domain::value::{AccountId, Role, Timestamp};
use journal::Position;
use serde::{Deserialize, Serialize};

use crate::fold::StreamDocument;
use crate::projection::{PostError, Posting};

/// The list's item. Events seal what is personal, and nothing sealed is copied here.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AccountItem {
    pub id: AccountId,
    pub version: u64,
    /// Of the registration: what the list is sorted by.
    pub position: Position,
    pub registered_at: Timestamp,
    pub email_verified: bool,
    pub roles: BTreeSet<Role>,
    pub second_factor: bool,
    pub locked: Option<LockItem>,
    pub erased_at: Option<Timestamp>,
}

/// The lock that was put on last, if it was not taken off: one that passes by itself may have.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LockItem {
    reason: LockReason,
    until: Option<Timestamp>,
}

impl StreamDocument for AccountItem {
    fn open(first: &Posting) -> Result<Self, PostError> {
        let Event::Account(AccountEvent::AccountRegistered(registered)) = &first.event else {
            return Err(first.poison("an account does not begin with its registration"));
        };
        Ok(Self {
            id: registered.account_id,
            version: first.sequence,
            position: first.position,
            registered_at: first.recorded_at,
            email_verified: false,
            roles: BTreeSet::from([Role::Customer]),
            second_factor: false,
            locked: None,
            erased_at: None,
        })
    }

    fn evolve(&mut self, posting: &Posting) {
        self.version = posting.sequence;
        let Event::Account(event) = &posting.event else {
            return;
        };
        match event {
            AccountEvent::EmailVerified {} => self.email_verified = true,
            AccountEvent::TotpConfirmed { .. } => self.second_factor = true,
            AccountEvent::TotpRemoved { .. } => self.second_factor = false,
            AccountEvent::RoleGranted { role } => {
                self.roles.insert(*role);
            }
            AccountEvent::RoleRevoked { role } => {
                self.roles.remove(role);
            }
            AccountEvent::AccountLocked { reason, until } => {
                let (reason, until) = (*reason, *until);
                self.locked = Some(LockItem { reason, until });
            }
            AccountEvent::AccountUnlocked { .. } => self.locked = None,
            AccountEvent::AccountErased { erased_at } => self.erase(*erased_at),
            AccountEvent::AccountRegistered(_)
            | AccountEvent::AccountRevised { .. }
            | AccountEvent::PasswordChanged { .. }
            | AccountEvent::SessionStarted(_)
            | AccountEvent::SessionRefreshed { .. }
            | AccountEvent::RefreshTokenReuseDetected { .. }
            | AccountEvent::SessionRevoked { .. }
            | AccountEvent::SessionsRevoked { .. }
            | AccountEvent::TotpEnrolled { .. } => {}
        }
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl AccountItem {
    fn erase(&mut self, erased_at: Timestamp) {
        self.erased_at = Some(erased_at);
        self.email_verified = false;
        self.second_factor = false;
        self.locked = None;
        self.roles.clear();
    }
}
