//! The committer: encodes a closed batch and takes it through the journal's door.
//!
//! A task of its own, so that encoding and waiting for the disk happen beside the deciding of
//! the next batch.

use std::time::Instant;

use domain::Event;
use journal::{
    AppendError, Batch, ClaimKey, Journal, Metadata, NewEvent, Outcomes, PendingCommand,
    SecretWrite, Seen, StreamId, Writer,
};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::decider::Internal;

/// One command of a closed batch.
pub(crate) struct Entry {
    pub metadata: Metadata,
    pub events: Vec<(StreamId, journal::Sequence, Event)>,
    pub claims: Vec<ClaimKey>,
    pub secrets: Vec<SecretWrite>,
}

/// A closed batch.
pub(crate) struct Job {
    pub entries: Vec<Entry>,
    pub seen: Vec<Seen>,
}

/// Commits one batch after the other until the decider goes.
pub(crate) async fn run(
    journal: Journal,
    mut jobs: mpsc::Receiver<Job>,
    outcomes: mpsc::UnboundedSender<Internal>,
) {
    let mut writer = journal.writer();
    while let Some(job) = jobs.recv().await {
        let begun = Instant::now();
        let outcome = commit(&mut writer, job).await;
        let settled = Internal::Settled {
            outcome,
            took: begun.elapsed(),
        };
        if outcomes.send(settled).is_err() {
            return;
        }
    }
}

async fn commit(writer: &mut Writer, job: Job) -> Result<Outcomes, AppendError> {
    let batch = Batch {
        commands: job.entries.into_iter().map(encode).collect(),
        seen: job.seen,
    };
    writer.append(batch).await
}

fn encode(entry: Entry) -> PendingCommand {
    let metadata = entry.metadata.template();
    let events = entry
        .events
        .into_iter()
        .map(|(stream, sequence, event)| NewEvent {
            stream,
            sequence,
            event_type: event.event_type().to_owned(),
            event_version: event.event_version().to_owned(),
            payload: event.to_payload(),
            metadata: metadata.for_event(Uuid::now_v7()),
        })
        .collect();
    PendingCommand {
        events,
        claims: entry.claims,
        secrets: entry.secrets,
    }
}
