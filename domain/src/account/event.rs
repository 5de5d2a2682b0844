//! What has happened to an account. Nothing here can be read by whoever has only the journal: no
//! address, no name, no password, no token, no secret.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::kind::event_kinds;
use crate::value::{
    AccountId, ClientId, EmailHash, FactorId, FamilyId, Role, Scope, Sealed, SessionId, Timestamp,
};

/// An event of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum AccountEvent {
    /// The account was made, with a password. Claims the address.
    AccountRegistered(Arc<AccountRegistered>),
    /// What is said about the person changed; everything is as it is now.
    AccountRevised {
        /// The name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Sealed>,
        /// The telephone number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phone: Option<Sealed>,
        /// The postal address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Sealed>,
    },
    /// The person reads what is mailed to the address.
    EmailVerified {},
    /// Another password is in the vault.
    PasswordChanged {
        /// What led to it.
        cause: PasswordCause,
        /// Since when.
        changed_at: Timestamp,
    },
    /// A session began. Its first refresh token is of generation 1.
    SessionStarted(Arc<SessionStarted>),
    /// A session got its next refresh token; all older ones are used up.
    SessionRefreshed {
        /// Which session.
        session_id: SessionId,
        /// The family of its tokens.
        family: FamilyId,
        /// The generation of the token that is current now.
        generation: u32,
    },
    /// A refresh token that was used up was shown again. The session is revoked with it.
    RefreshTokenReuseDetected {
        /// Of which session.
        session_id: SessionId,
        /// The family of its tokens.
        family: FamilyId,
        /// The generation of the token that was shown.
        presented: u32,
        /// The generation of the token that was current.
        current: u32,
    },
    /// A session ended, with the whole family of its tokens.
    SessionRevoked {
        /// Which session.
        session_id: SessionId,
        /// The family of its tokens.
        family: FamilyId,
        /// Why.
        reason: SessionEnd,
    },
    /// Every session that was live ended.
    SessionsRevoked {
        /// Which.
        sessions: Vec<SessionId>,
        /// Why.
        reason: SessionEnd,
    },
    /// A second factor is in the vault and waits for its first right code.
    TotpEnrolled {
        /// Names the enrolment.
        factor_id: FactorId,
    },
    /// The second factor is asked for from now on.
    TotpConfirmed {
        /// Which enrolment.
        factor_id: FactorId,
    },
    /// The second factor is gone.
    TotpRemoved {
        /// Which enrolment.
        factor_id: FactorId,
    },
    /// The account has a role.
    RoleGranted {
        /// Which.
        role: Role,
    },
    /// The account has a role no more.
    RoleRevoked {
        /// Which.
        role: Role,
    },
    /// Nobody is let in.
    AccountLocked {
        /// Why.
        reason: LockReason,
        /// Until when; until it is taken off if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The lock was taken off.
    AccountUnlocked {
        /// Why.
        reason: UnlockReason,
    },
    /// The person is forgotten: the key of the personal data was destroyed.
    AccountErased {
        /// Since when.
        erased_at: Timestamp,
    },
}

event_kinds!(
    AccountEvent,
    "account",
    [
        AccountRegistered "1",
        AccountRevised "1",
        EmailVerified "1",
        PasswordChanged "1",
        SessionStarted "1",
        SessionRefreshed "1",
        RefreshTokenReuseDetected "1",
        SessionRevoked "1",
        SessionsRevoked "1",
        TotpEnrolled "1",
        TotpConfirmed "1",
        TotpRemoved "1",
        RoleGranted "1",
        RoleRevoked "1",
        AccountLocked "1",
        AccountUnlocked "1",
        AccountErased "1",
    ]
);

/// Who registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AccountRegistered {
    /// Its id.
    pub account_id: AccountId,
    /// A keyed hash of the normalised address.
    pub email_hash: EmailHash,
    /// The address.
    pub email: Sealed,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Sealed>,
    /// The erased account that had the address before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeds: Option<AccountId>,
}

/// A session, as it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SessionStarted {
    /// Its id.
    pub session_id: SessionId,
    /// The family of its tokens.
    pub family: FamilyId,
    /// How the person was recognised.
    pub method: SessionMethod,
    /// The second factor that was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<SecondFactor>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ends, however often it is refreshed.
    pub expires_at: Timestamp,
}

/// How a person was recognised.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionMethod {
    /// By password. The session may do what the account's roles may.
    Password,
    /// By letting a client in (RFC 6749, section 4.1). The session is the client's.
    AuthorizationCode {
        /// Which client.
        client_id: ClientId,
        /// What the person lets it do.
        scopes: BTreeSet<Scope>,
    },
}

impl SessionMethod {
    /// The client whose session it is; none for the shop's own pages.
    #[must_use]
    pub const fn client_id(&self) -> Option<ClientId> {
        match self {
            Self::Password => None,
            Self::AuthorizationCode { client_id, .. } => Some(*client_id),
        }
    }
}

/// What was shown besides the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// A code of the moment (RFC 6238).
    Totp,
    /// One of the codes for the day that the device is lost.
    RecoveryCode,
}

/// What led to another password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PasswordCause {
    /// The person knew the old one.
    Changed,
    /// The person had forgotten it and opened the link that was mailed.
    Reset,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// The person logged out.
    LoggedOut,
    /// The client gave its token back (RFC 7009).
    TokenRevoked,
    /// A refresh token that was used up was shown again.
    TokenReused,
    /// Staff ended it.
    ByStaff,
    /// It made room for a newer one.
    TooMany,
    /// The password is another.
    PasswordChanged,
    /// A role was taken away.
    RoleRevoked,
    /// The account was locked.
    Locked,
    /// The account was erased.
    Erased,
}

/// Why an account is locked. A choice and no text: what staff type about a person is personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LockReason {
    /// Too many log-ins failed. It passes by itself.
    FailedLogins,
    /// Somebody else seems to use it.
    SuspectedTakeover,
    /// It was used against the rules.
    Abuse,
    /// The person asked for it.
    Requested,
    /// Something else.
    Other,
}

/// Why an account is no longer locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UnlockReason {
    /// The person has shown who they are.
    Identified,
    /// By opening the link that was mailed and taking another password.
    PasswordReset,
    /// It should not have been locked.
    Mistake,
    /// Something else.
    Other,
}
