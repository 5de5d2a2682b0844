//! What is known of a day's refusals.

use serde::{Deserialize, Serialize};

use super::event::SecurityEvent;

/// The refusals of a day. The default is that there was none yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Security {
    refused: u64,
}

impl Security {
    /// How often somebody was refused.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Takes `event` into account.
    pub fn evolve(&mut self, event: &SecurityEvent) {
        let SecurityEvent::AccessRefused(refusal) = event;
        self.refused = self.refused.saturating_add(u64::from(refusal.times));
    }
}
