//! The swap: one transaction that ends the old tables and begins the new ones.
//!
//! Its locks are asked for with a short time limit and, if they are not to be had (a long read),
//! given up and asked for again: everybody who comes after a waiting lock waits behind it.

use std::time::Duration;

use journal::Cursor;
use sqlx::{Connection, Executor};

use super::{Rebuild, RebuildError, RebuildProgress, RebuildStage, load, reader};
use crate::projection::PostError;
use crate::{checkpoint, tables};

/// How often the swap is tried, and the pause between.
const ATTEMPTS_MAX: u32 = 30;
const ATTEMPT_PAUSE: Duration = Duration::from_millis(200);

impl<P: FnMut(RebuildProgress) + Send> Rebuild<'_, P> {
    pub(super) async fn swap(&mut self) -> Result<(), RebuildError> {
        for _ in 0..ATTEMPTS_MAX {
            self.tell(RebuildStage::Swapping);
            match self.try_swap().await {
                Err(RebuildError::Post(PostError::Database(error))) if is_busy(&error) => {
                    tokio::time::sleep(ATTEMPT_PAUSE).await;
                    self.load(RebuildStage::CatchingUp).await?;
                }
                swapped => return swapped,
            }
        }
        Err(RebuildError::Busy(self.projection.name))
    }

    async fn try_swap(&mut self) -> Result<(), RebuildError> {
        let (journal, projection) = (self.journal, self.projection);
        let mut transaction = self.connection.begin().await?;
        transaction
            .execute("set local lock_timeout = '1s'; set local synchronous_commit = on")
            .await?;
        // Fences a rebuild that was paused and overtaken: its lease is gone.
        if !self.lease.renew(&mut transaction).await? {
            return Err(RebuildError::Overtaken(projection.name));
        }
        // The live worker waits from here on; readers do not yet.
        let live = checkpoint::lock(&mut transaction, projection.name).await?;
        let high = live
            .as_ref()
            .map_or(0, |live| live.cursor.high())
            .max(journal.head().await?);
        let mut position = self.position;
        while position < high {
            let chunk = reader::read_on(journal, projection, position, high).await?;
            (projection.post)(&mut transaction, &chunk.postings).await?;
            position = chunk.through;
        }
        // Readers wait from here on, for the few statements up to the commit.
        tables::drop_live(&mut transaction, projection).await?;
        tables::move_live(&mut transaction, projection, &self.schema).await?;
        let partitions = live.as_ref().map_or(1, |live| live.cursor.partitions());
        checkpoint::replace(
            &mut transaction,
            projection,
            live.as_ref(),
            &Cursor::at(position, partitions),
        )
        .await?;
        load::forget(&mut transaction, projection.name).await?;
        tables::drop_schema(&mut transaction, &self.schema).await?;
        transaction.commit().await?;
        self.position = position;
        Ok(())
    }
}

/// A lock that was not to be had in time (55P03), or a deadlock that Postgres has ended (40P01).
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == "55P03" || code == "40P01")
}
