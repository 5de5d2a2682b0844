//! Loading: the whole journal, in big chunks; reading and decoding of the next one go on
//! while Postgres posts this one.

use sqlx::{Connection, PgConnection};

use super::reader::{self, Chunk};
use super::{Rebuild, RebuildError, RebuildProgress, RebuildStage};
use crate::tables;

/// Fewer events than this are left to the swap, which posts them while the live worker waits.
const LEFT_TO_SWAP_EVENTS: u64 = 500;

/// How often catching up is tried before the swap takes what is left, however much.
const CATCH_UP_ROUNDS_MAX: u32 = 50;

impl<P: FnMut(RebuildProgress) + Send> Rebuild<'_, P> {
    /// Makes the schema and the tables, without their secondary indexes.
    pub(super) async fn begin(&mut self) -> Result<(), RebuildError> {
        let mut transaction = self.connection.begin().await?;
        tables::create_schema(&mut transaction, &self.schema).await?;
        tables::create(&mut transaction, self.projection).await?;
        forget(&mut transaction, self.projection.name).await?;
        sqlx::query(
            "insert into projections.checkpoints (projection, generation, version, partition, position, epoch)
             values ($1, 'rebuild', $2, 0, 0, $3)",
        )
        .bind(self.projection.name)
        .bind(self.projection.version)
        .bind(self.lease.epoch())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Posts to the journal's end, or so near to it that the swap may do the rest.
    pub(super) async fn load(&mut self, stage: RebuildStage) -> Result<(), RebuildError> {
        while let Some(chunk) = self.chunks.recv().await {
            self.post(&chunk, stage).await?;
        }
        for _ in 0..CATCH_UP_ROUNDS_MAX {
            self.head = self.journal.head().await?;
            self.tell(stage);
            if self.head.saturating_sub(self.position) < LEFT_TO_SWAP_EVENTS {
                break;
            }
            while self.position < self.head {
                let chunk =
                    reader::read_on(self.journal, self.projection, self.position, self.head);
                let chunk = chunk.await?;
                self.post(&chunk, stage).await?;
            }
        }
        Ok(())
    }

    async fn post(&mut self, chunk: &Chunk, stage: RebuildStage) -> Result<(), RebuildError> {
        let mut transaction = self.connection.begin().await?;
        sqlx::query("update projections.checkpoints set position = $2 where projection = $1 and generation = 'rebuild'")
            .bind(self.projection.name)
            .bind(chunk.through.cast_signed())
            .execute(&mut *transaction)
            .await?;
        if chunk.postings.concern(self.projection) {
            (self.projection.post)(&mut transaction, &chunk.postings).await?;
        }
        transaction.commit().await?;
        self.position = chunk.through;
        self.tell(stage);
        Ok(())
    }

    /// Makes the secondary indexes: over loaded tables that is a fraction of the work.
    pub(super) async fn index(&mut self) -> Result<(), RebuildError> {
        self.tell(RebuildStage::Indexing);
        sqlx::query("set maintenance_work_mem = '256MB'")
            .execute(&mut self.connection)
            .await?;
        tables::create_indexes(&mut self.connection, self.projection).await?;
        tables::analyze(&mut self.connection, self.projection).await?;
        Ok(())
    }
}

/// Removes what a rebuild has left in the checkpoints.
pub(super) async fn forget(connection: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "delete from projections.checkpoints where projection = $1 and generation = 'rebuild'",
    )
    .bind(name)
    .execute(connection)
    .await?;
    Ok(())
}
