//! What a projection is: a name, a version, tables, and how events are posted into them.

use domain::value::Timestamp;
use futures::future::BoxFuture;
use journal::{Position, RecordedEvent, Sequence, StreamId};
use sqlx::PgConnection;

/// Every projection, in the order in which they are listed.
pub const ALL: &[&Projection] = &[
    &crate::product_listing::PROJECTION,
    &crate::product_page::PROJECTION,
    &crate::stock_level::PROJECTION,
    &crate::customer_orders::PROJECTION,
    &crate::order_detail::PROJECTION,
    &crate::sales::PROJECTION,
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
    /// Posts a batch.
    pub post: Post,
}

/// Posts events, in the order of their streams, into the tables on the connection's search path,
/// inside its open transaction.
pub type Post =
    for<'a> fn(&'a mut PgConnection, &'a [Posting]) -> BoxFuture<'a, Result<(), PostError>>;

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

impl Projection {
    /// Whether it posts events of this aggregate type.
    #[must_use]
    pub fn concerns(&self, aggregate_type: &str) -> bool {
        self.aggregate_types.contains(&aggregate_type)
    }

    /// Decodes those events of a batch that it posts.
    ///
    /// # Errors
    /// [`PostError::Poison`] for the first event that cannot be read. Its key is to be parked
    /// and the rest to flow on, once parking exists; today the projection stops before it.
    pub fn decode<'a>(
        &self,
        events: impl IntoIterator<Item = &'a RecordedEvent>,
    ) -> Result<Vec<Posting>, PostError> {
        events
            .into_iter()
            .filter(|event| self.concerns(&event.stream.aggregate_type))
            .map(Posting::decode)
            .collect()
    }
}

impl Posting {
    fn decode(recorded: &RecordedEvent) -> Result<Self, PostError> {
        let event = domain::Event::decode(&recorded.stream.aggregate_type, &recorded.payload)
            .map_err(|error| PostError::Poison {
                position: recorded.position,
                stream: recorded.stream.clone(),
                reason: error.to_string(),
            })?;
        Ok(Self {
            position: recorded.position,
            recorded_at: Timestamp::try_from(recorded.recorded_at).unwrap_or(Timestamp::EPOCH),
            stream: recorded.stream.clone(),
            sequence: recorded.sequence,
            event,
        })
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
