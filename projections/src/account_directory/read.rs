//! Lists accounts, the latest first.

use domain::value::Role;
use sqlx::{Postgres, QueryBuilder};

use crate::queries::{Keyset, Side};
use crate::{Page, PageQuery, Queries, QueryError};

impl Queries {
    /// A page of accounts, by when they were registered, the latest first; those with `role` alone, if one is named.
    pub async fn accounts(&self, role: Option<Role>, page: &PageQuery) -> Result<Page, QueryError> {
        let keyset: Keyset<i64> = Keyset::read("accounts", page)?;
        let mut sql = statement(role, &keyset);
        let rows = sql.build_query_as().persistent(false);
        let rows: Vec<(i64, String)> = self.bounded(rows.fetch_all(self.pool())).await?;
        Ok(keyset.page(rows))
    }
}

fn statement<'a>(role: Option<Role>, keyset: &Keyset<i64>) -> QueryBuilder<'a, Postgres> {
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
    if let Some(from) = keyset.from {
        sql.push(match keyset.side {
            Side::After => " and position < ",
            Side::Before => " and position > ",
        });
        sql.push_bind(from);
    }
    sql.push(match keyset.side {
        Side::After => " order by position desc limit ",
        Side::Before => " order by position limit ",
    });
    sql.push_bind(keyset.rows_wanted());
    sql
}
