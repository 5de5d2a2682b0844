//! `payment_detail`: one document per payment, with every request to its gateway and what came of it.

mod document;
mod post;
mod read;

use crate::projection::{self, KeptDocuments, Projection};

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "payment_detail",
    version: 1,
    tables: &["payment_detail"],
    tables_sql: include_str!("payment_detail/tables.sql"),
    indexes_sql: "",
    aggregate_types: &[domain::payment::TYPE],
    posts: projection::every_event,
    metadata_of: &[],
    documents: Some(KeptDocuments::by_stream(KeptDocuments::SOME)),
    post: |connection, postings| {
        Box::pin(post::post(connection, postings.of(domain::payment::TYPE)))
    },
};
