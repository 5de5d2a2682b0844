//! Reads one payment.

use uuid::Uuid;

use super::PROJECTION;
use crate::{Document, Queries, QueryError};

impl Queries {
    /// One payment, if there is such a one.
    pub async fn payment(&self, payment_id: Uuid) -> Result<Option<Document>, QueryError> {
        if let Some(customer) = self.customer() {
            // Not from memory: whose it is stands in the order's row.
            let read = sqlx::query_as(include_str!("read_own.sql"))
                .bind(payment_id)
                .bind(customer)
                .fetch_optional(self.pool());
            return self.bounded(read).await;
        }
        let read = sqlx::query_as(include_str!("read.sql"))
            .bind(payment_id)
            .fetch_optional(self.pool());
        self.cached(&PROJECTION, payment_id, read).await
    }
}
