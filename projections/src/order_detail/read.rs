//! Reads one order.

use uuid::Uuid;

use super::{PROJECTION, document_id};
use crate::{Document, Queries, QueryError};

/// What [`Queries`] fetches orders with.
pub(crate) const FETCH: &str = include_str!("read.sql");

impl Queries {
    /// One order, if there is such a one.
    pub async fn order_detail(&self, order_id: Uuid) -> Result<Option<Document>, QueryError> {
        let read = self.orders.fetch(order_id);
        let found = self
            .cached(&PROJECTION, document_id(order_id), read)
            .await?;
        // It is kept and fetched for anybody.
        Ok(found
            .filter(|order| self.customer().is_none() || order.owner.as_deref() == self.customer()))
    }
}
