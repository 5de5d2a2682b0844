//! The owners: who they are, in one small stream, so that the last one stays.
//!
//! ```text
//! (nobody) ── AddOwner ──▶ at least one, for ever ◀── AddOwner / RemoveOwner
//! ```
//!
//! "Never the last owner" is a rule over all accounts, and nothing that is decided on one account
//! can keep it: two owners who take each other's role at the same moment are each right about what
//! they see. Three ways were weighed:
//!
//! * a **count in a query table**: it may be behind, and no query table takes part in a decision;
//! * a **claim**: claims say that one command alone may have something; they cannot count, and they
//!   are never given back, while roles are;
//! * a **stream of its own**, which every change of an owner writes to together with the account's,
//!   in one command. The journal numbers it like every stream, so of two changes that were decided
//!   on the same owners one is decided again and sees the other. It changes a few times a year and
//!   nothing else reads it, so it is in nobody's way.
//!
//! Hence the stream. It says the same as the roles of the accounts: [`crate::account::decide_with`]
//! is the only place that decides either, and `daybook verify` compares them (rule 13).

mod command;
mod decide;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::OwnersCommand;
pub use decide::{OWNERS_MAX, decide};
pub use event::OwnersEvent;
pub use state::Owners;

use crate::cqrs::cqrs_aggregate;

/// The aggregate's type, as in stream ids.
pub const TYPE: &str = "owners";

/// The id of the one stream of this type.
pub const ID: &str = "shop";

cqrs_aggregate!(
    Owners,
    OwnersCommand,
    OwnersEvent,
    |state, command, _facts| decide(state, command)
);
