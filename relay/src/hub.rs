//! The hub: one consumer per process, whose records all feeds of the process hear.
//!
//! It reads the end of every partition and hands each record on, decoded once, through a ring of
//! bounded length; a feed that is too slow for the ring misses some, which is a hole like any
//! other. So the hub need not be right, only quick: it begins at the end, skips what it cannot
//! read, and takes a new consumer whenever the old one fails or goes silent.
//!
//! A thread, because librdkafka's calls wait. It starts with the first feed and ends with the source.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Message, Offset, TopicPartitionList};
use tokio::sync::broadcast;

use crate::client::Quiet;
use crate::options::{ADMIN_TIMEOUT, RelayOptions};
use crate::record::{self, Record};
use crate::trouble::{Gravity, Trouble};

/// How many records a feed may lie behind the hub before it is sent to the journal.
const RING_RECORDS: usize = 8_192;

/// How long one poll waits; also how soon the hub sees that it is to stop.
const POLL: Duration = Duration::from_millis(100);

/// A relay writes to every partition every second; after this much silence in one of them the consumer is
/// made anew: it may hang on a topic that is no more.
const SILENCE_MAX: Duration = Duration::from_secs(6);

/// Hands records on to feeds.
pub(crate) struct Hub {
    options: RelayOptions,
    ring: broadcast::Sender<Arc<Record>>,
    stopped: Arc<AtomicBool>,
    started: Mutex<bool>,
}

impl Hub {
    pub fn new(options: RelayOptions) -> Self {
        Self {
            options,
            ring: broadcast::Sender::new(RING_RECORDS),
            stopped: Arc::default(),
            started: Mutex::new(false),
        }
    }

    /// Hears every record from now on, as well as the hub can.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Record>> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if !*started {
            let listener = Listener {
                options: self.options.clone(),
                ring: self.ring.clone(),
                stopped: self.stopped.clone(),
                trouble: Trouble::new("reading from Kafka", &self.options.topic),
            };
            let thread = std::thread::Builder::new().name("kafka-hub".to_owned());
            match thread.spawn(move || listener.run()) {
                Ok(_) => *started = true,
                Err(error) => {
                    tracing::warn!(%error, "no thread for Kafka; the journal is read instead");
                }
            }
        }
        self.ring.subscribe()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

struct Listener {
    options: RelayOptions,
    ring: broadcast::Sender<Arc<Record>>,
    stopped: Arc<AtomicBool>,
    trouble: Trouble,
}

/// Why a consumer is given up.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{0}")]
    Kafka(#[from] KafkaError),
    #[error("the topic has {0} partitions and must have {1}")]
    Partitions(usize, u32),
    #[error("nothing came for {SILENCE_MAX:?}: is a relay running?")]
    Silence,
}

impl Listener {
    fn run(mut self) {
        while !self.is_stopped() {
            let outcome = attach(&self.options).and_then(|consumer| self.hand_on(&consumer));
            if let Err(error) = outcome {
                let pause = self.trouble.failed(Gravity::Passing, &error);
                self.pause(pause);
            }
        }
    }

    /// Hands records on until the consumer is of no more use, or the hub is to stop.
    fn hand_on(&mut self, consumer: &BaseConsumer<Quiet>) -> Result<(), Lost> {
        let mut heard = vec![Instant::now(); self.options.partitions as usize];
        let mut looked = Instant::now();
        while !self.is_stopped() {
            match consumer.poll(POLL) {
                Some(Ok(message)) => {
                    self.trouble.over();
                    let partition = usize::try_from(message.partition()).unwrap_or(usize::MAX);
                    if let Some(heard) = heard.get_mut(partition) {
                        *heard = Instant::now();
                    }
                    match record::read(&message, self.options.partitions) {
                        // Nobody listening is no error.
                        Some(record) => drop(self.ring.send(Arc::new(record))),
                        None => {
                            metrics::counter!("daybook_feed_unreadable_records_total").increment(1)
                        }
                    }
                }
                Some(Err(error)) if passes_by_itself(&error) => {}
                Some(Err(error)) => return Err(error.into()),
                None => {}
            }
            if looked.elapsed() > POLL {
                looked = Instant::now();
                if heard.iter().any(|heard| heard.elapsed() > SILENCE_MAX) {
                    return Err(Lost::Silence);
                }
            }
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while Instant::now() < until && !self.is_stopped() {
            std::thread::sleep(POLL.min(pause));
        }
    }
}

/// A consumer at the end of every partition.
fn attach(options: &RelayOptions) -> Result<BaseConsumer<Quiet>, Lost> {
    let consumer: BaseConsumer<Quiet> = options.consumer().create_with_context(Quiet)?;
    let metadata = consumer.fetch_metadata(Some(&options.topic), ADMIN_TIMEOUT)?;
    for topic in metadata.topics() {
        if let Some(error) = topic.error() {
            return Err(KafkaError::MetadataFetch(error.into()).into());
        }
        if topic.partitions().len() != options.partitions as usize {
            let found = topic.partitions().len();
            return Err(Lost::Partitions(found, options.partitions));
        }
    }
    let mut assignment = TopicPartitionList::new();
    for partition in 0..i32::try_from(options.partitions).unwrap_or(i32::MAX) {
        assignment.add_partition_offset(&options.topic, partition, Offset::End)?;
    }
    consumer.assign(&assignment)?;
    Ok(consumer)
}

/// What librdkafka mends itself: it connects again, and goes on where it was.
fn passes_by_itself(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::PartitionEOF
        )
    )
}
