//! The peer of one table: the same `sales` tables, made by SQL alone from the journal's JSON.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use daybook_tests::Postgres;
use projections::Projection;
use sqlx::{Connection, Executor, PgConnection};

/// What both make.
pub const PROJECTION: &Projection = &projections::sales::PROJECTION;

/// The tables that both fill. Ours also keeps of which channel each payment's order was, under an id that SQL has no function
/// for, and what was given back, of which this journal has nothing.
const FILLED: [&str; 3] = ["sales_line", "sales_product", "sales_category"];

/// A session that has the same memory and leaves the same to the disk as a rebuild does.
pub struct ServerSide {
    connection: PgConnection,
}

impl ServerSide {
    pub async fn connect(database: &Postgres) -> Result<Self> {
        let mut connection = PgConnection::connect_with(&database.options()).await?;
        connection
            .execute(
                "set search_path = peer, public; set synchronous_commit = off;
                 set work_mem = '256MB'; set maintenance_work_mem = '256MB'",
            )
            .await?;
        Ok(Self { connection })
    }

    /// Makes the tables anew; how long it took.
    pub async fn make(&mut self) -> Result<Duration> {
        let began = Instant::now();
        let mut transaction = self.connection.begin().await?;
        transaction
            .execute("drop schema if exists peer cascade; create schema peer")
            .await?;
        transaction.execute(PROJECTION.tables_sql).await?;
        transaction.execute(include_str!("sales.sql")).await?;
        transaction.execute(PROJECTION.indexes_sql).await?;
        for table in PROJECTION.tables {
            transaction
                .execute(format!("analyze {table}").as_str())
                .await?;
        }
        transaction.commit().await?;
        Ok(began.elapsed())
    }

    /// Finds the first table whose rows are not those of the live one.
    pub async fn compare(&mut self) -> Result<()> {
        for table in FILLED {
            let sql = format!(
                "with ours as (select * from query.{table}), theirs as (select * from peer.{table})
                 select (select count(*) from ours),
                        (select count(*) from (table ours except table theirs) missing)
                      + (select count(*) from (table theirs except table ours) surplus)"
            );
            let (rows, differing): (i64, i64) =
                sqlx::query_as(&sql).fetch_one(&mut self.connection).await?;
            ensure!(
                rows > 0 && differing == 0,
                "{table}: {differing} rows of {rows} differ"
            );
        }
        Ok(())
    }
}
