//! Reads one payment.

use uuid::Uuid;

use super::PROJECTION;
use crate::{Document, Queries, QueryError};

impl Queries {
    /// One payment, if there is such a one.
    pub async fn payment(&self, payment_id: Uuid) -> Result<Option<Document>, QueryError> {
        let read = sqlx::query_as(include_str!("read.sql"))
            .bind(payment_id)
            .fetch_optional(self.pool());
        self.cached(&PROJECTION, payment_id, read).await
    }
}
