//! A session: publishing under one lease, until it is lost, something fails, or it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use journal::{Feed, FeedError, Journal, JournalError, JournalTail, Lease, RecordedEvent};
use rdkafka::error::KafkaError;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::checkpoint;
use crate::publish::{CHUNK_EVENTS_MAX, Publisher};
use crate::relay::LEASE_TTL;
use crate::topic::TopicError;
use crate::trouble::Trouble;

/// How often the checkpoint is stored while it moves, and the lease renewed while it does not.
const STORE_EVERY: Duration = Duration::from_millis(200);
const RENEW_EVERY: Duration = Duration::from_secs(1);

/// How soon a watermark follows on events, and how often one comes when nothing happens.
const WATERMARK_AFTER: Duration = Duration::from_millis(100);
const WATERMARK_EVERY: Duration = Duration::from_secs(1);

/// How many events may go by without a watermark: a partition without events of its own is as far behind.
const WATERMARK_EVENTS_MAX: u64 = 4_000;

/// How long a session that is told to stop waits for what is on its way.
const FINISH_TIMEOUT: Duration = Duration::from_secs(3);

/// Chunks read ahead.
const READ_AHEAD: usize = 1;

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error(transparent)]
    Topic(#[from] TopicError),
    #[error("Kafka did not take the events: {0}")]
    Kafka(#[from] KafkaError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the journal's tail failed: {0}")]
    Tail(#[from] FeedError),
    #[error("another relay has taken over")]
    Fenced,
}

/// What the reader hands over.
type Read = Result<Vec<Arc<RecordedEvent>>, FeedError>;

pub(crate) struct Session<'a> {
    pub journal: &'a Journal,
    pub topic: &'a str,
    pub lease: &'a Lease,
    pub trouble: &'a mut Trouble,
    publisher: Publisher,
    reader: mpsc::Receiver<Read>,
    /// Ends the reader with the session.
    _reading: AbortOnDropHandle<()>,
    /// When the lease was last known to be ours.
    renewed_at: Instant,
    marked: u64,
    marked_at: Instant,
}

impl<'a> Session<'a> {
    pub fn new(
        journal: &'a Journal,
        topic: &'a str,
        lease: &'a Lease,
        trouble: &'a mut Trouble,
        publisher: Publisher,
        tail: JournalTail,
    ) -> Self {
        let (sender, reader) = mpsc::channel(READ_AHEAD);
        let reading = tokio::spawn(read(tail, sender));
        Self {
            journal,
            topic,
            lease,
            trouble,
            publisher,
            reader,
            _reading: AbortOnDropHandle::new(reading),
            renewed_at: Instant::now(),
            marked: 0,
            marked_at: Instant::now(),
        }
    }

    /// Publishes until `shutdown`, and then returns with everything settled and stored.
    pub async fn publish(&mut self, shutdown: &CancellationToken) -> Result<(), SessionError> {
        let mut stored_at = Instant::now();
        let mut stored = self.publisher.acknowledged().position;
        loop {
            let store_at = if self.publisher.acknowledged().position > stored {
                stored_at + STORE_EVERY
            } else {
                stored_at + RENEW_EVERY
            };
            let mark_at = self.mark_at();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return self.finish().await,
                () = tokio::time::sleep_until(store_at) => {
                    self.store().await?;
                    (stored_at, stored) = (Instant::now(), self.publisher.acknowledged().position);
                }
                () = tokio::time::sleep_until(mark_at) => self.mark()?,
                settled = self.publisher.settle(), if self.publisher.is_busy() => {
                    self.note_settled(settled?);
                    self.send_on(Vec::new())?;
                }
                read = self.reader.recv(), if self.publisher.has_room() => match read {
                    Some(events) => self.send_on(events?)?,
                    None => return Err(JournalError::from(sqlx::Error::WorkerCrashed).into()),
                }
            }
        }
    }

    /// Sends what was read, unless the lease may have run out while this process slept.
    fn send_on(&mut self, events: Vec<Arc<RecordedEvent>>) -> Result<(), SessionError> {
        if self.renewed_at.elapsed() > LEASE_TTL {
            return Err(SessionError::Fenced);
        }
        self.publisher.publish(events)?;
        if self.publisher.sent() - self.marked >= WATERMARK_EVENTS_MAX {
            self.mark()?;
        }
        Ok(())
    }

    fn mark_at(&self) -> Instant {
        let news = self.publisher.sent() > self.marked;
        self.marked_at
            + if news {
                WATERMARK_AFTER
            } else {
                WATERMARK_EVERY
            }
    }

    fn mark(&mut self) -> Result<(), SessionError> {
        self.marked_at = Instant::now();
        // While nothing is acknowledged, more watermarks would only fill the memory.
        if self.publisher.has_room() {
            self.publisher.mark()?;
            self.marked = self.publisher.sent();
        }
        Ok(())
    }

    fn note_settled(&mut self, events: u64) {
        self.trouble.over();
        metrics::counter!("daybook_relay_published_total").increment(events);
    }

    async fn store(&mut self) -> Result<(), SessionError> {
        let published = self.publisher.acknowledged();
        if !checkpoint::store(self.journal, self.lease, self.topic, published).await? {
            return Err(SessionError::Fenced);
        }
        self.renewed_at = Instant::now();
        let head = checkpoint::in_time(self.journal.head()).await?;
        let lag = head.saturating_sub(published.position);
        metrics::gauge!("daybook_relay_lag").set(lag as f64);
        Ok(())
    }

    /// Waits for what is on its way, within reason, and stores how far it came.
    async fn finish(&mut self) -> Result<(), SessionError> {
        let settling = async {
            while self.publisher.is_busy() {
                self.publisher.settle().await?;
            }
            Ok::<(), KafkaError>(())
        };
        let _ = tokio::time::timeout(FINISH_TIMEOUT, settling).await;
        self.store().await
    }
}

async fn read(mut tail: JournalTail, to: mpsc::Sender<Read>) {
    loop {
        let read = tail.next(CHUNK_EVENTS_MAX).await.map(|batch| batch.events);
        let failed = read.is_err();
        if to.send(read).await.is_err() || failed {
            return;
        }
    }
}
