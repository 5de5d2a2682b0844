//! The states in memory: a bounded LRU of speculative states.

use std::num::NonZeroUsize;

use domain::State;
use journal::{Sequence, StreamId};
use lru::LruCache;

/// A stream's state, with everything counted in that has been decided.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub state: State,
    pub version: Sequence,
}

/// States by stream, the least recently used dropped first. Dropping one is always safe: the
/// next command loads it again, and the journal judges.
pub(crate) struct Cache(LruCache<StreamId, Entry>);

impl Cache {
    pub fn new(states_max: usize) -> Self {
        Self(LruCache::new(
            NonZeroUsize::new(states_max).unwrap_or(NonZeroUsize::MIN),
        ))
    }

    /// One that drops nothing, for a journal that is in memory itself.
    pub fn unbounded() -> Self {
        Self(LruCache::unbounded())
    }

    /// Whether the stream is there; marks it as used.
    pub fn touch(&mut self, stream: &StreamId) -> bool {
        self.0.get(stream).is_some()
    }

    pub fn peek(&self, stream: &StreamId) -> Option<&Entry> {
        self.0.peek(stream)
    }

    pub fn get_mut(&mut self, stream: &StreamId) -> Option<&mut Entry> {
        self.0.get_mut(stream)
    }

    /// Keeps a loaded state, unless a later one is there.
    pub fn keep(&mut self, stream: StreamId, entry: Entry) {
        if self
            .0
            .peek(&stream)
            .is_none_or(|kept| kept.version < entry.version)
        {
            self.0.put(stream, entry);
        }
    }

    pub fn forget(&mut self, stream: &StreamId) {
        self.0.pop(stream);
    }
}
