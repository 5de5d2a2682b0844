//! The Kafka feed: what the relay published, with every hole filled from the journal.
//!
//! A feed goes on in one of three ways:
//! - it *takes records* as the hub hands them on, as long as each names as the one before it what
//!   the feed has already passed in that partition;
//! - it *repairs*: a record that names one that the feed has not passed is kept while the journal
//!   is read up to there;
//! - it *follows the journal*, as the tail does, while any partition is silent: at the beginning
//!   (so retention never limits a rebuild), when the broker is away, or the topic, or the relay.
//!
//! Whatever Kafka then brings a second time lies at or below the cursor and is dropped. Nothing
//! is ever waited for in Kafka, so losing records costs time and nothing else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use journal::{
    Cursor, Feed, FeedBatch, FeedError, FeedSource, JournalError, Position, RecordedEvent,
    TailSource,
};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::time::Instant;

use crate::hub::Hub;
use crate::options::RelayOptions;
use crate::record::{Body, Record};

/// How long the quietest partition may be silent before the journal is followed instead. Two
/// watermarks may be lost.
const SILENCE_MAX: Duration = Duration::from_millis(2_500);

/// How often the journal is asked while it is followed: at first, doubling, and at its end.
const POLL_MIN: Duration = Duration::from_millis(2);
const POLL_MAX: Duration = Duration::from_millis(50);

/// How far a partition of the topic may lie behind the feed and still count as heard: less than what the
/// hub keeps. One that is read again from long ago is as good as silent.
const NEAR_EVENTS: Position = 8_192;

/// How many records are looked at for one batch; a long run of repeats must not keep the caller waiting.
const RECORDS_MAX: usize = 16_384;

/// Opens feeds over a topic. They share one consumer.
#[derive(Clone)]
pub struct KafkaSource(Arc<Shared>);

struct Shared {
    tail: TailSource,
    partitions: u32,
    hub: Hub,
    /// Which journal it is: the id of its first event, once there is one.
    journal: OnceLock<String>,
    carried: Counters,
}

#[derive(Default)]
struct Counters {
    by_kafka: AtomicU64,
    by_journal: AtomicU64,
    holes: AtomicU64,
}

/// What the feeds of a source have delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Events that came through Kafka.
    pub by_kafka: u64,
    /// Events that were read from the journal.
    pub by_journal: u64,
    /// Holes that were found in Kafka and filled from the journal.
    pub holes: u64,
}

impl KafkaSource {
    /// A source over the topic that the relay of this journal publishes to; `tail` is shared with
    /// the process' other readers.
    #[must_use]
    pub fn new(tail: TailSource, options: RelayOptions) -> Self {
        Self(Arc::new(Shared {
            tail,
            partitions: options.partitions,
            hub: Hub::new(options),
            journal: OnceLock::new(),
            carried: Counters::default(),
        }))
    }

    /// What its feeds have delivered so far, and which way it came.
    pub fn carried(&self) -> Carried {
        let Counters {
            by_kafka,
            by_journal,
            holes,
        } = &self.0.carried;
        Carried {
            by_kafka: by_kafka.load(Ordering::Relaxed),
            by_journal: by_journal.load(Ordering::Relaxed),
            holes: holes.load(Ordering::Relaxed),
        }
    }
}

impl FeedSource for KafkaSource {
    type Feed = KafkaFeed;

    fn partitions(&self) -> u32 {
        self.0.partitions
    }

    async fn open(&self, cursor: Cursor) -> Result<KafkaFeed, FeedError> {
        if cursor.partitions() != self.0.partitions {
            return Err(FeedError::Transport(format!(
                "a cursor of {} partitions does not fit a topic of {}",
                cursor.partitions(),
                self.0.partitions
            )));
        }
        Ok(KafkaFeed {
            // Heard before the journal is read, so that what is missed by the one is in the other.
            records: self.0.hub.listen(),
            source: self.0.clone(),
            heard: vec![None; cursor.0.len()],
            cursor,
            kept: None,
            repair_to: 0,
            pause: POLL_MIN,
        })
    }
}

impl Shared {
    /// Which journal it is; `None` while it is empty.
    async fn journal(&self) -> Result<Option<&str>, JournalError> {
        if self.journal.get().is_none()
            && let Some(first) = self.tail.read(0, 1).await?.first()
        {
            let _ = self.journal.set(first.metadata().event_id);
        }
        Ok(self.journal.get().map(String::as_str))
    }
}

/// A feed over a topic.
pub struct KafkaFeed {
    source: Arc<Shared>,
    records: broadcast::Receiver<Arc<Record>>,
    /// A record that was taken from the hub and has not been judged yet, or waits for a repair.
    kept: Option<Arc<Record>>,
    cursor: Cursor,
    /// The journal is to be read until every partition has passed this.
    repair_to: Position,
    /// When something that is not old last came from each partition.
    heard: Vec<Option<Instant>>,
    /// How long the journal is left alone next time that it has nothing new.
    pause: Duration,
}

/// What a record is to a feed that stands at a cursor.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Another journal's.
    Foreign,
    /// The feed has passed it long ago.
    Old,
    /// The feed has passed it, or stands there: Kafka is about as far.
    Passed,
    /// The next of its partition.
    Next,
    /// Something before it has not been seen: read the journal up to here.
    Hole(Position),
}

impl Feed for KafkaFeed {
    async fn next(&mut self, limit: usize) -> Result<FeedBatch, FeedError> {
        loop {
            if self.cursor.low() < self.repair_to {
                if let Some(batch) = self.repair(limit).await? {
                    return Ok(batch);
                }
                continue;
            }
            let source = self.source.clone();
            let journal = source.journal().await?;
            if let Some(batch) = self.take_records(journal, limit) {
                return Ok(batch);
            }
            match self.silent_at() {
                Some(silent_at) => self.listen(silent_at).await,
                None => {
                    if let Some(batch) = self.follow_journal(limit).await? {
                        return Ok(batch);
                    }
                }
            }
        }
    }
}

// In all of these nothing suspends between taking something and handing it out or keeping it in
// `self`: a caller may drop `next` at any time.
impl KafkaFeed {
    /// Reads on in the journal; `None` if it ends before the repair does.
    async fn repair(&mut self, limit: usize) -> Result<Option<FeedBatch>, FeedError> {
        let events = self.source.tail.read(self.cursor.low(), limit).await?;
        if events.is_empty() {
            // A record that names what the journal does not have: not this journal's, whatever it says.
            self.repair_to = 0;
            self.kept = None;
            return Ok(None);
        }
        Ok(Some(self.pass(events)))
    }

    /// Hands out what the journal has next; `None` when it has nothing yet, or Kafka speaks again.
    ///
    /// A read is never raced against records: giving up a query costs more than waiting for it.
    async fn follow_journal(&mut self, limit: usize) -> Result<Option<FeedBatch>, FeedError> {
        let events = self.source.tail.read(self.cursor.low(), limit).await?;
        if !events.is_empty() {
            self.pause = POLL_MIN;
            return Ok(Some(self.pass(events)));
        }
        self.listen(Instant::now() + self.pause).await;
        self.pause = (self.pause * 2).min(POLL_MAX);
        Ok(None)
    }

    /// Waits for a record, but not beyond `until`.
    async fn listen(&mut self, until: Instant) {
        if let Ok(Ok(record)) = tokio::time::timeout_at(until, self.records.recv()).await {
            self.kept = Some(record);
        }
    }

    /// Takes what is there, without waiting.
    fn take_records(&mut self, journal: Option<&str>, limit: usize) -> Option<FeedBatch> {
        let (mut events, mut advanced) = (Vec::new(), false);
        for _ in 0..RECORDS_MAX {
            if events.len() >= limit {
                break;
            }
            let Some(record) = self.take_record() else {
                break;
            };
            let partition = record.partition as usize;
            let verdict = judge(&record, journal, self.cursor.0[partition]);
            match verdict {
                Verdict::Foreign => {
                    metrics::counter!("daybook_feed_foreign_records_total").increment(1);
                }
                Verdict::Old => {}
                Verdict::Passed => self.heard[partition] = Some(Instant::now()),
                Verdict::Next => {
                    self.heard[partition] = Some(Instant::now());
                    self.cursor.0[partition] = record.position();
                    advanced = true;
                    if let Body::Event(event) = &record.body {
                        events.push(event.clone());
                    }
                }
                Verdict::Hole(to) => {
                    self.note_hole();
                    (self.kept, self.repair_to) = (Some(record), to);
                    break;
                }
            }
        }
        count(&self.source.carried.by_kafka, "kafka", events.len());
        advanced.then(|| FeedBatch {
            events,
            cursor: self.cursor.clone(),
        })
    }

    fn take_record(&mut self) -> Option<Arc<Record>> {
        if let Some(kept) = self.kept.take() {
            return Some(kept);
        }
        loop {
            match self.records.try_recv() {
                Ok(record) => return Some(record),
                // What was missed shows itself as a hole.
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
    }

    /// Passes events of the journal that go on from the lowest partition's place.
    fn pass(&mut self, mut events: Vec<Arc<RecordedEvent>>) -> FeedBatch {
        let through = events.last().map_or(0, |event| event.position);
        events.retain(|event| self.cursor.is_before(event));
        for position in &mut self.cursor.0 {
            *position = through.max(*position);
        }
        count(&self.source.carried.by_journal, "journal", events.len());
        FeedBatch {
            events,
            cursor: self.cursor.clone(),
        }
    }

    /// When a partition will have been silent for too long; `None` when one has.
    fn silent_at(&self) -> Option<Instant> {
        let mut quietest = Instant::now();
        for heard in &self.heard {
            quietest = quietest.min((*heard)?);
        }
        let silent_at = quietest + SILENCE_MAX;
        (silent_at > Instant::now()).then_some(silent_at)
    }

    fn note_hole(&self) {
        self.source.carried.holes.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("daybook_feed_holes_total").increment(1);
    }
}

fn count(counter: &AtomicU64, way: &'static str, events: usize) {
    counter.fetch_add(events as u64, Ordering::Relaxed);
    metrics::counter!("daybook_feed_events_total", "way" => way).increment(events as u64);
}

/// What a record is to a feed of `journal` that has passed `at` in the record's partition.
fn judge(record: &Record, journal: Option<&str>, at: Position) -> Verdict {
    let position = record.position();
    if journal != Some(&record.journal) {
        Verdict::Foreign
    } else if position + NEAR_EVENTS < at {
        Verdict::Old
    } else if position <= at {
        Verdict::Passed
    } else if record.previous > at {
        Verdict::Hole(record.previous)
    } else {
        Verdict::Next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_judged_by_what_it_names_before_it() {
        let record = |previous, watermark| Record {
            partition: 0,
            journal: "ours".into(),
            previous,
            body: Body::Watermark(watermark),
        };
        const AT: Position = 50_000;
        let judged = |previous, watermark| judge(&record(previous, watermark), Some("ours"), AT);
        assert_eq!(judged(AT, AT + 2), Verdict::Next);
        // The feed may stand between the two.
        assert_eq!(judged(AT - 3, AT + 2), Verdict::Next);
        assert_eq!(judged(AT + 1, AT + 2), Verdict::Hole(AT + 1));
        assert_eq!(judged(AT - 3, AT), Verdict::Passed);
        assert_eq!(judged(AT - 3, AT - 1), Verdict::Passed);
        assert_eq!(judged(3, 7), Verdict::Old);
        for journal in [None, Some("theirs"), Some("")] {
            let verdict = judge(&record(AT, AT + 2), journal, AT);
            assert_eq!(verdict, Verdict::Foreign);
        }
    }
}
