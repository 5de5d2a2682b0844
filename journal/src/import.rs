//! Taking over an existing postgres-es event table.
//!
//! Such a table has no order across streams, so streams are taken one after the other, each
//! whole and in the order of its sequence. Every event passes the door; what the journal already
//! holds is left out, so that an import that was stopped can be started again. Metadata is kept byte for byte.

use futures::TryStreamExt;
use sqlx::{PgPool, Row};

use crate::{
    AppendError, Batch, CommandOutcome, Journal, JournalError, NewEvent, PendingCommand, Sequence,
    StreamId,
};

/// How many events go through the door together.
const BATCH_EVENTS_MAX: usize = 1_000;

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Events that were appended now.
    pub appended: u64,
    /// Events that the journal held already.
    pub present: u64,
}

/// An import could not go on. What it appended stays; it may be started again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The table could not be read.
    #[error("the postgres-es table `events` could not be read: {0}")]
    Source(#[source] sqlx::Error),
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal did not take a batch.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// A stream has a gap, or differs from what the journal holds under its name.
    #[error(
        "stream {stream}: sequence {sequence} of the table does not follow on from the journal; nothing of it was appended from here"
    )]
    OutOfOrder {
        /// The stream.
        stream: StreamId,
        /// The event's sequence in the table.
        sequence: Sequence,
    },
}

/// The number of events in the table `events` of the connection's search path.
pub async fn count_postgres_es(source: &PgPool) -> Result<u64, ImportError> {
    let count: i64 = sqlx::query_scalar("select count(*) from events")
        .fetch_one(source)
        .await
        .map_err(ImportError::Source)?;
    Ok(count as u64)
}

/// Imports the table `events` of the connection's search path; `progress` is told how many
/// events have been dealt with.
pub async fn postgres_es(
    journal: &Journal,
    source: &PgPool,
    mut progress: impl FnMut(u64),
) -> Result<Imported, ImportError> {
    let mut writer = journal.writer();
    let mut imported = Imported::default();
    let mut rows = sqlx::query(
        "select aggregate_type, aggregate_id, sequence, event_type, event_version, payload::text, metadata::text
         from events order by aggregate_type, aggregate_id, sequence",
    )
    .fetch(source);
    let mut page = Vec::with_capacity(BATCH_EVENTS_MAX);
    loop {
        let row = rows.try_next().await.map_err(ImportError::Source)?;
        let at_end = row.is_none();
        if let Some(row) = row {
            page.push(new_event(&row).map_err(ImportError::Source)?);
        }
        if page.len() == BATCH_EVENTS_MAX || (at_end && !page.is_empty()) {
            append_page(
                journal,
                &mut writer,
                std::mem::take(&mut page),
                &mut imported,
            )
            .await?;
            progress(imported.appended + imported.present);
        }
        if at_end {
            return Ok(imported);
        }
    }
}

fn new_event(row: &sqlx::postgres::PgRow) -> Result<NewEvent, sqlx::Error> {
    let sequence: i64 = row.try_get(2)?;
    Ok(NewEvent {
        stream: StreamId::new(row.try_get::<&str, _>(0)?, row.try_get::<&str, _>(1)?),
        sequence: sequence as Sequence,
        event_type: row.try_get(3)?,
        event_version: row.try_get(4)?,
        payload: row.try_get(5)?,
        metadata: row.try_get(6)?,
    })
}

/// Appends a page as one command per stream, leaving out what is there.
async fn append_page(
    journal: &Journal,
    writer: &mut crate::Writer,
    page: Vec<NewEvent>,
    imported: &mut Imported,
) -> Result<(), ImportError> {
    let mut commands: Vec<PendingCommand> = Vec::new();
    for event in page {
        match commands.last_mut() {
            Some(command)
                if command
                    .events
                    .last()
                    .is_some_and(|last| last.stream == event.stream) =>
            {
                command.events.push(event);
            }
            _ => commands.push(PendingCommand {
                events: vec![event],
                ..PendingCommand::default()
            }),
        }
    }
    for command in &mut commands {
        let Some(first) = command.events.first() else {
            continue;
        };
        let present = journal
            .read_stream(&first.stream, first.sequence - 1, command.events.len())
            .await?;
        let matching = command
            .events
            .iter()
            .zip(&present)
            .take_while(|(ours, theirs)| {
                ours.sequence == theirs.sequence
                    && ours.metadata == theirs.metadata
                    && ours.event_type == theirs.event_type
            });
        let matching = matching.count();
        imported.present += matching as u64;
        command.events.drain(..matching);
    }
    commands.retain(|command| !command.events.is_empty());
    if commands.is_empty() {
        return Ok(());
    }
    let beginnings = commands.iter().map(|command| {
        let first = &command.events[0];
        (first.stream.clone(), first.sequence, command.events.len())
    });
    let beginnings: Vec<_> = beginnings.collect();
    let batch = Batch {
        commands,
        seen: Vec::new(),
    };
    let outcomes = writer.append(batch).await?;
    for ((stream, sequence, events), outcome) in beginnings.into_iter().zip(outcomes.commands) {
        match outcome {
            CommandOutcome::Appended(_) => imported.appended += events as u64,
            _ => return Err(ImportError::OutOfOrder { stream, sequence }),
        }
    }
    Ok(())
}
