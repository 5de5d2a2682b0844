//! The journal: Daybook's book of original entry, one dense, totally ordered log in Postgres.
//!
//! **Knows** recorded events: how they are appended ([`Writer`]), read ([`Journal`]), followed
//! ([`Feed`], [`JournalTail`]), claimed ([`ClaimKey`]), upcast ([`Upcasters`]), snapshotted and
//! imported. It is the only writer of events, and writes them through one SQL function,
//! `journal.append` (`migrations/0003_append.sql`), which the server's role may execute and
//! may not go around.
//!
//! **Must never know** what an event means, HTTP, or Kafka.
//!
//! What holds, and everything else relies on:
//! - positions are 1, 2, 3 … without a gap, in commit order; a reader that has seen position `n`
//!   will never see an event at or below `n` appear later;
//! - a command's events are appended whole or not at all, to however many streams;
//! - a stream's sequence is 1, 2, 3 … without a gap;
//! - nothing is changed or deleted, by anybody.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod append;
mod claim;
mod cloud_event;
mod cqrs;
mod error;
mod event;
mod feed;
pub mod import;
mod kinds;
mod lease;
mod open;
mod read;
mod recent;
mod replay;
mod shards;
mod snapshot;
mod stream;
mod tail;
mod upcast;
mod vault;
mod writer;

pub use append::{Batch, CommandOutcome, Outcomes, PendingCommand, Seen};
pub use claim::ClaimKey;
pub use cqrs::{JournalContext, JournalStore};
pub use error::{AppendError, JournalError};
pub use event::{Metadata, MetadataTemplate, NewEvent, RecordedEvent};
pub use feed::{Cursor, Feed, FeedBatch, FeedError, FeedSource, partition_of};
pub use kinds::{EventKind, UnreadableKind};
pub use lease::Lease;
pub use open::{Journal, JournalOptions};
pub use read::READ_LIMIT_MAX;
pub use replay::ReplayedEvent;
pub use shards::{Shard, Shards};
pub use snapshot::Snapshot;
pub use sqlx::Error as ConnectionError;
pub use stream::StreamId;
pub use tail::{JournalTail, TailSource};
pub use upcast::Upcasters;
pub use vault::{NewSecret, SECRETS_READ_MAX, SecretWrite, StoredSecret, Vault};
pub use writer::Writer;

/// The number of an event in the journal: 1, 2, 3 … in commit order. 0 stands before the first.
pub type Position = u64;

/// The number of an event in its stream: 1, 2, 3 … A stream's version is that of its last event.
pub type Sequence = u64;
