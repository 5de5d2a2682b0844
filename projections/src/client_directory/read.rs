//! Reads one client, and lists them, the latest first.

use domain::value::ClientId;
use sqlx::{Postgres, QueryBuilder};

use super::PROJECTION;
use crate::queries::{Keyset, Side};
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
        let keyset: Keyset<i64> = Keyset::read("clients", page)?;
        let mut sql = statement(&keyset);
        let rows = sql.build_query_as().persistent(false);
        let rows: Vec<(i64, String)> = self.bounded(rows.fetch_all(self.pool())).await?;
        Ok(keyset.page(rows))
    }
}

fn statement<'a>(keyset: &Keyset<i64>) -> QueryBuilder<'a, Postgres> {
    let mut sql = QueryBuilder::new("select position, body from query.client_directory");
    if let Some(from) = keyset.from {
        sql.push(match keyset.side {
            Side::After => " where position < ",
            Side::Before => " where position > ",
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
