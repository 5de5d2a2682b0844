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
    /// Whether it says why posting has stopped.
    pub has_failed: bool,
}

/// A row of it.
type Row = (i64, i32, i64, bool);

/// Reads the live checkpoint, if there are tables.
pub(crate) async fn read(
    connection: &mut PgConnection,
    name: &str,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select position, version, epoch, failure is not null from projections.checkpoints
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
    let rows: Vec<Row> = sqlx::query_as(
        "select position, version, epoch, failure is not null from projections.checkpoints
         where projection = $1 and generation = 'live'
         order by partition
         for update",
    )
    .bind(name)
    .fetch_all(connection)
    .await?;
    Ok(of_rows(rows))
}

fn of_rows(rows: Vec<Row>) -> Option<Checkpoint> {
    let (_, version, epoch, _) = *rows.first()?;
    let has_failed = rows.iter().any(|(_, _, _, has_failed)| *has_failed);
    let positions = rows.iter().map(|(position, ..)| position.cast_unsigned());
    Some(Checkpoint {
        cursor: Cursor(positions.collect()),
        version,
        epoch,
        has_failed,
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
        has_failed: false,
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
///
/// Whoever was there has begun another epoch in every partition, so it is enough to look at those that move.
pub(crate) async fn advance(
    connection: &mut PgConnection,
    name: &str,
    from: &Checkpoint,
    to: &Cursor,
) -> Result<bool, sqlx::Error> {
    let moves = moves(from, to);
    if let [(partition, old, new)] = moves[..] {
        let moved = sqlx::query(include_str!("checkpoint/advance_one.sql"))
            .bind(name)
            .bind(partition)
            .bind(old)
            .bind(new)
            .bind(from.epoch)
            .execute(connection)
            .await?;
        return Ok(moved.rows_affected() == 1);
    }
    let column = |of: fn(&Move) -> i64| moves.iter().map(of).collect::<Vec<_>>();
    let moved = sqlx::query(include_str!("checkpoint/advance.sql"))
        .bind(name)
        .bind(column(|(partition, ..)| i64::from(*partition)))
        .bind(column(|(_, old, _)| *old))
        .bind(column(|(_, _, new)| *new))
        .bind(from.epoch)
        .execute(connection)
        .await?;
    Ok(moved.rows_affected() == moves.len() as u64)
}

/// A partition, where it was and where it is to be.
type Move = (i32, i64, i64);

/// The partitions that move: all if the checkpoint says why posting had stopped, which the move takes back in each of them,
/// and at least one, for its epoch.
fn moves(from: &Checkpoint, to: &Cursor) -> Vec<Move> {
    let all = from.cursor.0.iter().zip(&to.0);
    let mut moves: Vec<Move> = (0..)
        .zip(all)
        .map(|(partition, (old, new))| (partition, old.cast_signed(), new.cast_signed()))
        .collect();
    if !from.has_failed {
        let first = moves.first().copied();
        moves.retain(|(_, old, new)| old != new);
        if moves.is_empty() {
            moves.extend(first);
        }
    }
    moves
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_not_moved_unless_its_failure_is_to_be_taken_back() {
        let mut from = Checkpoint {
            cursor: Cursor(vec![5, 7, 9]),
            version: 1,
            epoch: 1,
            has_failed: false,
        };
        let to = Cursor(vec![5, 8, 9]);
        assert_eq!(moves(&from, &to), [(1, 7, 8)]);
        // For its epoch.
        assert_eq!(moves(&from, &from.cursor), [(0, 5, 5)]);
        from.has_failed = true;
        assert_eq!(moves(&from, &to), [(0, 5, 5), (1, 7, 8), (2, 9, 9)]);
    }
}
