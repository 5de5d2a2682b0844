//! Reads what is due.

use domain::timer::Timer;
use domain::value::Timestamp;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Queries, QueryError};

impl Queries {
    /// What is due at `now`, and since when: the oldest first, `limit` at most.
    pub async fn due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Timer, Timestamp)>, QueryError> {
        let rows = sqlx::query_as(include_str!("due.sql"))
            .bind(now.to_offset_date_time())
            .bind(i64::from(limit));
        let rows: Vec<(String, Uuid, OffsetDateTime)> =
            self.bounded(rows.fetch_all(self.pool())).await?;
        let due = |(kind, subject, due_at): (String, Uuid, OffsetDateTime)| {
            let timer = super::timer(&kind, subject);
            let timer = timer
                .ok_or_else(|| QueryError::Internal(format!("there is no timer of kind {kind}")))?;
            let due_at = Timestamp::try_from(due_at)
                .map_err(|error| QueryError::Internal(error.to_string()))?;
            Ok((timer, due_at))
        };
        rows.into_iter().map(due).collect()
    }
}
