//! Sets and clears timers: the last that a batch says of each.

use std::collections::{BTreeMap, BTreeSet};

use domain::timer::{self, TimerChange};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::projection::{PostError, Postings};

type Key = (&'static str, Uuid);

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &Postings,
) -> Result<(), PostError> {
    let orders = postings.of(domain::order::TYPE).iter();
    let postings = orders.chain(postings.of(domain::payment::TYPE));
    // Streams that begin in this batch have nothing stored that would have to be cleared.
    let mut begun: BTreeSet<&str> = BTreeSet::new();
    let mut set: BTreeMap<Key, OffsetDateTime> = BTreeMap::new();
    let mut cleared: BTreeSet<Key> = BTreeSet::new();
    for posting in postings {
        let id = &*posting.stream.aggregate_id;
        if posting.sequence == 1 {
            begun.insert(id);
        }
        for change in timer::changes(id, &posting.event, posting.recorded_at) {
            let key = super::key(change.timer());
            match change {
                TimerChange::Set { due_at, .. } => {
                    cleared.remove(&key);
                    set.insert(key, due_at.to_offset_date_time());
                }
                TimerChange::Clear { .. } => {
                    set.remove(&key);
                    if !begun.contains(id) {
                        cleared.insert(key);
                    }
                }
            }
        }
    }
    clear(connection, &cleared).await?;
    store(connection, &set).await
}

async fn clear(connection: &mut PgConnection, cleared: &BTreeSet<Key>) -> Result<(), PostError> {
    if cleared.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("clear.sql"))
        .bind(cleared.iter().map(|(kind, _)| *kind).collect::<Vec<_>>())
        .bind(cleared.iter().map(|(_, of)| *of).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

async fn store(
    connection: &mut PgConnection,
    set: &BTreeMap<Key, OffsetDateTime>,
) -> Result<(), PostError> {
    if set.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("set.sql"))
        .bind(set.keys().map(|(kind, _)| *kind).collect::<Vec<_>>())
        .bind(set.keys().map(|(_, of)| *of).collect::<Vec<_>>())
        .bind(set.values().copied().collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
