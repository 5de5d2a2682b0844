//! A journal and a topic of one's own, a relay between them, and events to carry.

use std::collections::HashMap;
use std::time::Duration;

use daybook_tests::{Kafka, Postgres, eventually};
use journal::{
    Batch, CommandOutcome, EventKind, Journal, JournalOptions, NewEvent, PendingCommand, Position,
    RecordedEvent, StreamId, TailSource, Upcasters, Writer,
};
use relay::{KafkaSource, Relay, RelayOptions};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long anything may take. Long enough for a lease to run out on a busy machine.
pub const WITHIN: Duration = Duration::from_secs(60);

pub const PARTITIONS: u32 = 4;

pub struct World {
    pub journal: Journal,
    pub kafka: Kafka,
    /// Dropped with the world, and the database with it.
    _postgres: Postgres,
    pen: Mutex<Pen>,
}

/// What appends: one writer, and the version of each stream.
struct Pen {
    writer: Writer,
    versions: HashMap<String, u64>,
}

impl Pen {
    /// One command. Returns its last position.
    async fn append(&mut self, events: Vec<NewEvent>) -> Position {
        let last = events.len() as u64 - 1;
        let command = PendingCommand {
            events,
            ..PendingCommand::default()
        };
        let batch = Batch {
            commands: vec![command],
            seen: Vec::new(),
        };
        match self.writer.append(batch).await.unwrap().commands[0] {
            CommandOutcome::Appended(first) => first + last,
            other => panic!("{other:?}"),
        }
    }
}

impl World {
    pub async fn new() -> Self {
        Self::on(Kafka::fresh()).await
    }

    pub async fn on(kafka: Kafka) -> Self {
        let postgres = Postgres::fresh().await;
        Journal::migrate(&postgres.options()).await.unwrap();
        let options = JournalOptions {
            connect: postgres.options(),
            connections_max: 12,
            upcasters: Upcasters::default(),
            catalogue: vec![EventKind {
                aggregate_type: "thing".into(),
                event_type: "ThingHappened".into(),
                event_version: "1".into(),
            }],
        };
        let journal = Journal::open(options).await.unwrap();
        let pen = Mutex::new(Pen {
            writer: journal.writer(),
            versions: HashMap::new(),
        });
        Self {
            journal,
            kafka,
            _postgres: postgres,
            pen,
        }
    }

    pub fn options(&self) -> RelayOptions {
        RelayOptions {
            brokers: self.kafka.brokers().to_owned(),
            topic: self.topic(),
            partitions: PARTITIONS,
            ..RelayOptions::default()
        }
    }

    pub fn topic(&self) -> String {
        self.kafka.topic("events")
    }

    pub fn source(&self) -> KafkaSource {
        KafkaSource::new(TailSource::new(self.journal.clone()), self.options())
    }

    pub fn relay(&self) -> Running {
        self.relay_by(self.options())
    }

    pub fn relay_by(&self, options: RelayOptions) -> Running {
        let shutdown = CancellationToken::new();
        let relay = Relay::new(self.journal.clone(), options);
        let token = shutdown.clone();
        let task = tokio::spawn(async move {
            let _ = relay.run(token).await;
        });
        Running { task, shutdown }
    }

    /// Appends `count` events, in turn to `streams` streams, as one batch. Returns the last position.
    pub async fn append(&self, count: u64, streams: u64) -> Position {
        let names: Vec<String> = (0..count)
            .map(|index| format!("{:02}", index % streams))
            .collect();
        self.append_to(&names).await
    }

    /// Appends one event with a payload of about so many bytes. Returns its position.
    pub async fn append_large(&self, bytes: usize) -> Position {
        let mut pen = self.pen.lock().await;
        let mut large = event("large", 1);
        large.payload = format!(r#"{{"ThingHappened": "{}"}}"#, "x".repeat(bytes));
        pen.append(vec![large]).await
    }

    /// Appends one event to each of the named streams, in this order, as one batch.
    pub async fn append_to<N: AsRef<str>>(&self, names: &[N]) -> Position {
        let mut pen = self.pen.lock().await;
        let mut events = Vec::with_capacity(names.len());
        for name in names {
            let version = pen.versions.entry(name.as_ref().to_owned()).or_default();
            *version += 1;
            events.push(event(name.as_ref(), *version));
        }
        pen.append(events).await
    }

    /// The whole journal.
    pub async fn events(&self) -> Vec<RecordedEvent> {
        let mut events: Vec<RecordedEvent> = Vec::new();
        loop {
            let after = events.last().map_or(0, |event| event.position);
            let page = self.journal.read_all(after, 10_000).await.unwrap();
            if page.is_empty() {
                return events;
            }
            events.extend(page);
        }
    }

    /// The relay's checkpoint: epoch and position.
    pub async fn checkpoint(&self) -> (i64, Position) {
        let found: Option<(i64, i64)> =
            sqlx::query_as("select epoch, position from relay.checkpoints where topic = $1")
                .bind(self.topic())
                .fetch_optional(self.journal.pool())
                .await
                .unwrap();
        found.map_or((0, 0), |(epoch, position)| (epoch, position as Position))
    }

    /// Waits until the relay has noted all up to here as published.
    pub async fn published(&self, position: Position) {
        eventually("the relay publishes", WITHIN, async || {
            match self.checkpoint().await {
                (_, reached) if reached >= position => Ok(()),
                found => Err(format!("{found:?}, not {position}")),
            }
        })
        .await;
    }
}

fn event(name: &str, sequence: u64) -> NewEvent {
    NewEvent {
        stream: StreamId::new("thing", name),
        sequence,
        event_type: "ThingHappened".into(),
        event_version: "1".into(),
        payload: r#"{"ThingHappened": {"odd":  "spacing and ünïcode"}}"#.into(),
        metadata: format!(
            r#"{{"event_id":"{}", "command_id":"{}","actor":"test:ü","odd":"kept"}}"#,
            Uuid::now_v7(),
            Uuid::now_v7()
        ),
    }
}

/// A relay in a task of its own.
pub struct Running {
    task: JoinHandle<()>,
    shutdown: CancellationToken,
}

impl Running {
    /// Asks it to stop, and waits.
    pub async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(WITHIN, self.task)
            .await
            .expect("the relay does not stop")
            .unwrap();
    }

    /// Ends it in the middle of whatever it does; its lease runs on.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}
