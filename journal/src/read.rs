//! Reading: one stream, several, or all; claims; one command's events.

use std::collections::HashMap;

use sqlx::Row;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use crate::{ClaimKey, Journal, JournalError, Position, RecordedEvent, Sequence, StreamId};

/// Most events that one read returns.
pub const READ_LIMIT_MAX: usize = 10_000;

/// How many events of one command are fetched at a time.
const COMMAND_PAGE: i64 = 256;

const COLUMNS_OF_EVENT: usize = 9;

impl Journal {
    /// The position of the last event, 0 in an empty journal.
    pub async fn head(&self) -> Result<Position, JournalError> {
        let head: i64 = sqlx::query_scalar("select coalesce(max(position), 0) from journal.events")
            .fetch_one(self.pool())
            .await?;
        Ok(head as Position)
    }

    /// Up to `limit` (at most [`READ_LIMIT_MAX`]) events after a position, in order.
    ///
    /// # Errors
    /// [`JournalError::Hole`] when positions are not consecutive: damage, never a wait.
    pub async fn read_all(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, JournalError> {
        let events = self.read_all_as_found(after, limit).await?;
        assert_dense(after, &events)?;
        Ok(events)
    }

    /// Like [`Self::read_all`], but takes the journal as it is, holes included: for those who
    /// look for damage and report it.
    pub async fn read_all_as_found(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, JournalError> {
        let rows = sqlx::query(include_str!("read_all.sql"))
            .bind(after as i64)
            .bind(limit.min(READ_LIMIT_MAX) as i64)
            .fetch_all(self.pool())
            .await?;
        self.decode(rows)
    }

    /// Up to `limit` (at most [`READ_LIMIT_MAX`]) events of the streams of one kind of aggregate after a position, in order.
    pub async fn read_aggregates(
        &self,
        aggregate_type: &str,
        after: Position,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, JournalError> {
        let rows = sqlx::query(include_str!("read_aggregates.sql"))
            .bind(aggregate_type)
            .bind(after as i64)
            .bind(limit.min(READ_LIMIT_MAX) as i64)
            .fetch_all(self.pool())
            .await?;
        self.decode(rows)
    }

    /// Up to `limit` events of one stream after a sequence, in order.
    pub async fn read_stream(
        &self,
        stream: &StreamId,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<RecordedEvent>, JournalError> {
        let rows = sqlx::query(include_str!("read_stream.sql"))
            .bind(&*stream.aggregate_type)
            .bind(&*stream.aggregate_id)
            .bind(after as i64)
            .bind(limit.min(READ_LIMIT_MAX) as i64)
            .fetch_all(self.pool())
            .await?;
        self.decode(rows)
    }

    /// All events of several streams, each after its own sequence, in one round trip; within a
    /// stream in order.
    pub async fn read_streams(
        &self,
        after: &[(StreamId, Sequence)],
    ) -> Result<Vec<RecordedEvent>, JournalError> {
        let types: Vec<&str> = after
            .iter()
            .map(|(stream, _)| &*stream.aggregate_type)
            .collect();
        let ids: Vec<&str> = after
            .iter()
            .map(|(stream, _)| &*stream.aggregate_id)
            .collect();
        let sequences: Vec<i64> = after.iter().map(|(_, sequence)| *sequence as i64).collect();
        let rows = sqlx::query(include_str!("read_streams.sql"))
            .bind(types)
            .bind(ids)
            .bind(sequences)
            .fetch_all(self.pool())
            .await?;
        self.decode(rows)
    }

    /// The events of the command whose first event is at `first`.
    pub async fn read_command(&self, first: Position) -> Result<Vec<RecordedEvent>, JournalError> {
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            let after = first - 1 + events.len() as Position;
            let page = self.read_all(after, COMMAND_PAGE as usize).await?;
            let command_id = match events.first().or(page.first()) {
                Some(event) => event.metadata().command_id,
                None => return Ok(events),
            };
            let page_len = page.len();
            let own = page
                .into_iter()
                .take_while(|event| event.metadata().command_id == command_id);
            let before = events.len();
            events.extend(own);
            if events.len() - before < page_len || page_len < COMMAND_PAGE as usize {
                return Ok(events);
            }
        }
    }

    /// For each key that is claimed, the position of the claiming command's first event.
    pub async fn claimed(
        &self,
        keys: &[ClaimKey],
    ) -> Result<HashMap<ClaimKey, Position>, JournalError> {
        let keys: Vec<uuid::Uuid> = keys.iter().map(|key| key.as_uuid()).collect();
        let rows: Vec<(uuid::Uuid, i64)> =
            sqlx::query_as("select key, position from journal.claims where key = any($1)")
                .bind(keys)
                .fetch_all(self.pool())
                .await?;
        Ok(rows
            .into_iter()
            .map(|(key, position)| (ClaimKey::from(key), position as Position))
            .collect())
    }

    /// For each key that is claimed, the stream of the claiming command's first event: a SKU's product, say.
    pub async fn claimed_streams(
        &self,
        keys: &[ClaimKey],
    ) -> Result<HashMap<ClaimKey, StreamId>, JournalError> {
        let keys: Vec<uuid::Uuid> = keys.iter().map(|key| key.as_uuid()).collect();
        let rows: Vec<(uuid::Uuid, String, String)> = sqlx::query_as(
            "select c.key, e.aggregate_type, e.aggregate_id
             from journal.claims c join journal.events e on e.position = c.position
             where c.key = any($1)",
        )
        .bind(keys)
        .fetch_all(self.pool())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(key, kind, id)| (ClaimKey::from(key), StreamId::new(kind, id)))
            .collect())
    }

    pub(crate) fn decode(&self, rows: Vec<PgRow>) -> Result<Vec<RecordedEvent>, JournalError> {
        rows.iter()
            .map(|row| self.upcasters().upcast(recorded(row)?))
            .collect()
    }
}

/// Readers' half of the promise that the door makes: positions have no gap.
fn assert_dense(after: Position, events: &[RecordedEvent]) -> Result<(), JournalError> {
    for (expected, event) in (after + 1..).zip(events) {
        if event.position != expected {
            return Err(JournalError::Hole {
                missing: expected,
                found: event.position,
            });
        }
    }
    Ok(())
}

/// Reads a row with the columns of `read_all.sql`, in its order.
fn recorded(row: &PgRow) -> Result<RecordedEvent, sqlx::Error> {
    debug_assert_eq!(row.len(), COLUMNS_OF_EVENT);
    let position: i64 = row.try_get(0)?;
    let sequence: i64 = row.try_get(2)?;
    Ok(RecordedEvent {
        position: position as Position,
        recorded_at: row.try_get::<OffsetDateTime, _>(1)?,
        sequence: sequence as Sequence,
        stream: StreamId::new(row.try_get::<&str, _>(3)?, row.try_get::<&str, _>(4)?),
        event_type: row.try_get(5)?,
        event_version: row.try_get(6)?,
        payload: row.try_get_unchecked(7)?,
        metadata: row.try_get_unchecked(8)?,
    })
}
