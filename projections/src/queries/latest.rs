//! Lists by position, the latest first.

use sqlx::{Postgres, QueryBuilder};

use super::{Keyset, Page, PageQuery, Queries, QueryError, Side};

impl Queries {
    /// A page of the list that is called `list`: `narrowed` selects `position, body` and has a `where` already.
    pub(crate) async fn latest_first(
        &self,
        list: &'static str,
        mut narrowed: QueryBuilder<'_, Postgres>,
        page: &PageQuery,
    ) -> Result<Page, QueryError> {
        let keyset: Keyset<i64> = Keyset::read(list, page)?;
        if let Some(from) = keyset.from {
            narrowed.push(match keyset.side {
                Side::After => " and position < ",
                Side::Before => " and position > ",
            });
            narrowed.push_bind(from);
        }
        narrowed.push(match keyset.side {
            Side::After => " order by position desc limit ",
            Side::Before => " order by position limit ",
        });
        narrowed.push_bind(keyset.rows_wanted());
        let rows = narrowed.build_query_as().persistent(false);
        let rows: Vec<(i64, String)> = self.bounded(rows.fetch_all(self.pool())).await?;
        Ok(keyset.page(rows))
    }
}
