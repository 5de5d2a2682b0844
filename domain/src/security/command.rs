//! What may be asked of a day's security log.

use super::event::Refusal;

/// A command to the log of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityCommand {
    /// Write down what was refused since the last time.
    RecordRefusals {
        /// Each reason and client once.
        refusals: Vec<Refusal>,
    },
}

impl SecurityCommand {
    /// Its name, as recorded.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RecordRefusals { .. } => "RecordRefusals",
        }
    }
}
