//! Lists the open cases, the newest first.

use sqlx::QueryBuilder;

use crate::{Page, PageQuery, Queries, QueryError};

impl Queries {
    /// A page of what a person has to look at, the newest first.
    pub async fn attention(&self, page: &PageQuery) -> Result<Page, QueryError> {
        let all = QueryBuilder::new("select position, body from query.attention where true");
        self.latest_first("attention", all, page).await
    }
}
