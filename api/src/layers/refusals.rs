//! What the log says of requests that are refused for want of room: one line a second with their number. A line for each
//! would be work that nobody asked for, just when there is least time for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const TELL_EVERY: Duration = Duration::from_secs(1);

static REFUSALS: Refusals = Refusals::new();

/// One more.
pub fn count() {
    if let Some(refused) = REFUSALS.count(Instant::now()) {
        tracing::warn!(
            refused,
            "there are more requests than can be worked on at once: they are refused with 503"
        );
    }
}

struct Refusals {
    untold: AtomicU64,
    told_at: Mutex<Option<Instant>>,
}

impl Refusals {
    const fn new() -> Self {
        Self {
            untold: AtomicU64::new(0),
            told_at: Mutex::new(None),
        }
    }

    /// Counts one; how many there were since it was told last, when it is time to tell.
    fn count(&self, now: Instant) -> Option<u64> {
        self.untold.fetch_add(1, Ordering::Relaxed);
        let mut told_at = self.told_at.lock().unwrap_or_else(PoisonError::into_inner);
        if told_at.is_some_and(|told_at| now.duration_since(told_at) < TELL_EVERY) {
            return None;
        }
        *told_at = Some(now);
        Some(self.untold.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_in_a_second_are_two_lines() {
        let (refusals, first) = (Refusals::new(), Instant::now());
        let told: Vec<_> = (0..1_000)
            .filter_map(|number| refusals.count(first + Duration::from_millis(number)))
            .collect();
        assert_eq!(told, [1]);
        assert_eq!(refusals.count(first + TELL_EVERY), Some(1_000));
    }
}
