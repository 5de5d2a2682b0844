//! A journal of one's own, and events to put into it.

use daybook_tests::Postgres;
use journal::{
    Batch, ClaimKey, EventKind, Journal, JournalOptions, NewEvent, PendingCommand, StreamId,
    Upcasters,
};
use uuid::Uuid;

pub struct World {
    pub postgres: Postgres,
    pub journal: Journal,
}

pub fn catalogue() -> Vec<EventKind> {
    let kind = |aggregate_type: &str, event_type: &str, event_version: &str| EventKind {
        aggregate_type: aggregate_type.into(),
        event_type: event_type.into(),
        event_version: event_version.into(),
    };
    vec![
        kind("thing", "Happened", "1"),
        kind("tally", "Counted", "1"),
    ]
}

pub fn options(postgres: &Postgres) -> JournalOptions {
    JournalOptions {
        connect: postgres.options(),
        connections_max: 8,
        upcasters: Upcasters::default(),
        catalogue: catalogue(),
    }
}

impl World {
    pub async fn new() -> Self {
        let postgres = Postgres::fresh().await;
        Journal::migrate(&postgres.options()).await.unwrap();
        let journal = Journal::open(options(&postgres)).await.unwrap();
        Self { postgres, journal }
    }
}

pub fn stream(name: &str) -> StreamId {
    StreamId::new("thing", name)
}

pub fn event(name: &str, sequence: u64) -> NewEvent {
    NewEvent {
        stream: stream(name),
        sequence,
        event_type: "Happened".into(),
        event_version: "1".into(),
        payload: r#"{"Happened": {"odd":  "spacing and ünïcode"}}"#.into(),
        metadata: format!(r#"{{"event_id":"{}"}}"#, Uuid::now_v7()),
    }
}

/// A command with these events and claims.
pub fn command(events: Vec<NewEvent>, claims: &[&str]) -> PendingCommand {
    PendingCommand {
        events,
        claims: claims
            .iter()
            .map(|value| ClaimKey::new("test", value))
            .collect(),
        ..PendingCommand::default()
    }
}

pub fn batch(commands: Vec<PendingCommand>) -> Batch {
    Batch {
        commands,
        seen: Vec::new(),
    }
}
