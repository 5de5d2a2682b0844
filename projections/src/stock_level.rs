//! `stock_level`: per SKU and location what is on hand, held, committed and available, and the
//! open reservations behind it.

mod document;
mod post;
mod read;
mod row;

use crate::projection::{self, Projection};

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "stock_level",
    version: 3,
    tables: &["stock_level", "stock_reservation"],
    tables_sql: include_str!("stock_level/tables.sql"),
    indexes_sql: include_str!("stock_level/indexes.sql"),
    aggregate_types: &[domain::stock::TYPE],
    posts: projection::every_event,
    metadata_of: &[],
    documents: None,
    post: |connection, postings| Box::pin(post::post(connection, postings.of(domain::stock::TYPE))),
};
