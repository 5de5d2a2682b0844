//! Reads one order.

use uuid::Uuid;

use super::{PROJECTION, document_id};
use crate::{Document, Queries, QueryError};

impl Queries {
    /// One order, if there is such a one.
    pub async fn order_detail(&self, order_id: Uuid) -> Result<Option<Document>, QueryError> {
        let read = sqlx::query_as(include_str!("read.sql"))
            .bind(order_id)
            .fetch_optional(self.pool());
        self.cached(&PROJECTION, document_id(order_id), read).await
    }
}
