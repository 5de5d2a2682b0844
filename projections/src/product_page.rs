//! `product_page`: one document per product, found by id or slug.
//!
//! It is a function of the product's own stream and nothing else, so that its version is a
//! strong `ETag`: stock comes and goes with every sale, and is told by `stock_level` (numbers) and
//! `product_listing` (in stock or not).

mod document;
mod post;
mod read;

pub(crate) use read::FETCH;

use crate::projection::{self, KeptDocuments, Projection};

/// Room for a whole catalogue: 92,331 products of The Complete Journey take 47 MB.
const CATALOGUE_BYTES: usize = 64 * 1024 * 1024;

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "product_page",
    version: 1,
    tables: &["product_page"],
    tables_sql: include_str!("product_page/tables.sql"),
    indexes_sql: include_str!("product_page/indexes.sql"),
    aggregate_types: &[domain::product::TYPE],
    posts: projection::every_event,
    metadata_of: &[],
    documents: Some(KeptDocuments::by_stream(CATALOGUE_BYTES)),
    post: |connection, postings| {
        Box::pin(post::post(connection, postings.of(domain::product::TYPE)))
    },
};
