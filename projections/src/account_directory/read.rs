//! Lists accounts, the latest first.

use domain::value::Role;
use sqlx::QueryBuilder;

use crate::{Page, PageQuery, Queries, QueryError};

impl Queries {
    /// A page of accounts, by when they were registered, the latest first; those with `role` alone, if one is named.
    pub async fn accounts(&self, role: Option<Role>, page: &PageQuery) -> Result<Page, QueryError> {
        let mut sql =
            QueryBuilder::new("select position, body from query.account_directory where true");
        if let Some(role) = role {
            sql.push(" and roles @> array[")
                .push_bind(role.as_str())
                .push("]");
            if role != Role::Customer {
                sql.push(" and cardinality(roles) > 1");
            }
        }
        self.latest_first("accounts", sql, page).await
    }
}
