//! Publishing: one producer, from a checkpoint on.
//!
//! Events go to the producer in chunks, several of them on their way at once. Each remembers what
//! has been published when it and all before it have been acknowledged, and they are settled in
//! the order in which they were sent: so what counts as published is contiguous by construction.

use std::collections::VecDeque;
use std::sync::Arc;

use journal::{Position, RecordedEvent, partition_of};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};
use tokio::time::Instant;

use crate::client::{DroppedAside, Quiet};
use crate::options::{DELIVERY_TIMEOUT, RelayOptions};
use crate::record::{self, Link};

/// How many chunks may be on their way. With the chunk's size, the bound of what is in memory.
const CHUNKS_MAX: usize = 8;

/// How many events the reader hands over at a time.
pub(crate) const CHUNK_EVENTS_MAX: usize = 1_000;

/// What has been published: everything at or below `position`; and per partition the last
/// position at or below it, from which the `previous` header goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub position: Position,
    pub last_in_partition: Vec<Position>,
}

impl Published {
    pub fn nothing(partitions: u32) -> Self {
        Self {
            position: 0,
            last_in_partition: vec![0; partitions as usize],
        }
    }
}

/// Records on their way, and what has been published once they have arrived.
struct Chunk {
    after: Published,
    sent_at: Instant,
    deliveries: VecDeque<DeliveryFuture>,
}

/// Publishes from a checkpoint on. An error leaves nothing to be trusted of it: begin anew from
/// the checkpoint.
pub(crate) struct Publisher {
    producer: DroppedAside<FutureProducer<Quiet>>,
    options: RelayOptions,
    /// Which journal it is: the id of its first event, empty while there is none.
    journal: String,
    /// What was handed over and found the producer's queue full.
    waiting: VecDeque<Arc<RecordedEvent>>,
    sent: Published,
    on_their_way: VecDeque<Chunk>,
    acknowledged: Published,
}

impl Publisher {
    pub fn new(
        options: &RelayOptions,
        journal: String,
        from: Published,
    ) -> Result<Self, KafkaError> {
        Ok(Self {
            producer: DroppedAside::new(options.producer().create_with_context(Quiet)?),
            options: options.clone(),
            journal,
            waiting: VecDeque::new(),
            sent: from.clone(),
            on_their_way: VecDeque::new(),
            acknowledged: from,
        })
    }

    /// The last position that was sent.
    pub fn sent(&self) -> Position {
        self.sent.position
    }

    /// What the brokers have, without a gap.
    pub fn acknowledged(&self) -> &Published {
        &self.acknowledged
    }

    /// Whether anything has been sent that is not acknowledged.
    pub fn is_busy(&self) -> bool {
        !self.on_their_way.is_empty()
    }

    /// Whether it takes more events now.
    pub fn has_room(&self) -> bool {
        self.waiting.is_empty() && self.on_their_way.len() < CHUNKS_MAX
    }

    /// Takes the events that follow on what it was given before, and sends what it can.
    pub fn publish(&mut self, events: Vec<Arc<RecordedEvent>>) -> Result<(), KafkaError> {
        if let Some(first) = events.first().filter(|event| event.position == 1) {
            self.journal = first.metadata().event_id;
        }
        self.waiting.extend(events);
        self.send_waiting()
    }

    /// Sends what waits until the producer's queue is full.
    pub fn send_waiting(&mut self) -> Result<(), KafkaError> {
        let from = self.sent.position;
        let mut deliveries = VecDeque::with_capacity(self.waiting.len());
        while let Some(event) = self.waiting.front().cloned() {
            match self.send_event(&event) {
                Ok(delivery) => deliveries.push_back(delivery),
                Err(error) => match error.rdkafka_error_code() {
                    Some(RDKafkaErrorCode::QueueFull)
                        if self.is_busy() || !deliveries.is_empty() =>
                    {
                        break;
                    }
                    Some(RDKafkaErrorCode::MessageSizeTooLarge) => note_left_out(&event),
                    _ => return Err(error),
                },
            }
            self.waiting.pop_front();
            let partition = partition_of(&event.stream, self.options.partitions);
            self.sent.last_in_partition[partition as usize] = event.position;
            self.sent.position = event.position;
        }
        if self.sent.position > from {
            self.on_their_way.push_back(Chunk {
                after: self.sent.clone(),
                sent_at: Instant::now(),
                deliveries,
            });
        }
        Ok(())
    }

    fn send_event(&self, event: &RecordedEvent) -> Result<DeliveryFuture, KafkaError> {
        let partition = partition_of(&event.stream, self.options.partitions);
        let headers = record::event_headers(event, &self.link(partition));
        let key = event.stream.to_string();
        self.send(partition, Some((&key, &event.payload)), headers)
    }

    /// Tells every partition that all up to the last position sent is there, or on its way ahead of this.
    pub fn mark(&mut self) -> Result<(), KafkaError> {
        let mut deliveries = VecDeque::with_capacity(self.options.partitions as usize);
        for partition in 0..self.options.partitions {
            let headers = record::watermark_headers(self.sent.position, &self.link(partition));
            deliveries.push_back(self.send(partition, None, headers)?);
        }
        self.on_their_way.push_back(Chunk {
            after: self.sent.clone(),
            sent_at: Instant::now(),
            deliveries,
        });
        Ok(())
    }

    fn link(&self, partition: u32) -> Link<'_> {
        Link {
            journal: &self.journal,
            previous: self.sent.last_in_partition[partition as usize],
        }
    }

    fn send(
        &self,
        partition: u32,
        body: Option<(&str, &str)>,
        headers: OwnedHeaders,
    ) -> Result<DeliveryFuture, KafkaError> {
        let record = FutureRecord {
            topic: &self.options.topic,
            partition: i32::try_from(partition).ok(),
            payload: body.map(|(_, payload)| payload),
            key: body.map(|(key, _)| key),
            timestamp: None,
            headers: Some(headers),
        };
        let producer = self.producer.get().ok_or(KafkaError::Canceled)?;
        producer
            .send_result::<str, str>(record)
            .map_err(|(error, _)| error)
    }

    /// Waits until the oldest chunk has been acknowledged. Returns how many positions the
    /// acknowledged have advanced, or an error when that took longer than `DELIVERY_TIMEOUT`. Dropping the future
    /// loses nothing.
    pub async fn settle(&mut self) -> Result<u64, KafkaError> {
        let Some(oldest) = self.on_their_way.front_mut() else {
            return Ok(0);
        };
        let deadline = oldest.sent_at + DELIVERY_TIMEOUT;
        while let Some(delivery) = oldest.deliveries.front_mut() {
            let Ok(delivered) = tokio::time::timeout_at(deadline, delivery).await else {
                return Err(KafkaError::MessageProduction(
                    RDKafkaErrorCode::MessageTimedOut,
                ));
            };
            match delivered {
                Ok(Ok(_)) => {}
                // The topic takes less than the producer: the same as if it had been left out.
                Ok(Err((
                    KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge),
                    _,
                ))) => {
                    tracing::warn!(
                        topic = self.options.topic,
                        through = oldest.after.position,
                        "the topic refused a record for its size; readers will find it in the journal"
                    );
                }
                Ok(Err((error, _))) => return Err(error),
                Err(_) => return Err(KafkaError::Canceled),
            }
            oldest.deliveries.pop_front();
        }
        let before = self.acknowledged.position;
        if let Some(settled) = self.on_their_way.pop_front() {
            self.acknowledged = settled.after;
        }
        Ok(self.acknowledged.position - before)
    }
}

/// A record that Kafka would not take must not stop all that follow. The next one of its partition
/// names it, and readers fetch it from the journal.
fn note_left_out(event: &RecordedEvent) {
    tracing::warn!(position = event.position, stream.id = %event.stream, bytes = event.payload.len(), "an event is too large for Kafka; readers will find it in the journal");
}
