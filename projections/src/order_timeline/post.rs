//! Writes down what has happened: an event is one row, never changed.

use domain::value::Timestamp;
use journal::{Metadata, Position, Sequence};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::summary::summary;
use crate::fold;
use crate::projection::{PostError, Posting, Postings};

const TABLE: &str = "order_timeline";

/// An item of the timeline.
#[derive(Serialize)]
struct Item<'a> {
    position: Position,
    recorded_at: Timestamp,
    /// Of which stream: `order-0190163d-…`.
    stream: String,
    /// Its number in the stream.
    sequence: Sequence,
    #[serde(rename = "type")]
    event_type: &'a str,
    /// What, in a few words; nothing where the type says it all.
    summary: Option<String>,
    #[serde(flatten)]
    why: Why<'a>,
}

/// Who and why, as far as it was recorded.
#[derive(Serialize)]
struct Why<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    actor: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    command: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    command_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    correlation_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    causation_id: &'a str,
}

/// Sorted by stream, as the table's key is.
type Row<'a> = (Uuid, &'static str, Position, &'a Posting);

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &Postings,
) -> Result<(), PostError> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for aggregate_type in [domain::order::TYPE, domain::payment::TYPE] {
        for posting in postings.of(aggregate_type) {
            rows.push((posting.id()?, aggregate_type, posting.position, posting));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_unstable_by_key(|(id, aggregate_type, position, _)| {
        (*id, *aggregate_type, *position)
    });
    let bodies = rows.iter().map(|(.., posting)| body(posting));
    let bodies = bodies.collect::<Result<Vec<_>, _>>()?;
    sqlx::query(include_str!("store.sql"))
        .bind(rows.iter().map(|row| row.1).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.0).collect::<Vec<_>>())
        .bind(
            rows.iter()
                .map(|row| row.2.cast_signed())
                .collect::<Vec<_>>(),
        )
        .bind(bodies)
        .execute(connection)
        .await?;
    Ok(())
}

fn body(posting: &Posting) -> Result<String, PostError> {
    let metadata = posting.metadata();
    let item = Item {
        position: posting.position,
        recorded_at: posting.recorded_at,
        stream: posting.stream.to_string(),
        sequence: posting.sequence,
        event_type: posting.event.event_type(),
        summary: summary(&posting.event),
        why: Why::of(&metadata),
    };
    fold::write(TABLE, &item)
}

impl<'a> Why<'a> {
    fn of(metadata: &'a Metadata) -> Self {
        Self {
            actor: &metadata.actor,
            command: &metadata.command,
            command_id: &metadata.command_id,
            correlation_id: &metadata.correlation_id,
            causation_id: &metadata.causation_id,
        }
    }
}
