//! Waiting a moment for those who were just answered.
//!
//! Writers who wait for each answer before they send the next command miss the batch that leaves
//! the moment they are answered: two half-full batches then take turns, and where a flush is slow
//! each writer waits for two of them. So after a batch has come back, the next one leaves when as
//! many commands are there as could be (those that waited already, and one for each answer), or
//! after a small part of what the commit took, whichever is first. A lone writer waits for nobody.
//!
//! The alternative, to release the journal's lock before the flush and go on with the next batch
//! meanwhile, needs a second mark of what is durable in every reader; this needs none.

use std::time::Duration;

use tokio::sync::mpsc;

use super::decider::Internal;

/// The part of the last commit's time that is waited at most: one in so many.
const COMMITS_PER_LINGER: u32 = 6;

/// Commits that are faster than this are not worth waiting for.
const COMMIT_MIN: Duration = Duration::from_millis(1);

/// Longest wait.
const LINGER_MAX: Duration = Duration::from_millis(2);

/// Whether the next batch is still waited with.
pub(super) struct Linger {
    /// How many commands are worth leaving for; 0: it leaves as it is.
    awaited: usize,
    /// Counts the waits, so that the end of an old one is not taken for the end of this.
    round: u64,
    internal: mpsc::UnboundedSender<Internal>,
}

impl Linger {
    pub fn new(internal: mpsc::UnboundedSender<Internal>) -> Self {
        Self {
            awaited: 0,
            round: 0,
            internal,
        }
    }

    /// A commit that took so long has come back, and `answered` commands with it; `waiting` ones
    /// are there already.
    pub fn begin(&mut self, answered: usize, waiting: usize, took: Duration) {
        self.round += 1;
        if took < COMMIT_MIN || answered + waiting < 2 {
            self.awaited = 0;
            return;
        }
        self.awaited = answered + waiting;
        let (round, internal) = (self.round, self.internal.clone());
        let limit = (took / COMMITS_PER_LINGER).min(LINGER_MAX);
        // The runtime's timers count whole milliseconds; this is a fraction of one.
        tokio::task::spawn_blocking(move || {
            std::thread::sleep(limit);
            let _ = internal.send(Internal::Lingered(round));
        });
    }

    /// The wait of that round is over.
    pub fn end(&mut self, round: u64) {
        if round == self.round {
            self.awaited = 0;
        }
    }

    /// Whether a batch of `waiting` commands is to wait for more.
    pub fn holds(&self, waiting: usize) -> bool {
        waiting < self.awaited
    }
}
