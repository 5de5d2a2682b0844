//! Waiting until a projection has reached a position: how a client reads its own writes.

use std::time::Instant;

use journal::Position;
use tokio::time::Duration;

use super::{Queries, QueryError};
use crate::board::{Entry, Health};
use crate::projection;

/// How soon the checkpoint is looked at again: from, doubling, to.
const POLL_MIN: Duration = Duration::from_millis(1);
const POLL_MAX: Duration = Duration::from_millis(50);

/// A projection had not reached a position when the deadline came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{projection} has reached position {reached}, not yet {wanted}")]
pub struct ProjectionBehind {
    /// Which projection.
    pub projection: String,
    /// The position that was waited for.
    pub wanted: Position,
    /// How far it was.
    pub reached: Position,
}

impl Queries {
    /// Returns when everything up to `position` has been posted into a projection's tables, in
    /// every partition of its feed.
    ///
    /// # Errors
    /// [`QueryError::Behind`] at the deadline.
    pub async fn wait_for(
        &self,
        projection: &str,
        position: Position,
        deadline: Instant,
    ) -> Result<(), QueryError> {
        let Some(known) = projection::find(projection) else {
            return Err(QueryError::UnknownProjection(projection.to_owned()));
        };
        let entry = self.board.entry(known.name);
        let mut progress = entry.subscribe();
        let mut pause = Duration::ZERO;
        loop {
            let is_posted_here = {
                let progress = progress.borrow_and_update();
                if progress.low >= position {
                    return Ok(());
                }
                progress.health == Health::Posting
            };
            if is_posted_here {
                // The runner says how far it is, and is asked behind its back only in case that it hangs.
                pause = POLL_MAX;
            }
            let waited = async {
                tokio::select! {
                    changed = progress.changed() => changed.is_ok(),
                    () = self.poll(known.name, &entry, pause) => true,
                }
            };
            if tokio::time::timeout_at(deadline.into(), waited)
                .await
                .is_err()
            {
                let reached = progress.borrow().low;
                return Err(ProjectionBehind {
                    projection: projection.to_owned(),
                    wanted: position,
                    reached,
                }
                .into());
            }
            pause = (pause * 2).clamp(POLL_MIN, POLL_MAX);
        }
    }

    /// Looks at the checkpoint for all waiters. An error is as good as no news: the deadline
    /// ends the wait.
    async fn poll(&self, name: &str, entry: &Entry, pause: Duration) {
        let _turn = entry.poller.lock().await;
        tokio::time::sleep(pause).await;
        let found: Result<(Option<i64>, Option<i64>), sqlx::Error> =
            sqlx::query_as(include_str!("position.sql"))
                .bind(name)
                .fetch_one(self.pool())
                .await;
        match found {
            Ok((Some(low), Some(high))) => entry.found(low.cast_unsigned(), high.cast_unsigned()),
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, projection = name, "the checkpoint could not be read");
                tokio::time::sleep(POLL_MAX).await;
            }
        }
    }
}
