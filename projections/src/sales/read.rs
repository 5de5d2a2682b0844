//! Sums sales over a range of time, by one thing.

use std::str::FromStr;

use domain::value::{Currency, Money, Timestamp};
use serde::Serialize;
use sqlx::{Executor, Postgres, QueryBuilder};

use crate::{Queries, QueryError};

/// A month's lines are hashed in memory instead of sorted on disk: half the time.
const ROOM_TO_HASH: &str = "set local work_mem = '32MB'";

/// What sales are summed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SalesBy {
    /// The hour that they were placed in, UTC: `2017-01-31T17:00:00Z`.
    Hour,
    /// The day that they were placed on, UTC: `2017-01-31`.
    Day,
    /// The first part of the product's category.
    Department,
    /// The product's whole category: `GROCERY > FRZN ICE`.
    Category,
    /// The SKU.
    Sku,
    /// The sales channel; `shop` for the shop itself.
    Channel,
}

impl SalesBy {
    /// As in queries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Department => "department",
            Self::Category => "category",
            Self::Sku => "sku",
            Self::Channel => "channel",
        }
    }

    /// The row's key. A SKU whose product is not known belongs to `(unknown)`.
    const fn expression(self) -> &'static str {
        match self {
            Self::Hour => {
                r#"to_char(l.placed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:00:00"Z"')"#
            }
            Self::Day => "to_char(l.placed_at at time zone 'UTC', 'YYYY-MM-DD')",
            Self::Department => "coalesce(p.department, '(unknown)')",
            Self::Category => "coalesce(p.category, '(unknown)')",
            Self::Sku => "l.sku",
            Self::Channel => "l.channel",
        }
    }

    /// The row's key of what was given back, by when that was; what was for no units has no SKU.
    const fn expression_of_refunds(self) -> &'static str {
        match self {
            Self::Hour => {
                r#"to_char(r.refunded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:00:00"Z"')"#
            }
            Self::Day => "to_char(r.refunded_at at time zone 'UTC', 'YYYY-MM-DD')",
            Self::Department => {
                "case r.sku when '' then '(none)' else coalesce(p.department, '(unknown)') end"
            }
            Self::Category => {
                "case r.sku when '' then '(none)' else coalesce(p.category, '(unknown)') end"
            }
            Self::Sku => "case r.sku when '' then '(none)' else r.sku end",
            Self::Channel => "coalesce(o.channel, '(unknown)')",
        }
    }

    const fn needs_product(self) -> bool {
        matches!(self, Self::Department | Self::Category)
    }
}

impl FromStr for SalesBy {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        let all = [
            Self::Hour,
            Self::Day,
            Self::Department,
            Self::Category,
            Self::Sku,
            Self::Channel,
        ];
        let found = all.into_iter().find(|by| by.as_str() == text);
        found.ok_or_else(|| {
            QueryError::filter(
                "by",
                "one of hour, day, department, category, sku, channel is possible",
            )
        })
    }
}

/// Sales over a range of time. Serialises as the answer to `GET /v1/sales`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SalesReport {
    /// Sorted by key, then currency.
    pub rows: Vec<SalesRow>,
    /// Over all rows; an order that is in several rows counts once.
    pub total: SalesTotal,
    /// One per currency, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<SalesTotal>,
}

/// Sales of one key in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SalesRow {
    /// The day, the SKU, …
    pub key: String,
    /// Orders that have a line here.
    pub orders: i64,
    /// Lines.
    pub lines: i64,
    /// Units.
    pub units: i64,
    /// What they cost.
    #[serde(flatten)]
    pub amounts: SalesAmounts,
}

/// Sums over all keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SalesTotal {
    /// Orders.
    pub orders: i64,
    /// Lines.
    pub lines: i64,
    /// Units.
    pub units: i64,
    /// What they cost; none where nothing was sold, or in several currencies.
    #[serde(flatten)]
    pub amounts: Option<SalesAmounts>,
}

/// Amounts in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SalesAmounts {
    /// Before discounts.
    pub gross: Money,
    /// The shop's discounts.
    pub discount: Money,
    /// After discounts.
    pub net: Money,
    /// Manufacturers' coupons, part of none of the others.
    pub coupon: Money,
    /// What was given back in that time, tax and shipping included; part of none of the others.
    pub refunds: Money,
}

/// A summed row: the key is null in the sum over all keys.
#[derive(sqlx::FromRow)]
struct Summed {
    key: Option<String>,
    currency: String,
    orders: i64,
    lines: i64,
    units: i64,
    gross: i64,
    discount: i64,
    net: i64,
    coupon: i64,
    refunds: i64,
}

impl Queries {
    async fn summed(
        &self,
        sql: &mut QueryBuilder<'_, Postgres>,
    ) -> Result<Vec<Summed>, sqlx::Error> {
        let mut transaction = self.pool().begin().await?;
        transaction.execute(ROOM_TO_HASH).await?;
        let summed = sql
            .build_query_as()
            .persistent(false)
            .fetch_all(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(summed)
    }

    /// Sales placed, and refunds made, in `[from, to)`.
    pub async fn sales(
        &self,
        from: Timestamp,
        to: Timestamp,
        by: SalesBy,
    ) -> Result<SalesReport, QueryError> {
        if from > to {
            return Err(QueryError::filter("to", "it is before `from`"));
        }
        let mut sql = statement(from, to, by);
        let summed = self.bounded(self.summed(&mut sql)).await?;
        let (mut rows, mut totals) = (Vec::new(), Vec::new());
        for sum in summed {
            let amounts = sum.amounts()?;
            let Summed {
                key,
                orders,
                lines,
                units,
                ..
            } = sum;
            match key {
                Some(key) => rows.push(SalesRow {
                    key,
                    orders,
                    lines,
                    units,
                    amounts,
                }),
                None => totals.push(SalesTotal {
                    orders,
                    lines,
                    units,
                    amounts: Some(amounts),
                }),
            }
        }
        Ok(SalesReport::of(rows, totals))
    }
}

/// Lines are first summed per key and order, by hashing, so that orders are counted and not
/// sorted; then per key, and over all keys, in one statement: rows and totals always agree. Refunds
/// are of no order there, so that none is counted twice.
fn statement<'a>(from: Timestamp, to: Timestamp, by: SalesBy) -> QueryBuilder<'a, Postgres> {
    let mut sql = QueryBuilder::new("with per_order as materialized (select ");
    sql.push(by.expression());
    sql.push(
        r#" collate "C" as key, l.currency, l.order_id, count(*) as lines, sum(l.units) as units, sum(l.gross) as gross,
            sum(l.discount) as discount, sum(l.net) as net, sum(l.coupon) as coupon, 0 as refunds
            from query.sales_line l"#,
    );
    if by.needs_product() {
        sql.push(" left join query.sales_product p on p.sku = l.sku");
    }
    sql.push(" where l.placed_at >= ")
        .push_bind(from.to_offset_date_time());
    sql.push(" and l.placed_at < ")
        .push_bind(to.to_offset_date_time());
    sql.push(" group by 1, 2, 3 union all ");
    push_refunds(&mut sql, from, to, by);
    sql.push(") ").push(include_str!("sum.sql"));
    sql
}

fn push_refunds(sql: &mut QueryBuilder<'_, Postgres>, from: Timestamp, to: Timestamp, by: SalesBy) {
    sql.push("select ").push(by.expression_of_refunds());
    sql.push(
        r#" collate "C", r.currency, null::uuid, 0, 0, 0, 0, 0, 0, sum(r.amount)
            from query.sales_refund r"#,
    );
    if by.needs_product() {
        sql.push(" left join query.sales_product p on p.sku = r.sku");
    }
    if by == SalesBy::Channel {
        sql.push(" left join query.sales_payment o on o.payment_id = r.payment_id");
    }
    sql.push(" where r.refunded_at >= ")
        .push_bind(from.to_offset_date_time());
    sql.push(" and r.refunded_at < ")
        .push_bind(to.to_offset_date_time());
    sql.push(" group by 1, 2");
}

impl Summed {
    fn amounts(&self) -> Result<SalesAmounts, QueryError> {
        let currency: Currency = self
            .currency
            .parse()
            .map_err(|error: domain::value::ValueError| QueryError::Internal(error.to_string()))?;
        let money = |minor| Money::new(minor, currency);
        Ok(SalesAmounts {
            gross: money(self.gross),
            discount: money(self.discount),
            net: money(self.net),
            coupon: money(self.coupon),
            refunds: money(self.refunds),
        })
    }
}

impl SalesReport {
    fn of(rows: Vec<SalesRow>, mut totals: Vec<SalesTotal>) -> Self {
        if totals.len() <= 1 {
            return Self {
                rows,
                total: totals.pop().unwrap_or_default(),
                totals,
            };
        }
        // An order has one currency, so orders add up; amounts do not.
        let sum = |of: fn(&SalesTotal) -> i64| totals.iter().map(of).sum();
        let total = SalesTotal {
            orders: sum(|total| total.orders),
            lines: sum(|total| total.lines),
            units: sum(|total| total.units),
            amounts: None,
        };
        Self {
            rows,
            total,
            totals,
        }
    }
}
