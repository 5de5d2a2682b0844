//! Lists orders, the latest first.

use domain::order::OrderStatus;
use domain::value::Timestamp;
use sqlx::{Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::queries::{Keyset, Side};
use crate::{Page, PageQuery, Queries, QueryError};

/// Which orders. Nothing set: all.
#[derive(Clone, Debug, Default)]
pub struct OrdersFilter {
    /// This customer's.
    pub customer: Option<String>,
    /// In this status.
    pub status: Option<OrderStatus>,
    /// Of this sales channel.
    pub channel: Option<String>,
}

/// Where an order is in the list: when it was placed (microseconds since 1970), and its id.
type Key = (i64, Uuid);

impl Queries {
    /// A page of orders, by when they were placed, the latest first.
    pub async fn orders(
        &self,
        filter: &OrdersFilter,
        page: &PageQuery,
    ) -> Result<Page, QueryError> {
        let keyset: Keyset<Key> = Keyset::read("orders", page)?;
        let mut sql = statement(filter, self.customer(), &keyset)?;
        let rows: Vec<(OffsetDateTime, Uuid, String)> = self
            .bounded(
                sql.build_query_as()
                    .persistent(false)
                    .fetch_all(self.pool()),
            )
            .await?;
        let keyed = rows.into_iter().map(|(placed_at, id, body)| {
            let placed_at = Timestamp::try_from(placed_at).map_or(0, Timestamp::as_micros);
            ((placed_at, id), body)
        });
        Ok(keyset.page(keyed.collect()))
    }
}

fn statement<'a>(
    filter: &OrdersFilter,
    only_of: Option<&str>,
    keyset: &Keyset<Key>,
) -> Result<QueryBuilder<'a, Postgres>, QueryError> {
    let mut sql =
        QueryBuilder::new("select placed_at, order_id, body from query.customer_orders where true");
    if let Some(customer) = only_of {
        sql.push(" and customer = ").push_bind(customer.to_owned());
    }
    if let Some(customer) = &filter.customer {
        sql.push(" and customer = ").push_bind(customer.clone());
    }
    if let Some(status) = filter.status {
        sql.push(" and status = ").push_bind(status.as_str());
    }
    if let Some(channel) = &filter.channel {
        sql.push(" and channel = ").push_bind(channel.clone());
    }
    if let Some((placed_at, id)) = keyset.from {
        let placed_at = Timestamp::from_micros(placed_at).map_err(|_| QueryError::InvalidCursor)?;
        sql.push(match keyset.side {
            Side::After => " and (placed_at, order_id) < (",
            Side::Before => " and (placed_at, order_id) > (",
        });
        sql.push_bind(placed_at.to_offset_date_time())
            .push(", ")
            .push_bind(id)
            .push(")");
    }
    sql.push(match keyset.side {
        Side::After => " order by placed_at desc, order_id desc limit ",
        Side::Before => " order by placed_at, order_id limit ",
    });
    sql.push_bind(keyset.rows_wanted());
    Ok(sql)
}
