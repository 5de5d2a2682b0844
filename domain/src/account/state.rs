//! What is known of an account.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::{AccountEvent, AccountRegistered, LockReason};
use super::session::Sessions;
use crate::value::{AccountId, EmailHash, FactorId, Role, Sealed, Timestamp};

/// An account. The default is one that was not registered yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    profile: Option<Arc<Profile>>,
    sessions: Arc<Sessions>,
    /// Those that were granted.
    roles: Arc<BTreeSet<Role>>,
    email: EmailStatus,
    totp: Totp,
    lock: Option<Lock>,
    password_changed_at: Option<Timestamp>,
    erased_at: Option<Timestamp>,
}

/// Who it is. After erasure only the id and the hash are left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its id.
    pub account_id: AccountId,
    /// A keyed hash of the normalised address.
    pub email_hash: EmailHash,
    /// The address.
    pub email: Option<Sealed>,
    /// The name.
    pub name: Option<Sealed>,
    /// The telephone number.
    pub phone: Option<Sealed>,
    /// The postal address.
    pub address: Option<Sealed>,
}

/// Whether the person reads what is mailed to the address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailStatus {
    /// That is not known.
    #[default]
    Unverified,
    /// They do.
    Verified,
}

/// How far the second factor is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Totp {
    /// There is none.
    #[default]
    None,
    /// It waits for its first right code, and is not asked for.
    Pending(FactorId),
    /// It is asked for.
    Confirmed(FactorId),
}

/// Why and until when nobody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Why.
    pub reason: LockReason,
    /// Until when; until it is taken off if not said.
    pub until: Option<Timestamp>,
}

impl Lock {
    /// Whether it still stands at `now`.
    #[must_use]
    pub fn stands(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Whether it passes by itself.
    #[must_use]
    pub const fn passes(&self) -> bool {
        self.until.is_some()
    }
}

impl Account {
    /// Who it is; nothing before it was registered.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_deref()
    }

    /// Its id, once registered.
    #[must_use]
    pub fn id(&self) -> Option<AccountId> {
        self.profile().map(|profile| profile.account_id)
    }

    /// Its sessions.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Every role that it has; none before it was registered and after it was erased.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        let is_somebody = self.profile.is_some() && !self.is_erased();
        let customer = is_somebody.then_some(Role::Customer);
        customer.into_iter().chain(self.roles.iter().copied())
    }

    /// Whether it has `role`.
    #[must_use]
    pub fn has_role(&self, role: Role) -> bool {
        self.roles().any(|own| own == role)
    }

    /// Whether the person reads what is mailed to the address.
    #[must_use]
    pub const fn email_status(&self) -> EmailStatus {
        self.email
    }

    /// How far the second factor is.
    #[must_use]
    pub const fn totp(&self) -> Totp {
        self.totp
    }

    /// The lock that stands at `now`.
    #[must_use]
    pub fn lock(&self, now: Timestamp) -> Option<Lock> {
        self.lock.filter(|lock| lock.stands(now))
    }

    /// Since when the password is what it is, if it was ever changed.
    #[must_use]
    pub const fn password_changed_at(&self) -> Option<Timestamp> {
        self.password_changed_at
    }

    /// Whether the person is forgotten.
    #[must_use]
    pub const fn is_erased(&self) -> bool {
        self.erased_at.is_some()
    }

    /// Takes `event` into account.
    pub fn evolve(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::AccountRegistered(registered) => self.register(registered),
            AccountEvent::AccountRevised {
                name,
                phone,
                address,
            } => {
                if let Some(profile) = self.profile.as_mut().map(Arc::make_mut) {
                    profile.name.clone_from(name);
                    profile.phone.clone_from(phone);
                    profile.address.clone_from(address);
                }
            }
            AccountEvent::EmailVerified {} => self.email = EmailStatus::Verified,
            AccountEvent::PasswordChanged { changed_at, .. } => {
                self.password_changed_at = Some(*changed_at);
            }
            AccountEvent::TotpEnrolled { factor_id } => self.totp = Totp::Pending(*factor_id),
            AccountEvent::TotpConfirmed { factor_id } => self.totp = Totp::Confirmed(*factor_id),
            AccountEvent::TotpRemoved { .. } => self.totp = Totp::None,
            AccountEvent::RoleGranted { role } => {
                Arc::make_mut(&mut self.roles).insert(*role);
            }
            AccountEvent::RoleRevoked { role } => {
                Arc::make_mut(&mut self.roles).remove(role);
            }
            AccountEvent::AccountLocked { reason, until } => {
                let (reason, until) = (*reason, *until);
                self.lock = Some(Lock { reason, until });
            }
            AccountEvent::AccountUnlocked { .. } => self.lock = None,
            AccountEvent::AccountErased { erased_at } => self.erase(*erased_at),
            AccountEvent::SessionStarted(_)
            | AccountEvent::SessionRefreshed { .. }
            | AccountEvent::RefreshTokenReuseDetected { .. }
            | AccountEvent::SessionRevoked { .. }
            | AccountEvent::SessionsRevoked { .. } => {
                evolve_sessions(Arc::make_mut(&mut self.sessions), event);
            }
        }
    }

    fn register(&mut self, registered: &AccountRegistered) {
        self.profile = Some(Arc::new(Profile {
            account_id: registered.account_id,
            email_hash: registered.email_hash,
            email: Some(registered.email.clone()),
            name: registered.name.clone(),
            phone: None,
            address: None,
        }));
    }

    fn erase(&mut self, erased_at: Timestamp) {
        self.erased_at = Some(erased_at);
        self.totp = Totp::None;
        self.lock = None;
        self.roles = Arc::default();
        if let Some(profile) = self.profile.as_mut().map(Arc::make_mut) {
            *profile = Profile {
                account_id: profile.account_id,
                email_hash: profile.email_hash,
                email: None,
                name: None,
                phone: None,
                address: None,
            };
        }
    }
}

fn evolve_sessions(sessions: &mut Sessions, event: &AccountEvent) {
    match event {
        AccountEvent::SessionStarted(started) => sessions.start(started),
        AccountEvent::SessionRefreshed {
            session_id,
            generation,
            ..
        } => sessions.refresh(*session_id, *generation),
        AccountEvent::SessionRevoked { session_id, .. } => sessions.end(*session_id),
        AccountEvent::SessionsRevoked { sessions: ids, .. } => {
            ids.iter().for_each(|id| sessions.end(*id));
        }
        // What is revoked follows in an event of its own.
        _ => {}
    }
}
