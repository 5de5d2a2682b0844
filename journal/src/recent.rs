//! The last events that were appended or read, kept so that readers near the end of the journal
//! share them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::{Position, RecordedEvent};

/// How many events are kept: a few batches.
const RECENT_EVENTS_MAX: usize = 8_192;

/// Some consecutive events. Cheap to clone; clones share what they keep.
#[derive(Clone, Default)]
pub(crate) struct Recent(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    events: VecDeque<Arc<RecordedEvent>>,
    /// When the last of them was kept.
    at: Option<Instant>,
}

impl Recent {
    /// Up to `limit` events after a position; none if the next one is not kept.
    pub fn after(&self, after: Position, limit: usize) -> Vec<Arc<RecordedEvent>> {
        let events = &self.kept().events;
        match events.front() {
            Some(first) if after + 1 >= first.position => {
                let skip = (after + 1 - first.position) as usize;
                events.iter().skip(skip).take(limit).cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Keeps consecutive events if they go on from the end of what is kept, or are ahead of it:
    /// then it starts anew with them.
    pub fn keep(&self, events: &[Arc<RecordedEvent>]) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return;
        };
        let mut kept = self.kept();
        kept.at = Some(Instant::now());
        let recent = &mut kept.events;
        let end = recent.back().map_or(0, |event| event.position);
        if last.position <= end {
            return;
        }
        if first.position > end + 1 {
            recent.clear();
        }
        recent.extend(events.iter().filter(|event| event.position > end).cloned());
        let excess = recent.len().saturating_sub(RECENT_EVENTS_MAX);
        recent.drain(..excess);
    }

    /// The last position that is kept, and since when.
    pub fn end(&self) -> Option<(Position, Instant)> {
        let kept = self.kept();
        Some((kept.events.back()?.position, kept.at?))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
