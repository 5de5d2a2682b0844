//! Making a projection's tables, and the connections that post into them.
//!
//! Names in a projection's SQL are unqualified: the connection's search path says whether the
//! live tables are meant or those that are built beside them. `public` is on it for the operators
//! of pg_trgm. Statements here are put together from the constants of [`Projection`], never from values.

use std::time::Duration;

use journal::Journal;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Executor};

use crate::projection::Projection;

/// The schema of the tables that are read.
pub(crate) const LIVE_SCHEMA: &str = "query";

/// How long a connection attempt may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens a connection of its own that posts into the live tables, batch after batch.
pub(crate) async fn connect_live(
    journal: &Journal,
    statement_timeout: Duration,
) -> Result<PgConnection, sqlx::Error> {
    // A plan that is made for a batch of five rows looks cheaper than one for any, so Postgres would make it anew for every
    // batch; here the planning costs more than the rows, and the plan is the same.
    let planned_once = [("plan_cache_mode", "force_generic_plan")];
    open(options(journal, LIVE_SCHEMA, statement_timeout).options(planned_once)).await
}

/// Opens a connection of its own that posts into the tables of `schema`.
pub(crate) async fn connect(
    journal: &Journal,
    schema: &str,
    statement_timeout: Duration,
) -> Result<PgConnection, sqlx::Error> {
    open(options(journal, schema, statement_timeout)).await
}

/// Commits do not wait for the disk: rows and checkpoint are lost together or not at all, and
/// what is lost is posted again. The journal, which they follow, was flushed before.
fn options(journal: &Journal, schema: &str, statement_timeout: Duration) -> PgConnectOptions {
    journal.connect_options().clone().options([
        ("search_path", format!("{schema},public")),
        (
            "statement_timeout",
            statement_timeout.as_millis().to_string(),
        ),
        ("synchronous_commit", "off".to_owned()),
        // Every row is found by its key, whatever the planner believes of tables that were empty when the connection was
        // new: a plan that it keeps would read all of them for each batch. Decision 5 measured the same of the journal.
        ("enable_seqscan", "off".to_owned()),
    ])
}

async fn open(options: PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    tokio::time::timeout(CONNECT_TIMEOUT, options.connect())
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Makes the live tables, in place of any that have no checkpoint.
pub(crate) async fn create_live(
    connection: &mut PgConnection,
    projection: &Projection,
) -> Result<(), sqlx::Error> {
    drop_live(connection, projection).await?;
    create(connection, projection).await?;
    create_indexes(connection, projection).await
}

/// Makes the tables on the connection's search path.
pub(crate) async fn create(
    connection: &mut PgConnection,
    projection: &Projection,
) -> Result<(), sqlx::Error> {
    connection.execute(projection.tables_sql).await.map(drop)
}

/// Makes their secondary indexes.
pub(crate) async fn create_indexes(
    connection: &mut PgConnection,
    projection: &Projection,
) -> Result<(), sqlx::Error> {
    connection.execute(projection.indexes_sql).await.map(drop)
}

/// Drops the live tables. A table that a newer version no longer has stays: a migration drops it.
pub(crate) async fn drop_live(
    connection: &mut PgConnection,
    projection: &Projection,
) -> Result<(), sqlx::Error> {
    for table in projection.tables {
        let statement = format!("drop table if exists {LIVE_SCHEMA}.{table}");
        connection.execute(statement.as_str()).await?;
    }
    Ok(())
}

/// Moves the tables, with their indexes and constraints, from `schema` to where they are read.
pub(crate) async fn move_live(
    connection: &mut PgConnection,
    projection: &Projection,
    schema: &str,
) -> Result<(), sqlx::Error> {
    for table in projection.tables {
        let statement = format!("alter table {schema}.{table} set schema {LIVE_SCHEMA}");
        connection.execute(statement.as_str()).await?;
    }
    Ok(())
}

/// Lets the planner know what a load has put into the tables.
pub(crate) async fn analyze(
    connection: &mut PgConnection,
    projection: &Projection,
) -> Result<(), sqlx::Error> {
    for table in projection.tables {
        connection
            .execute(format!("analyze {table}").as_str())
            .await?;
    }
    Ok(())
}

/// Makes `schema` anew, empty.
pub(crate) async fn create_schema(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<(), sqlx::Error> {
    drop_schema(connection, schema).await?;
    let statement = format!("create schema {schema}");
    connection.execute(statement.as_str()).await.map(drop)
}

/// Drops `schema` with all that is in it.
pub(crate) async fn drop_schema(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<(), sqlx::Error> {
    let statement = format!("drop schema if exists {schema} cascade");
    connection.execute(statement.as_str()).await.map(drop)
}
