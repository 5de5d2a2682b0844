//! Reads one product.

use uuid::Uuid;

use super::PROJECTION;
use crate::{Document, Queries, QueryError};

impl Queries {
    /// One product by its id or its slug, for sale or not. An id goes before a slug that looks
    /// like one.
    pub async fn product_page(&self, id_or_slug: &str) -> Result<Option<Document>, QueryError> {
        let id = Uuid::try_parse(id_or_slug).ok();
        if id.is_none() && domain::value::Slug::new(id_or_slug).is_err() {
            return Ok(None);
        }
        let read = sqlx::query_as(include_str!("read.sql"))
            .bind(id)
            .bind(id_or_slug)
            .fetch_optional(self.pool());
        match id {
            Some(id) => self.cached(&PROJECTION, id, read).await,
            None => self.bounded(read).await,
        }
    }
}
