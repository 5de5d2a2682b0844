//! A journal of one's own, with workers that post it, and what the tables then hold.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use daybook_tests::{Postgres, eventually};
use domain::{CATALOG, Event};
use journal::{
    Batch, CommandOutcome, EventKind, FeedSource, Journal, JournalOptions, Metadata, NewEvent,
    PendingCommand, StreamId, TailSource, Upcasters,
};
use projections::projection::ALL;
use projections::{Board, PageQuery, Projection, Queries, Runner};
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a table may take to catch up in a test, on a busy machine.
pub const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(60);

pub struct World {
    pub journal: Journal,
    pub board: Board,
    pub pool: PgPool,
    // Dropped last: it drops the database.
    _postgres: Postgres,
}

impl World {
    pub async fn new() -> Self {
        let postgres = Postgres::fresh().await;
        Journal::migrate(&postgres.options()).await.unwrap();
        let catalogue = CATALOG.iter().map(|kind| EventKind {
            aggregate_type: kind.aggregate_type.into(),
            event_type: kind.event_type.into(),
            event_version: kind.version.into(),
        });
        let options = JournalOptions {
            connect: postgres.options(),
            connections_max: 16,
            upcasters: Upcasters::new(domain::upcasters()),
            catalogue: catalogue.collect(),
        };
        let journal = Journal::open(options).await.unwrap();
        let pool = postgres.pool().await;
        Self {
            journal,
            board: Board::new(),
            pool,
            _postgres: postgres,
        }
    }

    pub fn queries(&self) -> Queries {
        Queries::new(self.journal.clone(), self.board.clone())
    }

    /// Appends commands in batches of `size`.
    pub async fn append(&self, commands: Vec<PendingCommand>, size: usize) {
        let mut writer = self.journal.writer();
        for chunk in commands.chunks(size) {
            let batch = Batch {
                commands: chunk.to_vec(),
                seen: Vec::new(),
            };
            let outcomes = writer.append(batch).await.unwrap();
            assert!(
                outcomes
                    .commands
                    .iter()
                    .all(|outcome| matches!(outcome, CommandOutcome::Appended(_))),
                "{outcomes:?}"
            );
        }
    }

    /// Workers for all projections over the journal's tail.
    pub fn workers(&self) -> Workers {
        self.workers_over(&TailSource::new(self.journal.clone()))
    }

    pub fn workers_over<S: FeedSource>(&self, source: &S) -> Workers {
        let mut workers = Workers::default();
        for projection in ALL {
            workers.add(self.runner(projection, source));
        }
        workers
    }

    pub fn runner<S: FeedSource>(&self, projection: &'static Projection, source: &S) -> Runner<S> {
        self.runner_of_another_process(projection, source, &self.board)
    }

    pub fn runner_of_another_process<S: FeedSource>(
        &self,
        projection: &'static Projection,
        source: &S,
        board: &Board,
    ) -> Runner<S> {
        let holder = Uuid::now_v7();
        Runner::new(
            self.journal.clone(),
            projection,
            source.clone(),
            holder,
            board,
        )
    }

    /// Waits until every projection has reached the journal's end.
    pub async fn caught_up(&self) {
        for projection in ALL {
            self.caught_up_in(projection.name).await;
        }
    }

    pub async fn caught_up_in(&self, projection: &str) {
        // A connection that a test has just ended is noticed by whoever uses it next.
        let head = eventually("the journal answers", CAUGHT_UP_WITHIN, async || {
            let head = self.journal.head().await;
            head.map_err(|error| error.to_string())
        })
        .await;
        let deadline = Instant::now() + CAUGHT_UP_WITHIN;
        let waited = self.queries().wait_for(projection, head, deadline).await;
        waited.unwrap();
    }

    /// Posts everything, and stops.
    pub async fn post_all(&self) {
        let workers = self.workers();
        self.caught_up().await;
        workers.stop().await;
    }

    /// Every row of every live table as text, sorted.
    pub async fn dump(&self) -> BTreeMap<&'static str, Vec<String>> {
        dump(&self.pool, "query").await
    }

    pub async fn rebuild_all(&self) {
        for projection in ALL {
            projections::rebuild(&self.journal, projection.name, |_| ())
                .await
                .unwrap();
        }
    }
}

pub async fn dump(pool: &PgPool, schema: &str) -> BTreeMap<&'static str, Vec<String>> {
    let mut tables = BTreeMap::new();
    for table in ALL.iter().flat_map(|projection| projection.tables) {
        let sql = format!("select (t.*)::text from {schema}.{table} t order by 1");
        let rows = sqlx::query_scalar(&sql).fetch_all(pool).await.unwrap();
        tables.insert(*table, rows);
    }
    tables
}

/// Compares two dumps, and names the first row that differs.
pub fn assert_same(
    left: &BTreeMap<&'static str, Vec<String>>,
    right: &BTreeMap<&'static str, Vec<String>>,
    what: &str,
) {
    for (table, rows) in left {
        let others = &right[table];
        let differing = rows.iter().zip(others).find(|(a, b)| a != b);
        assert!(differing.is_none(), "{what}: {table}: {differing:#?}");
        assert_eq!(rows.len(), others.len(), "{what}: {table}");
    }
}

/// Running workers.
#[derive(Default)]
pub struct Workers {
    shutdown: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Workers {
    pub fn add<S: FeedSource>(&mut self, runner: Runner<S>) {
        self.tasks
            .push(tokio::spawn(runner.run(self.shutdown.clone())));
    }

    /// Stops them in an orderly way.
    pub async fn stop(self) {
        self.shutdown.cancel();
        for task in self.tasks {
            task.await.unwrap();
        }
    }

    /// Stops them wherever they are, as a kill does.
    pub fn kill(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// An event on its way into the journal.
pub fn new_event(stream: StreamId, sequence: u64, event: &Event, correlation: Uuid) -> NewEvent {
    let metadata = Metadata {
        event_id: Uuid::now_v7().to_string(),
        command_id: correlation.to_string(),
        correlation_id: correlation.to_string(),
        actor: "service:tests".into(),
        ..Metadata::default()
    };
    NewEvent {
        stream,
        sequence,
        event_type: event.event_type().into(),
        event_version: event.event_version().into(),
        payload: event.to_payload(),
        metadata: serde_json::to_string(&metadata).unwrap(),
    }
}

pub fn page(limit: u32) -> PageQuery {
    PageQuery {
        limit,
        ..PageQuery::default()
    }
}

pub fn json(text: impl AsRef<[u8]>) -> serde_json::Value {
    serde_json::from_slice(text.as_ref()).unwrap()
}

/// Waits until the database says this of a projection's state.
pub async fn in_state(
    world: &World,
    name: &str,
    wanted: projections::State,
) -> projections::Status {
    let what = format!("{name} is {}", wanted.as_str());
    eventually(&what, CAUGHT_UP_WITHIN, async || {
        let status = world
            .queries()
            .projection(name)
            .await
            .map_err(|error| error.to_string())?;
        if status.state == wanted {
            Ok(status)
        } else {
            Err(format!("{status:?}"))
        }
    })
    .await
}
