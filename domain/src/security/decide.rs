//! What a day's security log answers to a command.

use super::command::SecurityCommand;
use super::event::SecurityEvent;
use crate::rejection::Rejection;

/// Most refusals that one command records.
pub const REFUSALS_PER_COMMAND_MAX: usize = 16;

/// Decides `command`. What a log holds already has no say in it.
pub fn decide(command: SecurityCommand) -> Result<Vec<SecurityEvent>, Rejection> {
    let SecurityCommand::RecordRefusals { refusals } = command;
    if refusals.len() > REFUSALS_PER_COMMAND_MAX {
        let detail = format!("too many refusals at once; the most is {REFUSALS_PER_COMMAND_MAX}");
        return Err(Rejection::invalid("/refusals", "too-many", detail));
    }
    let happened = refusals.into_iter().filter(|refusal| refusal.times > 0);
    Ok(happened.map(SecurityEvent::AccessRefused).collect())
}
