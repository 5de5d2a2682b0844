//! What a batch does to stock items, as sums: their rows are moved by them and need not be read first.
//!
//! A row is moved only from the version that it had before the batch, and the items of a batch are all moved or none.

use std::collections::BTreeMap;

use domain::Event;
use domain::stock::StockEvent;
use domain::value::{StockId, Timestamp};
use sqlx::PgConnection;

use crate::projection::{PostError, Posting};

/// What the events of one item come to.
#[derive(Debug)]
pub(crate) struct Move<'a, S> {
    /// The first of them: the row is where this one goes on from.
    first: &'a Posting,
    /// The number of the last of them.
    pub version: u64,
    /// When the last of them was recorded.
    pub updated_at: Timestamp,
    /// What they add up to.
    pub sum: S,
}

impl<S> Move<'_, S> {
    /// The version that the row has before the batch; 0 where there is no row.
    pub fn version_before(&self) -> u64 {
        self.first.sequence.saturating_sub(1)
    }
}

/// The moves of a batch, by item.
pub(crate) type Moves<'a, S> = BTreeMap<StockId, Move<'a, S>>;

/// Adds up the events of each item.
pub(crate) fn add_up<S: Default>(
    postings: &[Posting],
    add: impl Fn(&mut S, &StockEvent),
) -> Result<Moves<'_, S>, PostError> {
    let mut moves: Moves<'_, S> = BTreeMap::new();
    for posting in postings {
        let moved = moves.entry(posting.id()?).or_insert_with(|| Move {
            first: posting,
            version: posting.sequence.saturating_sub(1),
            updated_at: posting.recorded_at,
            sum: S::default(),
        });
        posting.follows(moved.version)?;
        moved.version = posting.sequence;
        moved.updated_at = posting.recorded_at;
        if let Event::Stock(event) = &posting.event {
            add(&mut moved.sum, event);
        }
    }
    Ok(moves)
}

/// The items that begin in the batch, and those that have rows.
pub(crate) fn split<'m, 'a, S>(moves: &'m Moves<'a, S>) -> (Rows<'m, 'a, S>, Rows<'m, 'a, S>) {
    let (begun, known): (Vec<_>, Vec<_>) = moves
        .iter()
        .partition(|(_, item)| item.version_before() == 0);
    (Rows(begun), Rows(known))
}

/// Items on their way into a statement, column by column.
pub(crate) struct Rows<'m, 'a, S>(Vec<(&'m StockId, &'m Move<'a, S>)>);

impl<'m, 'a, S> Rows<'m, 'a, S> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &(&'m StockId, &'m Move<'a, S>)> {
        self.0.iter()
    }

    pub fn skus(&self) -> Vec<&'m str> {
        self.0.iter().map(|(id, _)| id.sku.as_str()).collect()
    }

    pub fn locations(&self) -> Vec<&'m str> {
        self.0.iter().map(|(id, _)| id.location.as_str()).collect()
    }

    pub fn column<C>(&self, of: impl Fn(&Move<'a, S>) -> C) -> Vec<C> {
        self.0.iter().map(|(_, item)| of(item)).collect()
    }

    /// Asserts that a statement has written every one of these items: one that was not where the batch goes on from is left
    /// alone. `versions_sql` selects `(sku, location, version, is_written)` for the SKUs in `$1` and the locations in `$2`.
    pub async fn assert_written(
        &self,
        connection: &mut PgConnection,
        written: u64,
        table: &'static str,
        versions_sql: &'static str,
    ) -> Result<(), PostError> {
        if written == self.0.len() as u64 {
            return Ok(());
        }
        let found: Vec<(String, String, i64, bool)> = sqlx::query_as(versions_sql)
            .bind(self.skus())
            .bind(self.locations())
            .fetch_all(connection)
            .await?;
        let found: BTreeMap<_, _> = found
            .iter()
            .map(|(sku, location, version, is_written)| {
                let row = (version.cast_unsigned(), *is_written);
                ((sku.as_str(), location.as_str()), row)
            })
            .collect();
        let left_alone = self.0.iter().filter_map(|(id, item)| {
            match found.get(&(id.sku.as_str(), id.location.as_str())) {
                Some((_, true)) => None,
                Some((version, false)) => Some((item.first, *version)),
                None => Some((item.first, 0)),
            }
        });
        if let Some((first, version)) = left_alone.min_by_key(|(first, _)| first.position) {
            first.follows(version)?;
        }
        Err(PostError::Corrupt {
            table,
            reason: format!("{written} of {} rows could be written", self.0.len()),
        })
    }
}
