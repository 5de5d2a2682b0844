//! What may be asked of an account.

use std::sync::Arc;

use super::event::{LockReason, SecondFactor, SessionEnd, SessionMethod, UnlockReason};
use crate::product::Patch;
use crate::value::{AccountId, ClientId, EmailHash, FactorId, Role, Sealed, SessionId, Timestamp};

/// A command to an account. Whoever sends it has checked who asks: the password, the code of the
/// second factor, the link that was mailed, the permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCommand {
    /// Make an account. Its password is put into the vault beside it.
    RegisterAccount(Arc<RegisterAccount>),
    /// Change what is said about the person.
    ReviseAccount {
        /// The name.
        name: Patch<Sealed>,
        /// The telephone number.
        phone: Patch<Sealed>,
        /// The postal address.
        address: Patch<Sealed>,
    },
    /// The link that was mailed to the address was opened.
    VerifyEmail,
    /// Take another password; the old one was shown.
    ChangePassword,
    /// Take another password; the link that was mailed was opened.
    ResetPassword,
    /// Log in.
    StartSession(StartSession),
    /// Take the next refresh token for this one.
    RefreshSession {
        /// Of which session.
        session_id: SessionId,
        /// The generation of the token that was shown.
        generation: u32,
        /// The client that shows it; none for the shop's own pages.
        client_id: Option<ClientId>,
    },
    /// Log out.
    EndSession {
        /// Which session.
        session_id: SessionId,
        /// Why.
        reason: SessionEnd,
    },
    /// Log out everywhere.
    EndAllSessions {
        /// Why.
        reason: SessionEnd,
    },
    /// Begin to use a second factor. Its secret is put into the vault beside it.
    EnrolTotp {
        /// Names the enrolment.
        factor_id: FactorId,
    },
    /// The first right code was shown: from now on it is asked for.
    ConfirmTotp {
        /// Which enrolment.
        factor_id: FactorId,
    },
    /// Use no second factor any more.
    RemoveTotp,
    /// Give a role.
    GrantRole {
        /// Which.
        role: Role,
    },
    /// Take a role away.
    RevokeRole {
        /// Which.
        role: Role,
    },
    /// Let nobody in.
    LockAccount {
        /// Why.
        reason: LockReason,
        /// Until when: said for [`LockReason::FailedLogins`], and for nothing else.
        until: Option<Timestamp>,
    },
    /// Take the lock off.
    UnlockAccount {
        /// Why.
        reason: UnlockReason,
    },
    /// Forget the person for ever. The key of the personal data is destroyed beside it.
    EraseAccount,
}

/// A new account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterAccount {
    /// Its id.
    pub account_id: AccountId,
    /// A keyed hash of the normalised address; claimed.
    pub email_hash: EmailHash,
    /// The address.
    pub email: Sealed,
    /// The name.
    pub name: Option<Sealed>,
    /// The erased account that had the address before, if one had.
    pub succeeds: Option<AccountId>,
}

/// A new session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartSession {
    /// Its id, a new UUID of version 7.
    pub session_id: SessionId,
    /// How the person was recognised.
    pub method: SessionMethod,
    /// The second factor that was shown, if one was.
    pub second_factor: Option<SecondFactor>,
    /// Since when the password was what the person showed: [`Account::password_changed_at`](super::Account::password_changed_at)
    /// before it was checked.
    pub password_changed_at: Option<Timestamp>,
    /// When it ends, however often it is refreshed.
    pub expires_at: Timestamp,
}

impl AccountCommand {
    /// Its name, as recorded.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RegisterAccount(_) => "RegisterAccount",
            Self::ReviseAccount { .. } => "ReviseAccount",
            Self::VerifyEmail => "VerifyEmail",
            Self::ChangePassword => "ChangePassword",
            Self::ResetPassword => "ResetPassword",
            Self::StartSession(_) => "StartSession",
            Self::RefreshSession { .. } => "RefreshSession",
            Self::EndSession { .. } => "EndSession",
            Self::EndAllSessions { .. } => "EndAllSessions",
            Self::EnrolTotp { .. } => "EnrolTotp",
            Self::ConfirmTotp { .. } => "ConfirmTotp",
            Self::RemoveTotp => "RemoveTotp",
            Self::GrantRole { .. } => "GrantRole",
            Self::RevokeRole { .. } => "RevokeRole",
            Self::LockAccount { .. } => "LockAccount",
            Self::UnlockAccount { .. } => "UnlockAccount",
            Self::EraseAccount => "EraseAccount",
        }
    }

    /// Whether it may change who the owners are, so that their stream takes part.
    #[must_use]
    pub const fn may_change_owners(&self) -> bool {
        matches!(
            self,
            Self::GrantRole { role: Role::Owner }
                | Self::RevokeRole { role: Role::Owner }
                | Self::EraseAccount
        )
    }
}
