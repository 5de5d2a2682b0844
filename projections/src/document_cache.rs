//! Documents in memory, so that what is read often is not read from Postgres each time.
//!
//! It is fed by the projection's own checkpoint. Only the process whose runner posts the tables keeps documents: after
//! each commit, and before the board says how far the tables are, the runner takes out what the batch
//! changed. Two rules keep a reader from seeing a document older than the position it asked for:
//!
//! - A document is served only while the cache has come as far as the board: if the tables are known to be further (another
//!   process posted them), reads go to the database.
//! - What a reader has fetched is kept only if nothing was taken out under it since it began ([`Ticket`]).

use std::sync::{Mutex, MutexGuard, PoisonError};

use journal::Position;
use lru::LruCache;
use uuid::Uuid;

use crate::Document;

/// What a document costs beside its body, roughly: key, version, places in a map and a list.
const OVERHEAD_BYTES: usize = 128;

/// Allows one fetched document to be kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// What is known of a document.
#[derive(Debug)]
pub(crate) enum Found {
    /// It is here.
    Document(Document),
    /// It must be fetched, and may then be kept.
    Fetch(Ticket),
    /// It must be fetched; the cache is not in use.
    Closed,
}

/// The documents of one projection, by the id of the stream that each shows.
pub(crate) struct DocumentCache(Mutex<Inner>);

struct Inner {
    /// All up to here has been taken out; `None` while no runner of this process posts.
    through: Option<Position>,
    slots: LruCache<Uuid, Slot>,
    bytes: usize,
    bytes_max: usize,
    tickets: u64,
}

enum Slot {
    /// A reader is fetching it.
    Awaited(u64),
    Kept(Document),
}

impl Slot {
    fn bytes(&self) -> usize {
        OVERHEAD_BYTES
            + match self {
                Self::Awaited(_) => 0,
                Self::Kept(document) => document.body.len(),
            }
    }
}

impl DocumentCache {
    /// A cache that is not in use yet.
    pub fn new() -> Self {
        Self(Mutex::new(Inner {
            through: None,
            slots: LruCache::unbounded(),
            bytes: 0,
            bytes_max: 0,
            tickets: 0,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to keep documents, so many bytes at most: a runner of this process posts from this position on.
    pub fn open(&self, at: Position, bytes_max: usize) {
        let mut inner = self.lock();
        inner.clear();
        inner.bytes_max = bytes_max;
        inner.through = Some(at);
    }

    /// Forgets everything: no runner of this process posts any more.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.clear();
        inner.through = None;
    }

    /// Takes out what a committed batch changed; the tables are now at `through`.
    pub fn posted(&self, changed: impl IntoIterator<Item = Uuid>, through: Position) {
        let mut inner = self.lock();
        if inner.through.is_none() {
            return;
        }
        if !inner.slots.is_empty() {
            for id in changed {
                inner.take_out(&id);
            }
        }
        inner.through = Some(through);
    }

    /// Looks for a document that is at least as new as the tables were at `position`.
    pub fn find(&self, id: Uuid, position: Position) -> Found {
        let mut inner = self.lock();
        if inner.through.is_none_or(|through| through < position) {
            return Found::Closed;
        }
        if let Some(Slot::Kept(document)) = inner.slots.get(&id) {
            return Found::Document(document.clone());
        }
        inner.tickets += 1;
        let ticket = inner.tickets;
        inner.put(id, Slot::Awaited(ticket));
        Found::Fetch(Ticket(ticket))
    }

    /// Keeps what was fetched, unless it was changed meanwhile. What is not there is not kept.
    pub fn keep(&self, id: Uuid, ticket: &Ticket, fetched: Option<&Document>) {
        let mut inner = self.lock();
        let awaited =
            matches!(inner.slots.peek(&id), Some(Slot::Awaited(number)) if *number == ticket.0);
        match fetched {
            Some(document) if awaited => inner.put(id, Slot::Kept(document.clone())),
            None if awaited => inner.take_out(&id),
            _ => {}
        }
    }
}

impl Inner {
    fn clear(&mut self) {
        self.slots.clear();
        self.bytes = 0;
    }

    fn take_out(&mut self, id: &Uuid) {
        if let Some(slot) = self.slots.pop(id) {
            self.bytes -= slot.bytes();
        }
    }

    fn put(&mut self, id: Uuid, slot: Slot) {
        self.bytes += slot.bytes();
        if let Some(replaced) = self.slots.put(id, slot) {
            self.bytes -= replaced.bytes();
        }
        while self.bytes > self.bytes_max {
            let Some((_, dropped)) = self.slots.pop_lru() else {
                return;
            };
            self.bytes -= dropped.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(version: u64) -> Document {
        Document {
            version,
            revision: 0,
            published: true,
            owner: None,
            body: format!("{{\"version\":{version}}}").into(),
        }
    }

    fn fetch(cache: &DocumentCache, id: Uuid, position: Position) -> Ticket {
        match cache.find(id, position) {
            Found::Fetch(ticket) => ticket,
            found => panic!("{found:?}"),
        }
    }

    fn kept(cache: &DocumentCache, id: Uuid, position: Position) -> Option<u64> {
        match cache.find(id, position) {
            Found::Document(document) => Some(document.version),
            _ => None,
        }
    }

    const PLENTY: usize = 1 << 20;

    #[test]
    fn what_was_fetched_is_kept_until_it_changes() {
        let (cache, id, other) = (DocumentCache::new(), Uuid::now_v7(), Uuid::now_v7());
        cache.open(10, PLENTY);
        let ticket = fetch(&cache, id, 10);
        cache.keep(id, &ticket, Some(&document(1)));
        assert_eq!(kept(&cache, id, 10), Some(1));
        cache.posted([other], 11);
        assert_eq!(kept(&cache, id, 11), Some(1));
        cache.posted([id], 12);
        assert_eq!(kept(&cache, id, 12), None);
    }

    #[test]
    fn what_changed_while_it_was_fetched_is_not_kept() {
        let (cache, id) = (DocumentCache::new(), Uuid::now_v7());
        cache.open(10, PLENTY);
        let early = fetch(&cache, id, 10);
        cache.posted([id], 11);
        cache.keep(id, &early, Some(&document(1)));
        assert_eq!(kept(&cache, id, 11), None);
        // Nor does it go into the place of a later reader.
        let late = fetch(&cache, id, 11);
        cache.keep(id, &early, Some(&document(1)));
        assert_eq!(kept(&cache, id, 11), None);
        let _ = late;
    }

    #[test]
    fn it_is_not_used_when_the_tables_are_further_or_nobody_posts() {
        let (cache, id) = (DocumentCache::new(), Uuid::now_v7());
        assert!(matches!(cache.find(id, 0), Found::Closed));
        cache.open(10, PLENTY);
        let ticket = fetch(&cache, id, 10);
        cache.keep(id, &ticket, Some(&document(1)));
        assert!(matches!(cache.find(id, 11), Found::Closed));
        cache.close();
        assert!(matches!(cache.find(id, 10), Found::Closed));
        cache.open(10, PLENTY);
        cache.keep(id, &ticket, Some(&document(1)));
        assert_eq!(kept(&cache, id, 10), None);
    }

    #[test]
    fn it_stays_within_its_bytes() {
        let cache = DocumentCache::new();
        cache.open(0, 10 * (OVERHEAD_BYTES + 20));
        let ids: Vec<Uuid> = (0..1_000).map(|_| Uuid::now_v7()).collect();
        for id in &ids {
            let ticket = fetch(&cache, *id, 0);
            cache.keep(*id, &ticket, Some(&document(1)));
        }
        let inner = cache.lock();
        assert!(inner.bytes <= inner.bytes_max);
        assert!(
            (9..=11).contains(&inner.slots.len()),
            "{}",
            inner.slots.len()
        );
        drop(inner);
        assert_eq!(kept(&cache, ids[999], 0), Some(1));
        assert_eq!(kept(&cache, ids[0], 0), None);
    }
}
