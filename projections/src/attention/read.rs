//! Lists the open cases, the newest first.

use sqlx::{Postgres, QueryBuilder};

use crate::queries::{Keyset, Side};
use crate::{Page, PageQuery, Queries, QueryError};

impl Queries {
    /// A page of what a person has to look at, the newest first.
    pub async fn attention(&self, page: &PageQuery) -> Result<Page, QueryError> {
        let keyset: Keyset<i64> = Keyset::read("attention", page)?;
        let mut sql = statement(&keyset);
        let rows = sql.build_query_as().persistent(false);
        let rows: Vec<(i64, String)> = self.bounded(rows.fetch_all(self.pool())).await?;
        Ok(keyset.page(rows))
    }
}

fn statement<'a>(keyset: &Keyset<i64>) -> QueryBuilder<'a, Postgres> {
    let mut sql = QueryBuilder::new("select position, body from query.attention where true");
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
