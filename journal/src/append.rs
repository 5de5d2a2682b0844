//! A batch of commands for the door, and what the door says of each.

use std::sync::Arc;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::vault::SecretColumns;
use crate::{
    ClaimKey, NewEvent, Position, RecordedEvent, SecretWrite, Sequence, StreamId, Upcasters,
};

/// One command's part of a batch: appended whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct PendingCommand {
    /// Its events, in the order in which they are to be numbered. Without events the command
    /// appends nothing, and its claims are questions: is this key taken?
    pub events: Vec<NewEvent>,
    /// What it claims.
    pub claims: Vec<ClaimKey>,
    /// What it puts into the vault or destroys there, in the same transaction; nothing if it appends nothing.
    pub secrets: Vec<SecretWrite>,
}

/// A stream that a decision relied on without writing to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    /// The stream.
    pub stream: StreamId,
    /// The version that it had, 0 if it was not there.
    pub version: Sequence,
}

/// Commands that go through the door together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// In the order in which they were decided.
    pub commands: Vec<PendingCommand>,
    /// Checked before anything is appended; an entry that has moved on is reported as stale.
    pub seen: Vec<Seen>,
}

/// What became of one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandOutcome {
    /// Appended; its events have consecutive positions from this one.
    Appended(Position),
    /// One of its streams was not at the version that it was decided on. Nothing was appended.
    Conflict {
        /// The version of that stream.
        current: Sequence,
    },
    /// A claim is held by an earlier command. Nothing was appended.
    Claimed {
        /// Index into the command's claims.
        claim: usize,
        /// First event of the command that holds it.
        by: Position,
    },
    /// It had no events, and none of its claims is held.
    Nothing,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// One per command, in the batch's order.
    pub commands: Vec<CommandOutcome>,
    /// Indices into the batch's `seen` of streams that have moved on.
    pub stale: Vec<usize>,
}

/// The arguments of `journal.append`, one vector per parameter.
#[derive(Default)]
pub(crate) struct Columns<'a> {
    pub event_command: Vec<i32>,
    pub event_aggregate_type: Vec<&'a str>,
    pub event_aggregate_id: Vec<&'a str>,
    pub event_sequence: Vec<i64>,
    pub event_type: Vec<&'a str>,
    pub event_version: Vec<&'a str>,
    pub event_payload: Vec<&'a str>,
    pub event_metadata: Vec<&'a str>,
    pub claim_command: Vec<i32>,
    pub claim_key: Vec<Uuid>,
    pub claim_offset: Vec<Option<i32>>,
    pub seen_aggregate_type: Vec<&'a str>,
    pub seen_aggregate_id: Vec<&'a str>,
    pub seen_version: Vec<i64>,
    pub secrets: SecretColumns<'a>,
}

impl<'a> Columns<'a> {
    pub fn of(batch: &'a Batch) -> Self {
        debug_assert!(
            streams_ascend(batch),
            "a batch's events must be in the order of their streams"
        );
        let secrets = (0..).zip(&batch.commands).flat_map(|(index, command)| {
            let writes = command.secrets.iter();
            writes.map(move |write| (index, write))
        });
        let mut columns = Self {
            secrets: SecretColumns::of(secrets),
            ..Self::default()
        };
        for (index, command) in batch.commands.iter().enumerate() {
            let first = (!command.events.is_empty()).then_some(columns.event_command.len() as i32);
            for claim in &command.claims {
                columns.claim_command.push(index as i32);
                columns.claim_key.push(claim.as_uuid());
                columns.claim_offset.push(first);
            }
            for event in &command.events {
                columns.push_event(index as i32, event);
            }
        }
        for seen in &batch.seen {
            columns
                .seen_aggregate_type
                .push(&seen.stream.aggregate_type);
            columns.seen_aggregate_id.push(&seen.stream.aggregate_id);
            columns.seen_version.push(seen.version as i64);
        }
        columns
    }

    fn push_event(&mut self, command: i32, event: &'a NewEvent) {
        self.event_command.push(command);
        self.event_aggregate_type.push(&event.stream.aggregate_type);
        self.event_aggregate_id.push(&event.stream.aggregate_id);
        self.event_sequence.push(event.sequence as i64);
        self.event_type.push(&event.event_type);
        self.event_version.push(&event.event_version);
        self.event_payload.push(&event.payload);
        self.event_metadata.push(&event.metadata);
    }
}

/// Whether each stream's events come in the order of their sequence. The door checks that they
/// are consecutive; that they are in order is the caller's half of it.
fn streams_ascend(batch: &Batch) -> bool {
    let mut last = std::collections::HashMap::new();
    let mut events = batch.commands.iter().flat_map(|command| &command.events);
    events.all(|event| {
        last.insert(&event.stream, event.sequence)
            .is_none_or(|last| last < event.sequence)
    })
}

/// One row of `journal.append`'s answer.
#[derive(sqlx::FromRow)]
pub(crate) struct AnswerRow {
    pub outcome: String,
    pub command: Option<i32>,
    pub number: i64,
    pub claim: Option<i32>,
}

/// What the door said of a batch.
pub(crate) struct Answer {
    pub outcomes: Outcomes,
    /// When its events were recorded; none if there were none.
    pub recorded_at: Option<OffsetDateTime>,
}

impl Answer {
    /// Reads the door's answer.
    pub fn read(batch: &Batch, claim_command: &[i32], rows: Vec<AnswerRow>) -> Self {
        let mut recorded_at = None;
        let mut outcomes = Outcomes {
            commands: vec![CommandOutcome::Nothing; batch.commands.len()],
            stale: Vec::new(),
        };
        for row in rows {
            let command = row.command.unwrap_or(0) as usize;
            match row.outcome.as_str() {
                "recorded" => recorded_at = from_micros(row.number),
                "batch" => outcomes.all_appended(batch, row.number as Position),
                "appended" => {
                    outcomes.commands[command] = CommandOutcome::Appended(row.number as Position)
                }
                "conflict" => {
                    outcomes.commands[command] = CommandOutcome::Conflict {
                        current: row.number as Sequence,
                    }
                }
                "claimed" => {
                    let index = row.claim.unwrap_or(0) as usize;
                    let first_of_command =
                        claim_command.partition_point(|of| (*of as usize) < command);
                    outcomes.commands[command] = CommandOutcome::Claimed {
                        claim: index - first_of_command,
                        by: row.number as Position,
                    };
                }
                _ => outcomes.stale.push(row.number as usize),
            }
        }
        Self {
            outcomes,
            recorded_at,
        }
    }

    /// The batch's events as the journal has recorded them, in its order.
    pub fn recorded(&self, batch: Batch, upcasters: &Upcasters) -> Vec<Arc<RecordedEvent>> {
        let Some(recorded_at) = self.recorded_at else {
            return Vec::new();
        };
        let appended = batch.commands.into_iter().zip(&self.outcomes.commands);
        let numbered = appended.flat_map(|(command, outcome)| match outcome {
            CommandOutcome::Appended(first) => (*first..).zip(command.events),
            _ => (0..).zip(Vec::new()),
        });
        let recorded = numbered.map(|(position, event)| event.recorded(position, recorded_at));
        // What cannot be read here cannot be read from the journal either, and is reported there.
        recorded
            .map_while(|event| upcasters.upcast(event).ok())
            .map(Arc::new)
            .collect()
    }
}

fn from_micros(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

impl Outcomes {
    fn all_appended(&mut self, batch: &Batch, first: Position) {
        let mut next = first;
        for (outcome, command) in self.commands.iter_mut().zip(&batch.commands) {
            if !command.events.is_empty() {
                *outcome = CommandOutcome::Appended(next);
                next += command.events.len() as Position;
            }
        }
    }
}
