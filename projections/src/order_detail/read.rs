//! Reads one order.

use uuid::Uuid;

use super::{PROJECTION, document_id};
use crate::{Document, Queries, QueryError};

impl Queries {
    /// One order, if there is such a one.
    pub async fn order_detail(&self, order_id: Uuid) -> Result<Option<Document>, QueryError> {
        let read = sqlx::query_as(include_str!("read.sql"))
            .bind(order_id)
            .bind(self.customer())
            .fetch_optional(self.pool());
        let found = self
            .cached(&PROJECTION, document_id(order_id), read)
            .await?;
        // What is in memory was fetched for anybody.
        Ok(found
            .filter(|order| self.customer().is_none() || order.owner.as_deref() == self.customer()))
    }
}
