//! The journal's tail: the feed that needs nothing but Postgres.
//!
//! In the process that appends, an in-memory watch wakes the tail; for what other processes
//! append it polls, every millisecond while busy, doubling to 100 ms when idle. `NOTIFY` is
//! not used: inside the append it costs 12 to 21 times the throughput.
//!
//! Several readers near the end of the journal read the same events, so the last few
//! thousand are kept decoded and shared.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::{
    Cursor, Feed, FeedBatch, FeedError, FeedSource, Journal, JournalError, Position, RecordedEvent,
};

const POLL_MIN: Duration = Duration::from_millis(1);
const POLL_MAX: Duration = Duration::from_millis(100);

/// How long one read may take: a connection that has silently died must not stop a reader for ever.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How many of the last events are kept decoded: a few batches.
const RECENT_EVENTS_MAX: usize = 8_192;

/// Opens tails of one journal, which share the events that they read.
#[derive(Clone)]
pub struct TailSource {
    journal: Journal,
    recent: Arc<Mutex<VecDeque<Arc<RecordedEvent>>>>,
}

impl TailSource {
    /// A source of tails of this journal.
    pub fn new(journal: Journal) -> Self {
        Self {
            journal,
            recent: Arc::default(),
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
        let events: Vec<Arc<RecordedEvent>> = self
            .read_journal(after, limit)
            .await?
            .into_iter()
            .map(Arc::new)
            .collect();
        self.keep(&events);
        Ok(events)
    }

    async fn read_journal(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, JournalError> {
        match tokio::time::timeout(READ_TIMEOUT, self.journal.read_all(after, limit)).await {
            Ok(read) => read,
            Err(_) => Err(JournalError::Unavailable(sqlx::Error::PoolTimedOut)),
        }
    }

    fn recall(&self, after: Position, limit: usize) -> Vec<Arc<RecordedEvent>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        match recent.front() {
            Some(first) if after + 1 >= first.position => {
                let skip = (after + 1 - first.position) as usize;
                recent.iter().skip(skip).take(limit).cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Keeps what goes on from the end of what is kept; a reader far behind or ahead starts anew
    /// only if it is ahead.
    fn keep(&self, events: &[Arc<RecordedEvent>]) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return;
        };
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
