//! Reads one product.

use domain::value::Slug;
use uuid::Uuid;

use super::PROJECTION;
use crate::{Document, Queries, QueryError};

/// What [`Queries`] fetches products with.
pub(crate) const FETCH: &str = include_str!("read.sql");

impl Queries {
    /// One product by its id or its slug, for sale or not. An id goes before a slug that looks
    /// like one.
    pub async fn product_page(&self, id_or_slug: &str) -> Result<Option<Document>, QueryError> {
        if let Ok(id) = Uuid::try_parse(id_or_slug) {
            let found = self
                .cached(&PROJECTION, id, self.products.fetch(id))
                .await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        if Slug::new(id_or_slug).is_err() {
            return Ok(None);
        }
        let read = sqlx::query_as(include_str!("read_slug.sql"))
            .bind(id_or_slug)
            .fetch_optional(self.pool());
        self.bounded(read).await
    }
}
