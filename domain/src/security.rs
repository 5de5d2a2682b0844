//! Security: who was not let in, counted, so that an attack is in the journal like everything else that happens.
//!
//! One stream a day, `security-{date}` (UTC), so that none grows for ever.
//!
//! Rules:
//!
//! * an event says how often something was refused, for which reason, and to which registered client, where that is known. It
//!   holds no token, no secret, no address and nothing else that whoever was refused has sent: what they send is theirs to
//!   choose, and a journal is for ever;
//! * what was refused several times for one reason is one event: whoever records gathers for a moment first, so that a flood of
//!   refusals is a trickle of events. At most [`REFUSALS_PER_COMMAND_MAX`] go into one command;
//! * nothing is decided on these events. Counters that lock are in the vault, limits on rates at the edge.

mod command;
mod decide;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::SecurityCommand;
pub use decide::{REFUSALS_PER_COMMAND_MAX, decide};
pub use event::{Refusal, RefusalReason, SecurityEvent};
pub use state::Security;

use std::time::Duration;

use crate::cqrs::cqrs_aggregate;
use crate::value::Timestamp;

/// The aggregate's type, as in stream ids.
pub const TYPE: &str = "security";

/// For how long after a session's end, or a client's, a token of it may be about: the longest life of an access token, and enough
/// for clocks that differ and for one that was being issued at that moment.
pub const REVOCATION_MATTERS_FOR: Duration = Duration::from_secs(15 * 60);

/// The id of the day's stream, without the type: `2026-11-21`.
#[must_use]
pub fn id_of_day(now: Timestamp) -> String {
    now.day().to_string()
}

cqrs_aggregate!(
    Security,
    SecurityCommand,
    SecurityEvent,
    |_state, command, _facts| decide(command)
);
