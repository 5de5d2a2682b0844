//! Which kinds of event the journal holds, and whether this program can read them all.

use sqlx::PgPool;

use crate::{JournalError, Position, Upcasters};

/// A kind of event in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventKind {
    /// `order`
    pub aggregate_type: String,
    /// `OrderPlaced`
    pub event_type: String,
    /// `1`
    pub event_version: String,
}

/// The journal holds an event that this program cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the journal holds {aggregate_type} {event_type} of version {event_version} (first at position \
     {first_position}), which this version of Daybook cannot read; start a version that knows it, \
     or add an upcaster that leads to the current version"
)]
pub struct UnreadableKind {
    /// The aggregate's type.
    pub aggregate_type: String,
    /// The event's type.
    pub event_type: String,
    /// The stored version.
    pub event_version: String,
    /// Where it was first recorded.
    pub first_position: i64,
}

/// Gathers the kinds recorded since the last look and compares all of them with the catalogue.
pub(crate) async fn check(
    pool: &PgPool,
    catalogue: &[EventKind],
    upcasters: &Upcasters,
) -> Result<(), JournalError> {
    gather(pool).await?;
    let stored: Vec<(String, String, String, i64)> = sqlx::query_as(
        "select aggregate_type, event_type, event_version, first_position
         from journal.event_kinds order by first_position",
    )
    .fetch_all(pool)
    .await?;
    for (aggregate_type, event_type, event_version, first_position) in stored {
        let read_as = upcasters.leads_to(&event_type, &event_version);
        let known = catalogue.iter().any(|kind| {
            kind.aggregate_type == aggregate_type
                && kind.event_type == event_type
                && Some(&kind.event_version) == read_as.as_ref()
        });
        if !known {
            return Err(crate::UnreadableKind {
                aggregate_type,
                event_type,
                event_version,
                first_position,
            }
            .into());
        }
    }
    Ok(())
}

async fn gather(pool: &PgPool) -> Result<(), JournalError> {
    let head: i64 = sqlx::query_scalar("select coalesce(max(position), 0) from journal.events")
        .fetch_one(pool)
        .await?;
    let through: i64 = sqlx::query_scalar("select position from journal.event_kinds_through")
        .fetch_one(pool)
        .await?;
    if head as Position == through as Position {
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    // A journal of many millions, imported since the last start, takes longer than a read may.
    sqlx::query("set local statement_timeout = 0")
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "insert into journal.event_kinds (aggregate_type, event_type, event_version, first_position)
         select aggregate_type, event_type, event_version, min(position)
         from journal.events where position > $1 and position <= $2
         group by aggregate_type, event_type, event_version
         on conflict on constraint event_kinds_kind do nothing",
    )
    .bind(through)
    .bind(head)
    .execute(&mut *transaction)
    .await?;
    sqlx::query("update journal.event_kinds_through set position = greatest(position, $1)")
        .bind(head)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}
