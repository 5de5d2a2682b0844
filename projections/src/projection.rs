//! What a projection is: a name, a version, tables, and how events are posted into them.

use std::collections::BTreeMap;

use domain::value::Timestamp;
use futures::future::BoxFuture;
use journal::{FeedBatch, Metadata, Position, RecordedEvent, Sequence, StreamId};
use serde::Deserialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Every projection, in the order in which they are listed.
pub const ALL: &[&Projection] = &[
    &crate::product_listing::PROJECTION,
    &crate::product_page::PROJECTION,
    &crate::stock_level::PROJECTION,
    &crate::customer_orders::PROJECTION,
    &crate::order_detail::PROJECTION,
    &crate::order_timeline::PROJECTION,
    &crate::payment_detail::PROJECTION,
    &crate::payment_ledger::PROJECTION,
    &crate::sales::PROJECTION,
    &crate::timer::PROJECTION,
    &crate::attention::PROJECTION,
    &crate::account_directory::PROJECTION,
    &crate::client_directory::PROJECTION,
    &crate::live_revocations::PROJECTION,
];

/// The projection of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Projection> {
    ALL.iter()
        .copied()
        .find(|projection| projection.name == name)
}

/// A query table and how it is kept. All constants: a projection holds no state.
#[derive(Clone, Debug)]
pub struct Projection {
    /// Its name: also its checkpoint's, its lease's and its main table's.
    pub name: &'static str,
    /// Raised when its rows would come out differently: the tables are then rebuilt at start-up.
    pub version: i32,
    /// Its tables, so that a rebuild can move them.
    pub tables: &'static [&'static str],
    /// Makes the tables. Names are unqualified: they are made live and beside.
    pub tables_sql: &'static str,
    /// Makes what speeds readers up and the load down: a rebuild does it after the load.
    pub indexes_sql: &'static str,
    /// The types of the aggregates whose events it posts.
    pub aggregate_types: &'static [&'static str],
    /// Which of their events it posts, by type: a worker does not even decode the others.
    pub posts: fn(&str) -> bool,
    /// The types of aggregates whose events it posts together with their metadata: reading it has a price.
    pub metadata_of: &'static [&'static str],
    /// Which of its documents readers keep in memory, if any.
    pub documents: Option<KeptDocuments>,
    /// Posts a batch.
    pub post: Post,
}

/// Every event of its aggregates is posted.
#[must_use]
pub const fn every_event(_event_type: &str) -> bool {
    true
}

/// Documents that the readers of a process keep in memory while it posts them.
#[derive(Clone, Copy, Debug)]
pub struct KeptDocuments {
    /// Under which id the document is kept that an event of this stream changes, if any.
    pub of: fn(&StreamId) -> Option<Uuid>,
    /// Most bytes of them; those that were read last stay.
    pub bytes_max: usize,
}

impl KeptDocuments {
    /// Room for a few thousand documents of a few kilobytes: those that are being asked for at the time.
    pub const SOME: usize = 16 * 1024 * 1024;

    /// Each under the id of the stream that it shows.
    #[must_use]
    pub const fn by_stream(bytes_max: usize) -> Self {
        Self {
            of: |stream| stream.aggregate_id.parse().ok(),
            bytes_max,
        }
    }
}

/// Posts events into the tables on the connection's search path,
/// inside its open transaction.
pub type Post =
    for<'a> fn(&'a mut PgConnection, &'a Postings) -> BoxFuture<'a, Result<(), PostError>>;

/// A batch on its way into query tables, by the type of the aggregate; of one type in the journal's order.
///
/// Between types there is no order: a view over several streams comes out the same however they
/// are mixed.
#[derive(Clone, Debug, Default)]
pub struct Postings(BTreeMap<&'static str, Vec<Posting>>);

impl Postings {
    /// The events of this aggregate type.
    #[must_use]
    pub fn of(&self, aggregate_type: &str) -> &[Posting] {
        self.0.get(aggregate_type).map_or(&[], Vec::as_slice)
    }

    /// Whether there is anything to post for a projection.
    #[must_use]
    pub fn concern(&self, projection: &Projection) -> bool {
        let mut types = projection.aggregate_types.iter();
        types.any(|aggregate_type| !self.of(aggregate_type).is_empty())
    }

    /// Adds the next event.
    pub(crate) fn push(&mut self, posting: Posting) {
        self.0
            .entry(posting.event.aggregate_type())
            .or_default()
            .push(posting);
    }
}

/// An event on its way into query tables.
#[derive(Clone, Debug)]
pub struct Posting {
    /// Its number in the journal.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Its stream.
    pub stream: StreamId,
    /// Its number in the stream.
    pub sequence: Sequence,
    /// What happened.
    pub event: domain::Event,
    /// JSON of its metadata, if a projection asks for that of its aggregate type.
    pub metadata: Option<Box<str>>,
}

/// A batch could not be posted. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// Postgres is away or refused.
    #[error("the query tables' database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// One event cannot be posted, today or tomorrow: poison.
    #[error("the event at position {position} ({stream}) cannot be posted: {reason}")]
    Poison {
        /// Where it is.
        position: Position,
        /// In which stream.
        stream: StreamId,
        /// What was wrong.
        reason: String,
    },
    /// A row does not hold what was written there: the tables were changed by hand, or by a
    /// version that kept its number.
    #[error("a row of {table} cannot be read back: {reason}; rebuild the projection")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What was wrong.
        reason: String,
    },
}

impl PostError {
    /// Whether it would come again today and tomorrow: an event that cannot be posted, a row that is not as it was
    /// written, or one that Postgres refuses (SQLSTATE classes 22 and 23). Everything else passes by itself.
    pub(crate) fn is_lasting(&self) -> bool {
        match self {
            Self::Poison { .. } | Self::Corrupt { .. } => true,
            Self::Database(error) => {
                let code = error
                    .as_database_error()
                    .and_then(sqlx::error::DatabaseError::code);
                code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
            }
        }
    }
}

impl Projection {
    /// Whether it posts events of this aggregate type.
    #[must_use]
    pub fn concerns(&self, aggregate_type: &str) -> bool {
        self.aggregate_types.contains(&aggregate_type)
    }

    /// Whether it posts any event of a batch.
    pub(crate) fn is_concerned(&self, batch: &FeedBatch) -> bool {
        let mut events = batch.events.iter();
        events.any(|event| self.takes(event))
    }

    /// Whether it posts an event.
    pub(crate) fn takes(&self, event: &RecordedEvent) -> bool {
        self.concerns(&event.stream.aggregate_type) && (self.posts)(&event.event_type)
    }

    /// Decodes those events of a batch that it posts.
    ///
    /// # Errors
    /// [`PostError::Poison`] for the first event that cannot be read. Its key is to be parked
    /// and the rest to flow on, once parking exists; today the projection stops before it.
    pub fn decode<'a>(
        &self,
        events: impl IntoIterator<Item = &'a RecordedEvent>,
    ) -> Result<Postings, PostError> {
        let mut postings = Postings::default();
        for event in events {
            if self.takes(event) {
                let aggregate_type = &*event.stream.aggregate_type;
                let with_metadata = self.metadata_of.contains(&aggregate_type);
                let metadata = with_metadata.then(|| event.metadata.as_str().into());
                postings.push(Posting::decode(event, metadata)?);
            }
        }
        Ok(postings)
    }
}

impl Posting {
    fn decode(recorded: &RecordedEvent, metadata: Option<Box<str>>) -> Result<Self, PostError> {
        Self::new(
            recorded.position,
            recorded.recorded_at,
            recorded.stream.clone(),
            recorded.sequence,
            &recorded.payload,
            metadata,
        )
    }

    /// The posting of a recorded event.
    pub(crate) fn new(
        position: Position,
        recorded_at: OffsetDateTime,
        stream: StreamId,
        sequence: Sequence,
        payload: &str,
        metadata: Option<Box<str>>,
    ) -> Result<Self, PostError> {
        match domain::Event::decode(&stream.aggregate_type, payload) {
            Ok(event) => Ok(Self {
                position,
                recorded_at: Timestamp::try_from(recorded_at).unwrap_or(Timestamp::EPOCH),
                stream,
                sequence,
                event,
                metadata,
            }),
            Err(error) => Err(PostError::Poison {
                position,
                stream,
                reason: error.to_string(),
            }),
        }
    }

    /// The id of the event. One that was taken over from elsewhere may have none: then one is made of its
    /// place in its stream, always the same.
    pub(crate) fn event_id(&self) -> Uuid {
        #[derive(Deserialize)]
        struct Named<'a> {
            #[serde(borrow)]
            event_id: &'a str,
        }
        let metadata = self.metadata.as_deref().unwrap_or_default();
        let named = serde_json::from_str(metadata).ok();
        let id = named.and_then(|named: Named<'_>| named.event_id.parse().ok());
        id.unwrap_or_else(|| {
            let place = format!("{}#{}", self.stream, self.sequence);
            Uuid::new_v5(&Uuid::NAMESPACE_OID, place.as_bytes())
        })
    }

    /// Who, by which command, and why; empty fields where that was not recorded.
    pub(crate) fn metadata(&self) -> Metadata {
        let metadata = self.metadata.as_deref().unwrap_or_default();
        serde_json::from_str(metadata).unwrap_or_default()
    }

    /// The error of an event that cannot be posted.
    pub(crate) fn poison(&self, reason: impl Into<String>) -> PostError {
        PostError::Poison {
            position: self.position,
            stream: self.stream.clone(),
            reason: reason.into(),
        }
    }

    /// The id of its aggregate.
    pub(crate) fn id<I: std::str::FromStr<Err: std::fmt::Display>>(&self) -> Result<I, PostError> {
        self.stream
            .aggregate_id
            .parse()
            .map_err(|error: I::Err| self.poison(error.to_string()))
    }

    /// Asserts, before a row is written, that this event follows on from what the row has: an
    /// event posted twice or left out would show here.
    pub(crate) fn follows(&self, version: u64) -> Result<(), PostError> {
        if self.sequence == version + 1 {
            return Ok(());
        }
        Err(self.poison(format!(
            "it is number {} of its stream, but the row is at version {version}; rebuild the projection",
            self.sequence
        )))
    }
}
