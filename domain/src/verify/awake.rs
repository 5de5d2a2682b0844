//! A clock that runs only while the shop does: how long something was left undone though the
//! journal shows that someone was there to do it.
//!
//! Between two events at most [`GAP_MAX`] is counted, so a shop that was switched off overnight is
//! not late in the morning.

use std::time::Duration;

use crate::value::Timestamp;

/// How long what is due may be left undone: a tick of a timer, and room for a restart.
pub const GRACE: Duration = Duration::from_secs(5 * 60);
/// The longest silence that counts in full.
const GAP_MAX: Duration = Duration::from_secs(60);

/// The clock.
#[derive(Debug, Default)]
pub(super) struct Awake {
    last: Option<Timestamp>,
    total: Duration,
}

impl Awake {
    /// How long the shop has been awake, at an event recorded `now`.
    pub fn at(&mut self, now: Timestamp) -> Duration {
        let last = self.last.replace(now).unwrap_or(now);
        self.total += now.saturating_since(last).min(GAP_MAX);
        self.total
    }
}
