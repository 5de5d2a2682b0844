//! `customer_orders`: lists of orders, a customer's own and, for staff, everybody's.

mod document;
mod post;
mod read;

use crate::projection::{self, Projection};

pub use read::OrdersFilter;

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "customer_orders",
    version: 2,
    tables: &["customer_orders", "customer_orders_payment"],
    tables_sql: include_str!("customer_orders/tables.sql"),
    indexes_sql: include_str!("customer_orders/indexes.sql"),
    aggregate_types: &[domain::order::TYPE, domain::payment::TYPE],
    posts: projection::every_event,
    metadata_of: &[],
    documents: None,
    post: |connection, postings| Box::pin(post::post(connection, postings)),
};
