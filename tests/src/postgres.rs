//! A database of one's own for every test, on the server that `make test` started.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use uuid::Uuid;

const DEADLINE: Duration = Duration::from_secs(30);

/// A fresh, empty database, dropped with this value.
pub struct Postgres {
    server: PgConnectOptions,
    name: String,
}

impl Postgres {
    /// Creates it on the server of `DATABASE_URL`.
    pub async fn fresh() -> Self {
        let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| {
            panic!("DATABASE_URL is not set: run through `make test`, or name a Postgres whose role may create databases")
        });
        Self::fresh_on(&url).await
    }

    /// Creates it on the server of `url`, for tests that keep a server of their own.
    pub async fn fresh_on(url: &str) -> Self {
        let server = PgConnectOptions::from_str(url)
            .unwrap_or_else(|error| panic!("DATABASE_URL is no Postgres address: {error}"));
        let name = format!("test_{}", Uuid::now_v7().simple());
        run_on(&server, &format!("create database {name}"))
            .await
            .unwrap_or_else(|error| panic!("cannot create a test database: {error}"));
        Self { server, name }
    }

    /// The address of this database, for `DATABASE_URL`.
    pub fn url(&self) -> String {
        self.options().to_url_lossy().to_string()
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same as options, to be changed (another role, for instance).
    pub fn options(&self) -> PgConnectOptions {
        self.server.clone().database(&self.name)
    }

    /// A small pool as the owner.
    pub async fn pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(DEADLINE)
            .connect_with(self.options())
            .await
            .expect("connect to the test database")
    }

    /// Drops it now and waits; `Drop` does the same for those who forget.
    pub async fn finish(self) {
        let _ = run_on(&self.server, &drop_statement(&self.name)).await;
        std::mem::forget(self);
    }
}

impl Drop for Postgres {
    /// Best effort: a test that failed has already said what matters. On a thread of its own, because the test's runtime may
    /// be the one that is ending.
    fn drop(&mut self) {
        let (server, statement) = (self.server.clone(), drop_statement(&self.name));
        let _ = std::thread::spawn(move || {
            if let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
            {
                let _ = runtime.block_on(run_on(&server, &statement));
            }
        })
        .join();
    }
}

fn drop_statement(name: &str) -> String {
    format!("drop database if exists {name} with (force)")
}

/// The names are made here (`test_` and hex digits), so they may stand in the statement.
async fn run_on(server: &PgConnectOptions, statement: &str) -> Result<(), sqlx::Error> {
    let work = async {
        let mut connection = PgConnection::connect_with(server).await?;
        sqlx::query(statement).execute(&mut connection).await?;
        connection.close().await
    };
    tokio::time::timeout(DEADLINE, work)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}
