//! `order_timeline`: every event of an order and of its payment: when, who, by which command, and what, in a few words.
//!
//! Nothing personal: what people typed is left out, amounts, quantities and codes are not. Rows are found by
//! their stream, an order's and its payment's, so neither has to wait for the other.

mod post;
mod read;
mod summary;

use crate::projection::{self, Projection};

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "order_timeline",
    version: 1,
    tables: &["order_timeline"],
    tables_sql: include_str!("order_timeline/tables.sql"),
    indexes_sql: "",
    aggregate_types: &[domain::order::TYPE, domain::payment::TYPE],
    posts: projection::every_event,
    metadata_of: &[domain::order::TYPE, domain::payment::TYPE],
    documents: None,
    post: |connection, postings| Box::pin(post::post(connection, postings)),
};
