//! Replaying: the journal from end to end for those who build from it, with nothing read that they do not use.

use std::borrow::Cow;

use futures::TryStreamExt;
use sqlx::Row;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use crate::{Journal, JournalError, Position, RecordedEvent, Sequence, StreamId};

/// An event as a replay hands it over, upcast; valid until the next one.
#[derive(Debug)]
pub struct ReplayedEvent<'a> {
    /// Its number in the journal.
    pub position: Position,
    /// When the journal recorded it.
    pub recorded_at: OffsetDateTime,
    /// What kind of aggregate it is of.
    pub aggregate_type: &'a str,
    /// Which one of its kind.
    pub aggregate_id: &'a str,
    /// Its number in the stream.
    pub sequence: Sequence,
    /// JSON.
    pub payload: Cow<'a, str>,
    /// JSON of [`crate::Metadata`], for the aggregate types of which it was asked for.
    pub metadata: Option<&'a str>,
}

impl Journal {
    /// Hands the events of these aggregate types above `after`, up to `through`, to `each`, in order; returns
    /// how many bytes of payload that were. Metadata is read for the types in `metadata_of` only: most who build
    /// use none, and it is as long as a payload.
    ///
    /// # Errors
    /// [`JournalError::Hole`] when the positions between are not all there, of whatever type; what `each` returns.
    pub async fn replay<E: From<JournalError>>(
        &self,
        after: Position,
        through: Position,
        aggregate_types: &[&str],
        metadata_of: &[&str],
        mut each: impl FnMut(ReplayedEvent<'_>) -> Result<(), E>,
    ) -> Result<u64, E> {
        self.assert_whole(after, through).await?;
        let mut rows = sqlx::query(include_str!("replay.sql"))
            .bind(after as i64)
            .bind(through as i64)
            .bind(aggregate_types)
            .bind(metadata_of)
            .fetch(self.pool());
        let mut bytes = 0;
        while let Some(row) = rows.try_next().await.map_err(JournalError::from)? {
            let event = self.replayed(&row)?;
            bytes += event.payload.len() as u64;
            each(event)?;
        }
        Ok(bytes)
    }

    /// Some types are passed over, so a hole is found by counting: the index alone answers.
    async fn assert_whole(&self, after: Position, through: Position) -> Result<(), JournalError> {
        let found: i64 = sqlx::query_scalar(
            "select count(*) from journal.events where position > $1 and position <= $2",
        )
        .bind(after as i64)
        .bind(through as i64)
        .fetch_one(self.pool())
        .await?;
        if found as u64 == through.saturating_sub(after) {
            return Ok(());
        }
        let mut last = after;
        while last < through {
            let limit = crate::READ_LIMIT_MAX.min((through - last) as usize);
            let events = self.read_all(last, limit).await?;
            last = events.last().map_or(through, |event| event.position);
        }
        Err(JournalError::Hole {
            missing: through,
            found: through + 1,
        })
    }

    fn replayed<'a>(&self, row: &'a PgRow) -> Result<ReplayedEvent<'a>, JournalError> {
        let (position, sequence): (i64, i64) = (row.try_get(0)?, row.try_get(2)?);
        let (event_type, event_version): (&str, &str) = (row.try_get(5)?, row.try_get(6)?);
        let mut event = ReplayedEvent {
            position: position as Position,
            recorded_at: row.try_get(1)?,
            sequence: sequence as Sequence,
            aggregate_type: row.try_get(3)?,
            aggregate_id: row.try_get(4)?,
            payload: Cow::Borrowed(row.try_get_unchecked(7)?),
            metadata: row.try_get_unchecked(8)?,
        };
        if self.upcasters().concerns(event_type, event_version) {
            let upcast = self.upcasters().upcast(RecordedEvent {
                position: event.position,
                recorded_at: event.recorded_at,
                stream: StreamId::new(event.aggregate_type, event.aggregate_id),
                sequence: event.sequence,
                event_type: event_type.to_owned(),
                event_version: event_version.to_owned(),
                payload: event.payload.into_owned(),
                metadata: event.metadata.unwrap_or_default().to_owned(),
            })?;
            event.payload = Cow::Owned(upcast.payload);
        }
        Ok(event)
    }
}
