//! Reads what has happened to an order and its payment.

use domain::value::OrderId;

use crate::{Queries, QueryError};

/// Most events that one timeline shows: the first ones. An order has some ten.
const EVENTS_MAX: i64 = 5_000;

impl Queries {
    /// Every event of an order and of its payment, ready-made, in the journal's order; none if there is no
    /// such order.
    pub async fn order_timeline(&self, order_id: OrderId) -> Result<Vec<String>, QueryError> {
        let rows = sqlx::query_scalar(include_str!("read.sql"))
            .bind(order_id.0)
            .bind(domain::order::TYPE)
            .bind(order_id.payment().0)
            .bind(domain::payment::TYPE)
            .bind(EVENTS_MAX)
            .bind(self.customer());
        self.bounded(rows.fetch_all(self.pool())).await
    }
}
