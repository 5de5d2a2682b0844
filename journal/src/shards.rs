//! Shards: work over the whole journal that several workers share.
//!
//! The work is cut into a fixed number of shards. Each has one holder at a time, who renews it, and a checkpoint: the
//! highest position at or below which all of the shard's events are handled. Both are in one row and written in one
//! statement that names the epoch, so a worker that was paused and overtaken can neither keep a shard nor move its
//! checkpoint.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use crate::{Journal, JournalError, Position};

/// How long the database may take over any of this.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(3);

/// A share in some work.
#[derive(Clone, Debug)]
pub struct Shards {
    pool: PgPool,
    work: &'static str,
    count: u32,
    holder: Uuid,
    ttl: Duration,
}

/// A shard that this worker holds, until it runs out or is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which.
    pub number: u32,
    /// Grows at every change of hands.
    pub epoch: i64,
    /// Its checkpoint when it was taken.
    pub position: Position,
}

impl Shards {
    /// A share in `work`, which is cut into `count` shards for ever; `holder` names this worker. Who is silent for `ttl`
    /// is overtaken.
    #[must_use]
    pub fn new(
        journal: &Journal,
        work: &'static str,
        count: u32,
        holder: Uuid,
        ttl: Duration,
    ) -> Self {
        let pool = journal.pool().clone();
        Self {
            pool,
            work,
            count,
            holder,
            ttl,
        }
    }

    /// How many shards there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// How long a shard is held without being renewed.
    #[must_use]
    pub const fn ttl(&self) -> Duration {
        self.ttl
    }

    /// Says that this worker lives; how many do, and so how many shards are its fair share.
    pub async fn attend(&self) -> Result<u32, JournalError> {
        let workers: i64 = in_time(
            sqlx::query_scalar(include_str!("shards/attend.sql"))
                .bind(self.work)
                .bind(self.holder)
                .bind(self.ttl.as_secs_f64())
                .fetch_one(&self.pool),
        )
        .await?;
        let workers = u32::try_from(workers).unwrap_or(u32::MAX).max(1);
        Ok(self.count.div_ceil(workers))
    }

    /// Takes up to `most` shards that nobody holds, or that this worker held before.
    pub async fn take(&self, most: u32, held: &[u32]) -> Result<Vec<Shard>, JournalError> {
        in_time(
            sqlx::query("insert into journal.shards (work, shard, holder, epoch, expires_at, position)
                         select $1, number, $2, 0, '-infinity', 0 from generate_series(0, $3 - 1) number
                         on conflict on constraint shards_work_shard do nothing")
                .bind(self.work)
                .bind(self.holder)
                .bind(self.count.cast_signed())
                .execute(&self.pool),
        )
        .await?;
        let taken: Vec<(i32, i64, i64)> = in_time(
            sqlx::query_as(include_str!("shards/take.sql"))
                .bind(self.work)
                .bind(self.holder)
                .bind(self.ttl.as_secs_f64())
                .bind(i64::from(most))
                .bind(signed(held))
                .fetch_all(&self.pool),
        )
        .await?;
        let shard = |(number, epoch, position): (i32, i64, i64)| Shard {
            number: number.cast_unsigned(),
            epoch,
            position: position.cast_unsigned(),
        };
        Ok(taken.into_iter().map(shard).collect())
    }

    /// Stores the checkpoint of each and renews it. Those that are not in the answer belong to somebody else by now.
    pub async fn store(&self, shards: &[(Shard, Position)]) -> Result<Vec<u32>, JournalError> {
        self.write(shards, self.ttl.as_secs_f64()).await
    }

    /// Stores the checkpoint of each and gives it back, so that the next one need not wait for it to run out.
    pub async fn give_back(&self, shards: &[(Shard, Position)]) -> Result<(), JournalError> {
        self.write(shards, f64::NEG_INFINITY).await.map(|_| ())
    }

    /// Takes part no longer.
    pub async fn leave(&self) -> Result<(), JournalError> {
        in_time(
            sqlx::query("delete from journal.workers where work = $1 and holder = $2")
                .bind(self.work)
                .bind(self.holder)
                .execute(&self.pool),
        )
        .await?;
        Ok(())
    }

    async fn write(
        &self,
        shards: &[(Shard, Position)],
        held_for: f64,
    ) -> Result<Vec<u32>, JournalError> {
        let numbers: Vec<u32> = shards.iter().map(|(shard, _)| shard.number).collect();
        let epochs: Vec<i64> = shards.iter().map(|(shard, _)| shard.epoch).collect();
        let positions: Vec<i64> = shards.iter().map(|(_, at)| at.cast_signed()).collect();
        let written: Vec<i32> = in_time(
            sqlx::query_scalar(include_str!("shards/store.sql"))
                .bind(self.work)
                .bind(self.holder)
                .bind(held_for.is_finite().then_some(held_for))
                .bind(signed(&numbers))
                .bind(epochs)
                .bind(positions)
                .fetch_all(&self.pool),
        )
        .await?;
        Ok(written.into_iter().map(i32::cast_unsigned).collect())
    }
}

fn signed(numbers: &[u32]) -> Vec<i32> {
    numbers.iter().map(|number| number.cast_signed()).collect()
}

/// Gives up on a database that does not answer.
async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, JournalError> {
    match tokio::time::timeout(DATABASE_TIMEOUT, work).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(JournalError::from(sqlx::Error::PoolTimedOut)),
    }
}
