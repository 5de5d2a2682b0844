//! The checkpoint: what has been published, kept in the journal's database under the lease.

use std::time::Duration;

use journal::{Journal, JournalError, Lease, Position};

use crate::publish::Published;

/// How long the database may take over any of this. With a pause of the session before it, less
/// than the lease: who cannot say in time how far it came must not go on.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(4);

/// Gives up on a database that does not answer.
pub(crate) async fn in_time<T, E: Into<JournalError>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, JournalError> {
    match tokio::time::timeout(DATABASE_TIMEOUT, work).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(JournalError::from(sqlx::Error::PoolTimedOut)),
    }
}

/// What has been published, taken over under this lease's epoch; `None` if a later one has already.
pub(crate) async fn take_over(
    journal: &Journal,
    lease: &Lease,
    topic: &str,
    partitions: u32,
) -> Result<Option<Published>, JournalError> {
    let found: Option<(i64, Vec<i64>)> = in_time(
        sqlx::query_as(
            "insert into relay.checkpoints as kept (topic, epoch, position, last_published)
             values ($1, $2, 0, $3)
             on conflict on constraint checkpoints_topic do update set epoch = excluded.epoch
                 where kept.epoch <= excluded.epoch
             returning position, last_published",
        )
        .bind(topic)
        .bind(lease.epoch())
        .bind(signed(&Published::nothing(partitions).last_in_partition))
        .fetch_optional(journal.pool()),
    )
    .await?;
    Ok(found.map(|(position, last)| Published {
        position: position.cast_unsigned(),
        last_in_partition: last.into_iter().map(i64::cast_unsigned).collect(),
    }))
}

/// Stores the checkpoint and renews the lease, or neither: `false` when another has taken over.
pub(crate) async fn store(
    journal: &Journal,
    lease: &Lease,
    topic: &str,
    published: &Published,
) -> Result<bool, JournalError> {
    let work = async {
        let mut transaction = journal.pool().begin().await?;
        if !lease.renew(&mut transaction).await? {
            return Ok(false);
        }
        let stored = sqlx::query(
            "update relay.checkpoints set position = $3, last_published = $4 where topic = $1 and epoch = $2",
        )
        .bind(topic)
        .bind(lease.epoch())
        .bind(published.position.cast_signed())
        .bind(signed(&published.last_in_partition))
        .execute(&mut *transaction)
        .await?;
        if stored.rows_affected() != 1 {
            return Ok(false);
        }
        transaction.commit().await?;
        Ok::<bool, JournalError>(true)
    };
    in_time(work).await
}

fn signed(positions: &[Position]) -> Vec<i64> {
    let signed = positions.iter().map(|position| position.cast_signed());
    signed.collect()
}
