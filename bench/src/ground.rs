//! The ground that both sides stand on: one Postgres, as durable as in production, and databases on it.

use anyhow::Result;
use commands::{Commands, Executor, ExecutorOptions};
use daybook_tests::{Cluster, Launch, Postgres, Server};
use journal::{EventKind, Journal, JournalOptions, TailSource, Upcasters};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A Postgres server of this run's own.
pub struct Ground {
    cluster: Cluster,
}

impl Ground {
    /// Starts it.
    pub async fn start() -> Self {
        Self {
            cluster: Cluster::start().await,
        }
    }

    /// The address of its first database.
    pub fn url(&self) -> String {
        self.cluster.url()
    }

    /// A fresh database on it.
    pub async fn database(&self) -> Postgres {
        Postgres::fresh_on(&self.cluster.url()).await
    }

    /// A fresh database on it whose sessions all have these settings of Postgres.
    pub async fn database_with(&self, postgres: &[(&str, &str)]) -> Result<Postgres> {
        let database = self.database().await;
        let pool = database.pool().await;
        for (setting, value) in postgres {
            let name = database.name();
            sqlx::query(&format!("alter database {name} set {setting} = {value}"))
                .execute(&pool)
                .await?;
        }
        pool.close().await;
        Ok(database)
    }

    /// Leaves a database as autovacuum would some time after it was filled, so that it does not begin in the middle.
    pub async fn tidy(&self, database: &Postgres) -> Result<()> {
        let pool = database.pool().await;
        sqlx::query("vacuum (analyze)").execute(&pool).await?;
        pool.close().await;
        Ok(())
    }

    /// The real server, as users run it, on a database of this ground.
    pub async fn daybook(&self, database: &Postgres) -> Server {
        Launch::on(database).start().await
    }
}

/// A journal on a database, migrated and opened as the server opens it.
pub async fn open_journal(database: &Postgres) -> Result<Journal> {
    Journal::migrate(&database.options()).await?;
    let catalogue = domain::CATALOG.iter().map(|kind| EventKind {
        aggregate_type: kind.aggregate_type.into(),
        event_type: kind.event_type.into(),
        event_version: kind.version.into(),
    });
    let options = JournalOptions {
        connect: database.options(),
        connections_max: 16,
        upcasters: Upcasters::new(domain::upcasters()),
        catalogue: catalogue.collect(),
    };
    Ok(Journal::open(options).await?)
}

/// An executor in this process.
pub struct Running {
    /// Commands to it.
    pub commands: Commands,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Starts one as the server does.
    pub fn start(journal: &Journal) -> Self {
        let tail = TailSource::new(journal.clone());
        let (executor, commands) =
            Executor::new(journal.clone(), tail, &ExecutorOptions::default());
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(executor.run(shutdown.clone()));
        Self {
            commands,
            shutdown,
            task,
        }
    }

    /// Stops it and waits.
    pub async fn stop(self) {
        self.shutdown.cancel();
        let _ = self.task.await;
    }
}
