//! Feeds: ordered batches of recorded events after a cursor.
//!
//! Two implementations behave alike under one conformance suite: the journal's tail
//! ([`crate::JournalTail`], one partition) and Kafka (in the crate `relay`). A cursor holds positions of
//! the journal, whatever carries the events, so a reader changes from one to the other freely.

use std::future::Future;
use std::sync::Arc;

use crate::{JournalError, Position, RecordedEvent, StreamId};

/// How far a reader has come: one position per partition of its feed. Every event of partition
/// `p` at or below `cursor.0[p]` has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub Vec<Position>);

impl Cursor {
    /// The same position in each of `partitions` partitions.
    pub fn at(position: Position, partitions: u32) -> Self {
        Self(vec![position; partitions as usize])
    }

    /// Every event at or below this position has been read, in every partition.
    pub fn low(&self) -> Position {
        self.0.iter().copied().min().unwrap_or(0)
    }

    /// No event above this position has been read.
    pub fn high(&self) -> Position {
        self.0.iter().copied().max().unwrap_or(0)
    }

    /// The number of partitions.
    pub fn partitions(&self) -> u32 {
        self.0.len() as u32
    }

    /// Whether this event lies after the cursor.
    pub fn is_before(&self, event: &RecordedEvent) -> bool {
        let partition = partition_of(&event.stream, self.partitions());
        event.position > self.0[partition as usize]
    }
}

/// Some events, and where the reader stands after them.
#[derive(Clone, Debug)]
pub struct FeedBatch {
    /// All after the cursor that the feed stood at; within a partition in the order of
    /// positions. Empty when only the cursor advanced (a watermark).
    pub events: Vec<Arc<RecordedEvent>>,
    /// The cursor after this batch.
    pub cursor: Cursor,
}

/// A feed could not go on.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The transport (Kafka) does not work. Opening the feed again later may help.
    #[error("the feed's transport failed: {0}")]
    Transport(String),
}

/// Ordered batches of events after a cursor.
pub trait Feed: Send {
    /// The next batch: at least one event or an advanced cursor, at most about `limit` events.
    /// Waits for as long as there is nothing; dropping the future loses nothing.
    fn next(&mut self, limit: usize) -> impl Future<Output = Result<FeedBatch, FeedError>> + Send;
}

/// Opens feeds: how a reader starts, and starts again after an error.
pub trait FeedSource: Clone + Send + Sync + 'static {
    /// What it opens.
    type Feed: Feed;

    /// How many partitions the feed has. Never changes for the life of a feed.
    fn partitions(&self) -> u32;

    /// Opens a feed after a cursor with that many partitions.
    fn open(&self, cursor: Cursor) -> impl Future<Output = Result<Self::Feed, FeedError>> + Send;
}

/// The partition of a stream: FNV-1a (64 bit) of the stream id's text modulo the count.
///
/// Fixed for ever: records published under another hash would change their partition and lose
/// their order.
pub fn partition_of(stream: &StreamId, partitions: u32) -> u32 {
    if partitions <= 1 {
        return 0;
    }
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let text = [
        stream.aggregate_type.as_bytes(),
        b"-",
        stream.aggregate_id.as_bytes(),
    ];
    let hash = text
        .iter()
        .copied()
        .flatten()
        .fold(OFFSET_BASIS, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(PRIME)
        });
    (hash % u64::from(partitions)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_never_move() {
        // Published records lie where these say.
        let of = |text: &str| partition_of(&text.parse().unwrap(), 12);
        assert_eq!(
            of("order-0190163d-8694-739b-aea5-966c26f8ad91"),
            of("order-0190163d-8694-739b-aea5-966c26f8ad91")
        );
        assert_eq!(
            [
                of("stock-1095275@main"),
                of("stock-6534178@main"),
                of("product-a")
            ],
            [4, 11, 2]
        );
    }
}
