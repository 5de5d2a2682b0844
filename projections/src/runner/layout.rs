//! Fitting the checkpoint to the feed: the journal's tail has one partition, Kafka has n.
//!
//! From one to n every partition starts where all of them are. From n to one the partitions that
//! are behind are first brought up from the journal; then one row says it for all. Every step is
//! a transaction, so a worker that dies in the middle leaves a checkpoint that is true.

use journal::{Cursor, FeedSource, READ_LIMIT_MAX};
use sqlx::{Connection, PgConnection};

use super::{BATCH_EVENTS_MAX, Runner, SessionError};
use crate::checkpoint::{self, Checkpoint};

const _: () = assert!(BATCH_EVENTS_MAX <= READ_LIMIT_MAX);

impl<S: FeedSource> Runner<S> {
    /// The checkpoint with as many partitions as the feed; `None` if another was there meanwhile.
    pub(super) async fn fit(
        &self,
        connection: &mut PgConnection,
        found: Checkpoint,
        partitions: u32,
    ) -> Result<Option<Checkpoint>, SessionError> {
        if found.cursor.partitions() == partitions {
            return Ok(Some(found));
        }
        let from = found.cursor.partitions();
        tracing::info!(
            projection = self.projection.name,
            from,
            to = partitions,
            "fitting the checkpoint to the feed"
        );
        let Some(level) = self.level(connection, found).await? else {
            return Ok(None);
        };
        let mut transaction = connection.begin().await?;
        let locked = checkpoint::lock(&mut transaction, self.projection.name).await?;
        if locked.as_ref() != Some(&level) {
            return Ok(None);
        }
        let cursor = Cursor::at(level.cursor.high(), partitions);
        let fitted =
            checkpoint::replace(&mut transaction, self.projection, Some(&level), &cursor).await?;
        transaction.commit().await?;
        Ok(Some(fitted))
    }

    /// Brings every partition up to the foremost one, from the journal.
    async fn level(
        &self,
        connection: &mut PgConnection,
        mut checkpoint: Checkpoint,
    ) -> Result<Option<Checkpoint>, SessionError> {
        let high = checkpoint.cursor.high();
        while checkpoint.cursor.low() < high {
            let low = checkpoint.cursor.low();
            let limit = usize::try_from(high - low)
                .unwrap_or(BATCH_EVENTS_MAX)
                .min(BATCH_EVENTS_MAX);
            let read = self.journal.read_all(low, limit).await?;
            // What is missing from the journal cannot have been posted: `read_all` answers.
            let through = read.last().map_or(high, |last| last.position);
            let missed = read
                .iter()
                .filter(|event| checkpoint.cursor.is_before(event));
            let to = Cursor(
                checkpoint
                    .cursor
                    .0
                    .iter()
                    .map(|position| (*position).max(through))
                    .collect(),
            );
            if !self
                .commit_rows(connection, &checkpoint, missed, &to)
                .await?
            {
                return Ok(None);
            }
            checkpoint.cursor = to;
            checkpoint.has_failed = false;
        }
        Ok(Some(checkpoint))
    }
}
