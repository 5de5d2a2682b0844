//! `order_detail`: one document per order, with derived totals and statuses.

mod document;
mod post;
mod read;

use crate::projection::Projection;

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "order_detail",
    version: 1,
    tables: &["order_detail"],
    tables_sql: include_str!("order_detail/tables.sql"),
    indexes_sql: "",
    aggregate_types: &[domain::order::TYPE],
    post: |connection, postings| Box::pin(post::post(connection, postings.of(domain::order::TYPE))),
};
