//! Snapshots: states kept so that long streams load quickly. A cache, off the write path.

use crate::{Journal, JournalError, Sequence, StreamId};

/// A stream's state at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The stream.
    pub stream: StreamId,
    /// The version of the stream that the state is of.
    pub version: Sequence,
    /// The state as JSON.
    pub state: String,
}

impl Journal {
    /// Keeps a snapshot, unless a later one is kept already. `state_version` names the shape of
    /// the state's JSON.
    pub async fn save_snapshot(
        &self,
        snapshot: &Snapshot,
        state_version: &str,
    ) -> Result<(), JournalError> {
        sqlx::query(
            "insert into journal.snapshots as kept
                 (aggregate_type, aggregate_id, last_sequence, current_snapshot, payload, state_version)
             values ($1, $2, $3, 1, $4::text::json, $5)
             on conflict on constraint snapshots_stream do update
                 set last_sequence = excluded.last_sequence, current_snapshot = kept.current_snapshot + 1,
                     payload = excluded.payload, state_version = excluded.state_version
                 where kept.last_sequence < excluded.last_sequence or kept.state_version <> excluded.state_version",
        )
        .bind(&*snapshot.stream.aggregate_type)
        .bind(&*snapshot.stream.aggregate_id)
        .bind(snapshot.version as i64)
        .bind(&snapshot.state)
        .bind(state_version)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// The snapshots that are kept of these streams in this shape.
    pub async fn snapshots(
        &self,
        streams: &[StreamId],
        state_version: &str,
    ) -> Result<Vec<Snapshot>, JournalError> {
        let types: Vec<&str> = streams
            .iter()
            .map(|stream| &*stream.aggregate_type)
            .collect();
        let ids: Vec<&str> = streams.iter().map(|stream| &*stream.aggregate_id).collect();
        let rows: Vec<(String, String, i64, String)> = sqlx::query_as(
            "select s.aggregate_type, s.aggregate_id, s.last_sequence, s.payload::text
             from unnest($1::text[], $2::text[]) as wanted (aggregate_type, aggregate_id)
             join journal.snapshots s using (aggregate_type, aggregate_id)
             where s.state_version = $3",
        )
        .bind(types)
        .bind(ids)
        .bind(state_version)
        .fetch_all(self.pool())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(kind, id, version, state)| Snapshot {
                stream: StreamId::new(kind, id),
                version: version as Sequence,
                state,
            })
            .collect())
    }
}
