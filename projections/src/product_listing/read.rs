//! Lists products: filtered, sorted or searched, a page by keyset. No total is counted.
//!
//! The statement is put together from constant pieces; every value is bound.

use domain::value::Currency;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{Postgres, QueryBuilder, Row};
use uuid::Uuid;

use super::{CATEGORY_RANGE_END, category_key};
use crate::queries::{Keyset, Side};
use crate::{Page, PageQuery, Queries, QueryError};

/// Longest text that is searched for, in characters.
pub const SEARCH_CHARS_MAX: usize = 200;

/// Which products, and in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListingFilter {
    /// Search for this.
    pub q: Option<String>,
    /// In this category or below: its path, widest first. Empty: in any.
    pub category: Vec<String>,
    /// The currency of prices; needed to filter or sort by price.
    pub currency: Option<Currency>,
    /// At least this, in minor units.
    pub price_min: Option<i64>,
    /// At most this, in minor units.
    pub price_max: Option<i64>,
    /// In stock, or not.
    pub in_stock: Option<bool>,
    /// Whether those that are not for sale are listed too.
    pub publication: PublicationFilter,
    /// The order; by relevance if something is searched for, else by name.
    pub sort: Option<ListingSort>,
}

/// Whether products that are not for sale are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublicationFilter {
    /// Only what is for sale: what the public sees.
    #[default]
    Published,
    /// All.
    All,
}

/// The order of a list of products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListingSort {
    /// By name, case ignored.
    Name,
    /// The cheapest first.
    Price,
    /// The dearest first.
    PriceDescending,
    /// The latest first.
    Newest,
    /// What fits the search best first.
    Relevance,
}

impl ListingSort {
    /// As in queries: `name`, `price`, `-price`, `newest`, `relevance`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Price => "price",
            Self::PriceDescending => "-price",
            Self::Newest => "newest",
            Self::Relevance => "relevance",
        }
    }

    /// From a query.
    ///
    /// # Errors
    /// [`QueryError::InvalidFilter`] names what is possible.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let all = [
            Self::Name,
            Self::Price,
            Self::PriceDescending,
            Self::Newest,
            Self::Relevance,
        ];
        let found = all.into_iter().find(|sort| sort.as_str() == text);
        found.ok_or_else(|| {
            QueryError::filter(
                "sort",
                "one of name, price, -price, newest, relevance is possible",
            )
        })
    }

    const fn expression(self) -> &'static str {
        match self {
            Self::Name => "l.name_key",
            Self::Price | Self::PriceDescending => "p.minor",
            Self::Newest => "l.created_position",
            Self::Relevance => "score",
        }
    }

    const fn ascends(self) -> bool {
        matches!(self, Self::Name | Self::Price)
    }
}

/// Where a product is in a list: what it is sorted by, and its id.
type Key = (SortKey, Uuid);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum SortKey {
    Number(i64),
    Text(String),
}

impl Queries {
    /// A page of products.
    pub async fn product_listing(
        &self,
        filter: &ListingFilter,
        page: &PageQuery,
    ) -> Result<Page, QueryError> {
        let sort = filter.checked_sort()?;
        let keyset: Keyset<Key> = Keyset::read(format!("products/{}", sort.as_str()), page)?;
        let mut sql = statement(filter, sort, &keyset)?;
        let rows = self
            .bounded(
                sql.build()
                    .persistent(!filter.narrows())
                    .fetch_all(self.pool()),
            )
            .await?;
        let keyed: Result<Vec<(Key, String)>, sqlx::Error> =
            rows.iter().map(|row| keyed(row, sort)).collect();
        Ok(keyset.page(keyed?))
    }
}

fn keyed(row: &PgRow, sort: ListingSort) -> Result<(Key, String), sqlx::Error> {
    let key = match sort {
        ListingSort::Name => SortKey::Text(row.try_get(0)?),
        _ => SortKey::Number(row.try_get(0)?),
    };
    Ok(((key, row.try_get(1)?), row.try_get(2)?))
}

impl ListingFilter {
    fn checked_sort(&self) -> Result<ListingSort, QueryError> {
        let by_default = if self.q.is_some() {
            ListingSort::Relevance
        } else {
            ListingSort::Name
        };
        let sort = self.sort.unwrap_or(by_default);
        if self
            .q
            .as_ref()
            .is_some_and(|q| q.chars().count() > SEARCH_CHARS_MAX)
        {
            return Err(QueryError::filter(
                "q",
                format!("at most {SEARCH_CHARS_MAX} characters are searched for"),
            ));
        }
        if sort == ListingSort::Relevance && self.q.is_none() {
            return Err(QueryError::filter(
                "sort",
                "relevance needs `q`, something to search for",
            ));
        }
        if self.needs_price(sort) && self.currency.is_none() {
            return Err(QueryError::filter(
                "currency",
                "filtering or sorting by price needs a currency, such as EUR",
            ));
        }
        Ok(sort)
    }

    /// Whether the best plan depends on the values that are asked for. Pages of everything have one plan, which is kept.
    fn narrows(&self) -> bool {
        let everything = Self {
            publication: self.publication,
            sort: self.sort,
            currency: self.currency,
            ..Self::default()
        };
        *self != everything
    }

    fn needs_price(&self, sort: ListingSort) -> bool {
        let sorted = matches!(sort, ListingSort::Price | ListingSort::PriceDescending);
        sorted || self.price_min.is_some() || self.price_max.is_some()
    }
}

fn statement<'a>(
    filter: &ListingFilter,
    sort: ListingSort,
    keyset: &Keyset<Key>,
) -> Result<QueryBuilder<'a, Postgres>, QueryError> {
    let mut sql = QueryBuilder::new("select ");
    sql.push(sort.expression())
        .push(", l.product_id, l.body from query.product_listing l");
    if filter.needs_price(sort) {
        sql.push(" join query.product_listing_price p on p.product_id = l.product_id");
    }
    if let (ListingSort::Relevance, Some(q)) = (sort, &filter.q) {
        push_score(&mut sql, q);
    }
    sql.push(" where true");
    push_filters(&mut sql, filter, sort);
    push_page(&mut sql, sort, keyset)?;
    Ok(sql)
}

/// Whole words go before what is merely similar. A whole number, so that a cursor holds exactly
/// what Postgres compares.
fn push_score(sql: &mut QueryBuilder<'_, Postgres>, q: &str) {
    sql.push(" cross join lateral (select (1000000 * case when l.search @@ websearch_to_tsquery('pg_catalog.simple', ");
    sql.push_bind(q.to_owned());
    sql.push(") then 1 + ts_rank(l.search, websearch_to_tsquery('pg_catalog.simple', ");
    sql.push_bind(q.to_owned());
    sql.push(")) else word_similarity(")
        .push_bind(q.to_lowercase());
    sql.push(", l.name_key) end)::bigint as score) s");
}

fn push_filters(sql: &mut QueryBuilder<'_, Postgres>, filter: &ListingFilter, sort: ListingSort) {
    if filter.publication == PublicationFilter::Published {
        sql.push(" and l.published");
    }
    if let Some(q) = &filter.q {
        sql.push(" and (l.search @@ websearch_to_tsquery('pg_catalog.simple', ")
            .push_bind(q.clone());
        sql.push(") or ")
            .push_bind(q.to_lowercase())
            .push(" <% l.name_key)");
    }
    if !filter.category.is_empty() {
        let prefix = category_key(filter.category.iter());
        let mut end = prefix.clone();
        end.pop();
        end.push(CATEGORY_RANGE_END);
        sql.push(" and l.category_key >= ")
            .push_bind(prefix)
            .push(" and l.category_key < ")
            .push_bind(end);
    }
    if let Some(in_stock) = filter.in_stock {
        sql.push(" and l.in_stock = ").push_bind(in_stock);
    }
    if filter.needs_price(sort) {
        sql.push(" and p.currency = ")
            .push_bind(filter.currency.map(Currency::code));
    }
    if let Some(price_min) = filter.price_min {
        sql.push(" and p.minor >= ").push_bind(price_min);
    }
    if let Some(price_max) = filter.price_max {
        sql.push(" and p.minor <= ").push_bind(price_max);
    }
}

fn push_page(
    sql: &mut QueryBuilder<'_, Postgres>,
    sort: ListingSort,
    keyset: &Keyset<Key>,
) -> Result<(), QueryError> {
    let ascends = sort.ascends() == (keyset.side == Side::After);
    // Sorted by price, the id of the price's row: its index holds both.
    let id = if sort.expression() == "p.minor" {
        "p.product_id"
    } else {
        "l.product_id"
    };
    if let Some((key, product_id)) = &keyset.from {
        sql.push(" and (")
            .push(sort.expression())
            .push(", ")
            .push(id);
        sql.push(if ascends { ") > (" } else { ") < (" });
        match (key, sort) {
            (SortKey::Text(name), ListingSort::Name) => sql.push_bind(name.clone()),
            (SortKey::Number(_), ListingSort::Name) | (SortKey::Text(_), _) => {
                return Err(QueryError::InvalidCursor);
            }
            (SortKey::Number(number), _) => sql.push_bind(*number),
        };
        sql.push(", ").push_bind(*product_id).push(")");
    }
    let direction = if ascends { "" } else { " desc" };
    sql.push(" order by ")
        .push(sort.expression())
        .push(direction);
    sql.push(", ")
        .push(id)
        .push(direction)
        .push(" limit ")
        .push_bind(keyset.rows_wanted());
    Ok(())
}
