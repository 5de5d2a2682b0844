//! Checkpoints: how far a projection's live tables are, one row per partition of its feed.
//!
//! The checkpoint is moved first in each transaction and the tables after it, by the runner and
//! by the swap of a rebuild alike: always in this order, so that neither waits for the other in
//! a circle.

use journal::{Cursor, Position};
use sqlx::{Executor, PgConnection};

use crate::projection::Projection;

/// Where the live tables stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// One position per partition.
    pub cursor: Cursor,
    /// The version that the tables were built in.
    pub version: i32,
    /// Grows whenever the rows change hands.
    pub epoch: i64,
}

/// Reads the live checkpoint, if there are tables.
pub(crate) async fn read(
    connection: &mut PgConnection,
    name: &str,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let rows: Vec<(i64, i32, i64)> = sqlx::query_as(
        "select position, version, epoch from projections.checkpoints
         where projection = $1 and generation = 'live'
         order by partition",
    )
    .bind(name)
    .fetch_all(connection)
    .await?;
    Ok(of_rows(rows))
}

/// Reads the live checkpoint and keeps everybody else from moving it until the transaction ends.
///
/// `None` means that there is none, and that nobody makes one before this transaction ends. Finding
/// no row is not enough for that: while this statement waited for a row's lock, the row may have been
/// replaced by one that its snapshot does not show. So it is asked again with the table locked.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    name: &str,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    if let Some(found) = lock_rows(connection, name).await? {
        return Ok(Some(found));
    }
    connection
        .execute("lock table projections.checkpoints in share row exclusive mode")
        .await?;
    lock_rows(connection, name).await
}

async fn lock_rows(
    connection: &mut PgConnection,
    name: &str,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let rows: Vec<(i64, i32, i64)> = sqlx::query_as(
        "select position, version, epoch from projections.checkpoints
         where projection = $1 and generation = 'live'
         order by partition
         for update",
    )
    .bind(name)
    .fetch_all(connection)
    .await?;
    Ok(of_rows(rows))
}

fn of_rows(rows: Vec<(i64, i32, i64)>) -> Option<Checkpoint> {
    let (_, version, epoch) = *rows.first()?;
    let cursor = Cursor(
        rows.into_iter()
            .map(|(position, _, _)| position.cast_unsigned())
            .collect(),
    );
    Some(Checkpoint {
        cursor,
        version,
        epoch,
    })
}

/// Puts another layout, position or version in the place of the live checkpoint, in a new
/// epoch: whoever held the old one will find no row to move.
pub(crate) async fn replace(
    connection: &mut PgConnection,
    projection: &Projection,
    old: Option<&Checkpoint>,
    cursor: &Cursor,
) -> Result<Checkpoint, sqlx::Error> {
    let epoch = old.map_or(0, |old| old.epoch) + 1;
    sqlx::query(
        "delete from projections.checkpoints where projection = $1 and generation = 'live'",
    )
    .bind(projection.name)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into projections.checkpoints (projection, generation, version, partition, position, epoch)
         select $1, 'live', $2, ordinality - 1, position, $4
         from unnest($3::bigint[]) with ordinality as row (position, ordinality)",
    )
    .bind(projection.name)
    .bind(projection.version)
    .bind(columns(cursor))
    .bind(epoch)
    .execute(connection)
    .await?;
    Ok(Checkpoint {
        cursor: cursor.clone(),
        version: projection.version,
        epoch,
    })
}

/// Begins a new epoch: a worker that was overtaken finds no row to move.
pub(crate) async fn adopt(connection: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update projections.checkpoints set epoch = epoch + 1
         where projection = $1 and generation = 'live'",
    )
    .bind(name)
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves the checkpoint from where this worker left it; `false` when it is not there, and the
/// transaction must be rolled back: another worker, a rebuild or another layout was there.
pub(crate) async fn advance(
    connection: &mut PgConnection,
    name: &str,
    from: &Checkpoint,
    to: &Cursor,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(include_str!("checkpoint/advance.sql"))
        .bind(name)
        .bind(columns(&from.cursor))
        .bind(columns(to))
        .bind(from.epoch)
        .execute(connection)
        .await?;
    Ok(moved.rows_affected() == u64::from(from.cursor.partitions()))
}

/// Says for other processes why posting has stopped; the next advance takes it back.
pub(crate) async fn fail(
    connection: &mut PgConnection,
    name: &str,
    failure: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update projections.checkpoints set failure = $2
         where projection = $1 and generation = 'live' and failure is distinct from $2",
    )
    .bind(name)
    .bind(failure)
    .execute(connection)
    .await?;
    Ok(())
}

fn columns(cursor: &Cursor) -> Vec<i64> {
    cursor
        .0
        .iter()
        .copied()
        .map(Position::cast_signed)
        .collect()
}
