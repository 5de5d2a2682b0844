//! An account: one person, with roles, a second factor and sessions.
//!
//! ```text
//! (nothing) ── RegisterAccount ──▶ active ◀── LockAccount / UnlockAccount ──▶ locked
//!                                    └──────────── EraseAccount ───────────────┴──▶ erased
//!    a session: live ── EndSession, EndAllSessions, reuse of a token, and all that revokes ──▶ ended
//! ```
//!
//! Rules:
//!
//! * an e-mail address belongs to one account, claimed by a keyed hash. Only after that account
//!   was erased may another succeed it under the same address;
//! * nothing here can be read: personal data arrives sealed, passwords, tokens and the secrets of
//!   second factors not at all. Those live in vault tables that the command's transaction writes
//!   too; the event says that it happened, and when;
//! * each session has one current refresh token, known by its generation. Rotation makes the next;
//!   an older one that is shown again was stolen or copied, and ends the session for good;
//! * an ended session never comes back, and neither does its family of tokens. Sessions of an
//!   account are limited: the oldest makes room;
//! * a new password, the loss of a role, a lock by staff and erasure end every session;
//! * a lock for too many failed log-ins passes by itself and leaves running sessions alone, so that
//!   a stranger who guesses cannot log anybody out. A lock by staff stands until it is taken off;
//! * every account is a customer. Other roles need a verified address;
//! * an erased account answers nothing but `account-erased`.
//!
//! That the last owner stays is a rule over accounts: see [`crate::owners`], and
//! [`decide_with`], which decides the commands that more than one stream takes part in.

mod command;
mod compose;
mod decide;
mod event;
#[cfg(test)]
mod properties;
mod session;
#[cfg(test)]
mod session_tests;
mod state;
#[cfg(test)]
mod tests;

pub use command::{AccountCommand, RegisterAccount, StartSession};
pub use compose::{AccountOutcome, Others, decide_with};
pub use decide::{LOCK_FOR_MAX, decide};
pub use event::{
    AccountEvent, AccountRegistered, LockReason, PasswordCause, SecondFactor, SessionEnd,
    SessionMethod, SessionStarted, UnlockReason,
};
pub use session::{
    ENDED_SESSIONS_REMEMBERED_MAX, SESSIONS_PER_ACCOUNT_MAX, Session, SessionStatus, Sessions,
};
pub use state::{Account, EmailStatus, Lock, Profile, Totp};

use crate::cqrs::cqrs_aggregate;

/// The aggregate's type, as in stream ids.
pub const TYPE: &str = "account";

cqrs_aggregate!(Account, AccountCommand, AccountEvent, decide);
