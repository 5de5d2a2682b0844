//! Leases: one process at a time does a piece of work, and one that was overtaken is fenced.
//!
//! A row with an epoch, not an advisory lock: session locks do not survive a pooler, and a row
//! can be checked in the transaction of the work that it guards.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::JournalError;

/// A piece of work that this process holds until the lease runs out or is released.
#[derive(Clone, Debug)]
pub struct Lease {
    name: String,
    holder: Uuid,
    epoch: i64,
    ttl: Duration,
}

impl Lease {
    /// Takes the lease if it is free, has run out, or is already this holder's; `None` if
    /// another holds it. Every call that returns a lease begins a new epoch.
    pub async fn try_acquire(
        pool: &PgPool,
        name: &str,
        holder: Uuid,
        ttl: Duration,
    ) -> Result<Option<Self>, JournalError> {
        let epoch: Option<i64> = sqlx::query_scalar(
            "insert into journal.leases as held (name, holder, epoch, expires_at)
             values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
             on conflict on constraint leases_name do update
                 set holder = excluded.holder, epoch = held.epoch + 1, expires_at = excluded.expires_at
                 where held.expires_at < clock_timestamp() or held.holder = excluded.holder
             returning epoch",
        )
        .bind(name)
        .bind(holder)
        .bind(ttl.as_secs_f64())
        .fetch_optional(pool)
        .await?;
        Ok(epoch.map(|epoch| Self {
            name: name.to_owned(),
            holder,
            epoch,
            ttl,
        }))
    }

    /// The epoch: grows at every change of hands.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Prolongs the lease within a transaction (or on its own); `false` when it has been lost,
    /// and the transaction must be rolled back. A lease that was released stays so: a renewal that nobody waits for any more
    /// may reach Postgres after the release.
    pub async fn renew(&self, connection: &mut PgConnection) -> Result<bool, JournalError> {
        let renewed = sqlx::query(
            "update journal.leases set expires_at = clock_timestamp() + make_interval(secs => $4)
             where name = $1 and holder = $2 and epoch = $3 and expires_at > '-infinity'",
        )
        .bind(&self.name)
        .bind(self.holder)
        .bind(self.epoch)
        .bind(self.ttl.as_secs_f64())
        .execute(connection)
        .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Gives the lease up, so that the next one need not wait for it to run out.
    pub async fn release(self, pool: &PgPool) -> Result<(), JournalError> {
        sqlx::query(
            "update journal.leases set expires_at = '-infinity' where name = $1 and holder = $2 and epoch = $3",
        )
        .bind(&self.name)
        .bind(self.holder)
        .bind(self.epoch)
        .execute(pool)
        .await?;
        Ok(())
    }
}
