//! Reads what was revoked lately, and how far that is.

use domain::value::{ClientId, SessionId, Timestamp};
use journal::Position;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{CLIENT, SESSION};
use crate::{Queries, QueryError};

/// What was revoked lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevokedLately {
    /// Everything up to there is counted in.
    pub position: Position,
    /// Sessions, and until when that matters.
    pub sessions: Vec<(SessionId, Timestamp)>,
    /// Clients, and until when that matters.
    pub clients: Vec<(ClientId, Timestamp)>,
}

/// The checkpoint beside each row; without rows, beside nothing.
type Row = (i64, Option<String>, Option<Uuid>, Option<OffsetDateTime>);

impl Queries {
    /// What was revoked and still matters at `now`.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] while the table is not built.
    pub async fn revoked_lately(&self, now: Timestamp) -> Result<RevokedLately, QueryError> {
        let rows = sqlx::query_as(include_str!("read.sql")).bind(now.to_offset_date_time());
        let rows: Vec<Row> = self.bounded(rows.fetch_all(self.pool())).await?;
        let Some((position, ..)) = rows.first() else {
            let reason = "live_revocations is not built yet".to_owned();
            return Err(QueryError::Unavailable(reason));
        };
        let mut lately = RevokedLately {
            position: position.cast_unsigned(),
            ..RevokedLately::default()
        };
        for row in rows {
            let (_, Some(kind), Some(id), Some(until)) = row else {
                continue;
            };
            let until = Timestamp::try_from(until)
                .map_err(|error| QueryError::Internal(error.to_string()))?;
            match kind.as_str() {
                SESSION => lately.sessions.push((id.into(), until)),
                CLIENT => lately.clients.push((id.into(), until)),
                other => {
                    let reason = format!("live_revocations has a row of kind {other}");
                    return Err(QueryError::Internal(reason));
                }
            }
        }
        Ok(lately)
    }
}
