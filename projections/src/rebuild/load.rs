//! Loading: the whole journal, in big batches; reading and decoding of the next one go on
//! while Postgres posts this one.

use journal::{Position, READ_LIMIT_MAX};
use sqlx::{Connection, PgConnection};

use super::{Rebuild, RebuildError, RebuildProgress, RebuildStage};
use crate::projection::Posting;
use crate::tables;

/// Fewer events than this are left to the swap, which posts them while the live worker waits.
const LEFT_TO_SWAP_EVENTS: u64 = 500;

/// How often catching up is tried before the swap takes what is left, however much.
const CATCH_UP_ROUNDS_MAX: u32 = 50;

/// What was read from the journal.
pub(super) struct Chunk {
    /// What is to be posted of it.
    pub postings: Vec<Posting>,
    /// The last position that was read.
    pub through: Position,
    /// How many events were read.
    pub events: usize,
}

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
        for _ in 0..CATCH_UP_ROUNDS_MAX {
            self.head = self.journal.head().await?;
            self.tell(stage);
            if self.head.saturating_sub(self.position) < LEFT_TO_SWAP_EVENTS {
                break;
            }
            self.post_through(self.head, stage).await?;
        }
        Ok(())
    }

    /// Posts everything up to `target`.
    async fn post_through(
        &mut self,
        target: Position,
        stage: RebuildStage,
    ) -> Result<(), RebuildError> {
        let mut chunk = self.read(self.position, target).await?;
        while chunk.events > 0 {
            let reading = read(self.journal, self.projection, chunk.through, target);
            let posting = post(&mut self.connection, self.projection, &chunk);
            let (next, posted) = tokio::join!(reading, posting);
            posted?;
            self.position = chunk.through;
            chunk = next?;
            self.tell(stage);
        }
        Ok(())
    }

    /// Reads on after a position.
    pub(super) async fn read(
        &self,
        after: Position,
        target: Position,
    ) -> Result<Chunk, RebuildError> {
        read(self.journal, self.projection, after, target).await
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

/// Reads and decodes up to a batch of events after a position, none above `target`.
pub(super) async fn read(
    journal: &journal::Journal,
    projection: &'static crate::Projection,
    after: Position,
    target: Position,
) -> Result<Chunk, RebuildError> {
    let wanted = usize::try_from(target.saturating_sub(after))
        .unwrap_or(READ_LIMIT_MAX)
        .min(READ_LIMIT_MAX);
    if wanted == 0 {
        return Ok(Chunk {
            postings: Vec::new(),
            through: after,
            events: 0,
        });
    }
    let events = journal.read_all(after, wanted).await?;
    let through = events.last().map_or(after, |last| last.position);
    Ok(Chunk {
        postings: projection.decode(&events)?,
        through,
        events: events.len(),
    })
}

async fn post(
    connection: &mut PgConnection,
    projection: &'static crate::Projection,
    chunk: &Chunk,
) -> Result<(), RebuildError> {
    let mut transaction = connection.begin().await?;
    sqlx::query("update projections.checkpoints set position = $2 where projection = $1 and generation = 'rebuild'")
        .bind(projection.name)
        .bind(chunk.through.cast_signed())
        .execute(&mut *transaction)
        .await?;
    if !chunk.postings.is_empty() {
        (projection.post)(&mut transaction, &chunk.postings).await?;
    }
    transaction.commit().await?;
    Ok(())
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
