//! postgres-es on a database of its own.

use anyhow::Result;
use cqrs_es::persist::{PersistedEventStore, SerializedEvent};
use cqrs_es::{Aggregate, AggregateError, CqrsFramework};
use daybook_tests::Postgres;
use domain::value::Timestamp;
use domain::{FactSource, Facts};
use postgres_es::{PostgresCqrs, PostgresEventRepository};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use time::OffsetDateTime;

use crate::ground::Ground;

/// The pool that the peer is given; its own `default_postgress_pool` has 10.
const CONNECTIONS: u32 = 16;

/// How many events go into one statement of [`Store::seed`].
const SEED_EVENTS: usize = 5_000;

/// As postgres-es' `db/init.sql` makes them.
const TABLES: &str = "
create table events
(
    aggregate_type text                         not null,
    aggregate_id   text                         not null,
    sequence       bigint check (sequence >= 0) not null,
    event_type     text                         not null,
    event_version  text                         not null,
    payload        json                         not null,
    metadata       json                         not null,
    primary key (aggregate_type, aggregate_id, sequence)
);
create table snapshots
(
    aggregate_type   text                                 not null,
    aggregate_id     text                                 not null,
    last_sequence    bigint check (last_sequence >= 0)    not null,
    current_snapshot bigint check (current_snapshot >= 0) not null,
    payload          json                                 not null,
    primary key (aggregate_type, aggregate_id, last_sequence)
)";

/// What the peer reads an aggregate's state from. Its third way, a snapshot every so many events, lies between these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// All its events.
    Events,
    /// The state itself, written with every event.
    State,
}

/// The peer's database and its pool.
pub struct Store {
    pool: PgPool,
    database: Postgres,
}

impl Store {
    /// A fresh one on this database.
    pub async fn on(database: Postgres) -> Result<Self> {
        let pool = pool(database.options()).await?;
        sqlx::raw_sql(TABLES).execute(&pool).await?;
        Ok(Self { pool, database })
    }

    /// A fresh one on the ground that both sides stand on.
    pub async fn fresh(ground: &Ground) -> Result<Self> {
        Self::on(ground.database().await).await
    }

    /// Its pool.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        self.database.url()
    }

    /// A framework over aggregates of type `A`.
    pub fn framework<A>(&self, keeps: Keeps) -> PostgresCqrs<A>
    where
        A: Aggregate<Services = FactSource>,
    {
        framework(self.pool.clone(), keeps)
    }

    /// Writes events as postgres-es would have, but many at once, and leaves the table as a run of autovacuum would.
    pub async fn seed(&self, events: &[SerializedEvent]) -> Result<()> {
        for some in events.chunks(SEED_EVENTS) {
            let column = |of: fn(&SerializedEvent) -> String| some.iter().map(of).collect();
            let sequences: Vec<i64> = some
                .iter()
                .map(|event| i64::try_from(event.sequence))
                .collect::<Result<_, _>>()?;
            sqlx::query(
                "insert into events
                 select aggregate_type, aggregate_id, sequence, event_type, event_version, payload::json, metadata::json
                 from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
                     as event (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)",
            )
            .bind::<Vec<String>>(column(|event| event.aggregate_type.clone()))
            .bind::<Vec<String>>(column(|event| event.aggregate_id.clone()))
            .bind(sequences)
            .bind::<Vec<String>>(column(|event| event.event_type.clone()))
            .bind::<Vec<String>>(column(|event| event.event_version.clone()))
            .bind::<Vec<String>>(column(|event| event.payload.to_string()))
            .bind::<Vec<String>>(column(|event| event.metadata.to_string()))
            .execute(&self.pool)
            .await?;
        }
        sqlx::query("vacuum (analyze) events")
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// The pool in its best configuration.
pub async fn pool(options: PgConnectOptions) -> Result<PgPool> {
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .min_connections(CONNECTIONS)
        // Saves the peer a round trip for each use of a connection.
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// A framework on a pool.
pub fn framework<A>(pool: PgPool, keeps: Keeps) -> PostgresCqrs<A>
where
    A: Aggregate<Services = FactSource>,
{
    let repository = PostgresEventRepository::new(pool);
    let store = match keeps {
        Keeps::Events => PersistedEventStore::new_event_store(repository),
        Keeps::State => PersistedEventStore::new_aggregate_store(repository),
    };
    let now = || {
        let now = Timestamp::try_from(OffsetDateTime::now_utc());
        Facts::at(now.unwrap_or(Timestamp::EPOCH))
    };
    CqrsFramework::new(store, Vec::new(), FactSource::new(now))
}

/// Executes a command, again at once for as long as others are first: postgres-es itself leaves that to its caller.
pub async fn execute<A>(
    framework: &PostgresCqrs<A>,
    id: &str,
    command: A::Command,
) -> Result<(), AggregateError<A::Error>>
where
    A: Aggregate,
    A::Command: Clone,
{
    loop {
        match framework.execute(id, command.clone()).await {
            Err(AggregateError::AggregateConflict) => {}
            outcome => return outcome,
        }
    }
}
