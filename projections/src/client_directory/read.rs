//! Reads one client, and lists them, the latest first.

use domain::value::ClientId;
use sqlx::QueryBuilder;

use super::PROJECTION;
use crate::{Document, Page, PageQuery, Queries, QueryError};

impl Queries {
    /// One client.
    pub async fn client(&self, id: ClientId) -> Result<Option<Document>, QueryError> {
        let read = sqlx::query_as(include_str!("read.sql"))
            .bind(id.0)
            .fetch_optional(self.pool());
        self.cached(&PROJECTION, id.0, read).await
    }

    /// A page of clients, by when they were registered, the latest first.
    pub async fn clients(&self, page: &PageQuery) -> Result<Page, QueryError> {
        let all = QueryBuilder::new("select position, body from query.client_directory where true");
        self.latest_first("clients", all, page).await
    }
}
