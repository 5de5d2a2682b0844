//! Reads one product.

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::{Queries, QueryError};

/// A product's document, and whether the public may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductPage {
    /// The version of the product's stream.
    pub version: u64,
    /// Whether it is for sale.
    pub published: bool,
    /// JSON.
    pub body: String,
}

impl sqlx::FromRow<'_, PgRow> for ProductPage {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let version: i64 = row.try_get("version")?;
        Ok(Self {
            version: version.cast_unsigned(),
            published: row.try_get("published")?,
            body: row.try_get("body")?,
        })
    }
}

impl Queries {
    /// One product by its id or its slug, for sale or not. An id goes before a slug that looks
    /// like one.
    pub async fn product_page(&self, id_or_slug: &str) -> Result<Option<ProductPage>, QueryError> {
        if domain::value::Slug::new(id_or_slug).is_err() && Uuid::try_parse(id_or_slug).is_err() {
            return Ok(None);
        }
        let read = sqlx::query_as(include_str!("read.sql"))
            .bind(Uuid::try_parse(id_or_slug).ok())
            .bind(id_or_slug)
            .fetch_optional(self.pool());
        self.bounded(read).await
    }
}
