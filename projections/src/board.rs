//! The board: how far each projection is, as this process knows it.
//!
//! A runner writes what it committed; whoever waits for a position reads it without asking the
//! database. Where no runner of this process posts, one waiter at a time polls the checkpoint and
//! writes the answer here for the others ([`crate::Queries::wait_for`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use journal::Position;
use tokio::sync::watch;

use crate::document_cache::DocumentCache;

/// How far a projection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Everything at or below has been posted, in every partition.
    pub low: Position,
    /// Nothing above has been posted.
    pub high: Position,
    /// How its runner in this process is.
    pub health: Health,
}

/// How a runner is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// No runner of this process posts it: there is none, or another process holds the lease.
    Elsewhere,
    /// It posts what comes.
    Posting,
    /// Its tables are being rebuilt in a newer version; the old ones are served.
    Rebuilding,
    /// It cannot go on for now, and tries again. What was wrong.
    Unhealthy(String),
}

/// What is known of one projection.
pub(crate) struct Entry {
    progress: watch::Sender<Progress>,
    /// What readers of this process have fetched, while a runner of this process posts.
    pub documents: DocumentCache,
    /// Held by the waiter that polls the checkpoint for all of them.
    pub poller: tokio::sync::Mutex<()>,
}

impl Entry {
    fn new() -> Self {
        let (progress, _) = watch::channel(Progress {
            low: 0,
            high: 0,
            health: Health::Elsewhere,
        });
        Self {
            progress,
            documents: DocumentCache::new(),
            poller: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Everything at or below has been posted, as far as this process knows.
    pub(crate) fn low(&self) -> Position {
        self.progress.borrow().low
    }

    /// Writes where the checkpoint stands.
    pub(crate) fn reached(&self, low: Position, high: Position) {
        self.progress.send_if_modified(|progress| {
            let moved = (progress.low, progress.high) != (low, high);
            (progress.low, progress.high) = (low, high);
            moved
        });
    }

    /// Writes where the checkpoint was found to stand. While a runner of this process posts, it may say more by now.
    pub(crate) fn found(&self, low: Position, high: Position) {
        self.progress.send_if_modified(|progress| {
            let is_news = progress.health != Health::Posting || low > progress.low;
            let moves = is_news && (progress.low, progress.high) != (low, high);
            if moves {
                (progress.low, progress.high) = (low, high);
            }
            moves
        });
    }

    /// Writes how the runner is.
    pub(crate) fn feels(&self, health: Health) {
        self.progress.send_if_modified(|progress| {
            let changed = progress.health != health;
            progress.health = health;
            changed
        });
    }
}

/// How far every projection is. Cheap to clone: all clones are the same board.
#[derive(Clone, Default)]
pub struct Board(Arc<Mutex<HashMap<String, Arc<Entry>>>>);

impl Board {
    /// A board on which nothing is written yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Follows one projection.
    #[must_use]
    pub fn watch(&self, projection: &str) -> watch::Receiver<Progress> {
        self.entry(projection).subscribe()
    }

    pub(crate) fn entry(&self, projection: &str) -> Arc<Entry> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get(projection) {
            return Arc::clone(entry);
        }
        let entry = Arc::new(Entry::new());
        entries.insert(projection.to_owned(), Arc::clone(&entry));
        entry
    }
}
