//! The journal's tail: the feed that needs nothing but Postgres.
//!
//! In the process that appends, an in-memory watch wakes the tail; for what other processes
//! append it polls, every millisecond while busy, doubling to 100 ms when idle; not while this process itself appends every few
//! milliseconds, because its next append then tells what others have put before it. `NOTIFY` is
//! not used: inside the append it costs 12 to 21 times the throughput.
//!
//! Several readers near the end of the journal read the same events, so the last few
//! thousand are kept decoded and shared. What this process appended itself is kept as it was
//! recorded and never fetched; and when several readers have seen everything, one of them asks
//! Postgres for more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, watch};

use crate::recent::Recent;
use crate::{
    Cursor, Feed, FeedBatch, FeedError, FeedSource, Journal, JournalError, Position, RecordedEvent,
};

const POLL_MIN: Duration = Duration::from_millis(1);
const POLL_MAX: Duration = Duration::from_millis(100);

/// For so long after an append of this process nobody asks what others have appended since.
const APPENDING: Duration = Duration::from_millis(10);

/// How long one read may take: a connection that has silently died must not stop a reader for ever.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens tails of one journal, which share the events that they read.
#[derive(Clone)]
pub struct TailSource {
    journal: Journal,
    /// What any of the tails has read.
    recent: Recent,
    /// Held by the one that asks Postgres for what is beyond everything known.
    asked: Arc<Mutex<Asked>>,
}

/// When Postgres was asked last, and had nothing after this position.
struct Asked {
    at: Instant,
    after: Position,
}

impl TailSource {
    /// A source of tails of this journal.
    pub fn new(journal: Journal) -> Self {
        let asked = Asked {
            at: Instant::now(),
            after: 0,
        };
        Self {
            journal,
            recent: Recent::default(),
            asked: Arc::new(Mutex::new(asked)),
        }
    }

    /// A tail after this position.
    pub fn tail(&self, after: Position) -> JournalTail {
        JournalTail {
            source: self.clone(),
            durable: self.journal.durable(),
            after,
        }
    }

    /// Up to `limit` events after a position: from memory if they are there, else from Postgres.
    pub async fn read(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Arc<RecordedEvent>>, JournalError> {
        let kept = self.recall(after, limit);
        if !kept.is_empty() {
            return Ok(kept);
        }
        if after < *self.journal.durable().borrow() {
            return self.read_journal(after, limit).await;
        }
        // This one has seen all that this process knows of: one question is enough for all such.
        let mut asked = self.asked.lock().await;
        let kept = self.recall(after, limit);
        if !kept.is_empty() || self.is_answered(&asked, after) {
            return Ok(kept);
        }
        let events = self.read_journal(after, limit).await?;
        if events.is_empty() {
            let at = Instant::now();
            *asked = Asked { at, after };
        }
        Ok(events)
    }

    /// Whether it is known that a moment ago there was nothing after this position: Postgres said
    /// so, or this process has just appended up to there, and appends are one after the other.
    fn is_answered(&self, asked: &Asked, after: Position) -> bool {
        let said = asked.after == after && asked.at.elapsed() < POLL_MIN;
        let appended = self.journal.appended().end();
        said || appended.is_some_and(|(end, at)| end == after && at.elapsed() < APPENDING)
    }

    async fn read_journal(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Arc<RecordedEvent>>, JournalError> {
        let reading = tokio::time::timeout(READ_TIMEOUT, self.journal.read_all(after, limit));
        let events = match reading.await {
            Ok(read) => read?,
            Err(_) => return Err(JournalError::Unavailable(sqlx::Error::PoolTimedOut)),
        };
        let events: Vec<_> = events.into_iter().map(Arc::new).collect();
        self.recent.keep(&events);
        Ok(events)
    }

    fn recall(&self, after: Position, limit: usize) -> Vec<Arc<RecordedEvent>> {
        let kept = self.recent.after(after, limit);
        if kept.is_empty() {
            return self.journal.appended().after(after, limit);
        }
        kept
    }
}

impl FeedSource for TailSource {
    type Feed = JournalTail;

    fn partitions(&self) -> u32 {
        1
    }

    async fn open(&self, cursor: Cursor) -> Result<JournalTail, FeedError> {
        Ok(self.tail(cursor.low()))
    }
}

/// The journal after a position, and what comes.
pub struct JournalTail {
    source: TailSource,
    durable: watch::Receiver<Position>,
    after: Position,
}

impl JournalTail {
    /// Returns when there may be more than before: woken, or after `pause`.
    async fn wait(&mut self, pause: Duration) {
        // The sender lives as long as `source.journal`; an error would only mean to poll.
        let _ = tokio::time::timeout(pause, self.durable.changed()).await;
    }
}

impl Feed for JournalTail {
    async fn next(&mut self, limit: usize) -> Result<FeedBatch, FeedError> {
        let mut pause = POLL_MIN;
        loop {
            self.durable.mark_unchanged();
            let events = self.source.read(self.after, limit).await?;
            if let Some(last) = events.last() {
                self.after = last.position;
                return Ok(FeedBatch {
                    cursor: Cursor::at(self.after, 1),
                    events,
                });
            }
            self.wait(pause).await;
            pause = (pause * 2).min(POLL_MAX);
        }
    }
}
