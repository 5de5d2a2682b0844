//! `client_directory`: the programs that may ask for tokens, for the owners who look after them. It holds no secret: events
//! have none.

mod document;
mod post;
mod read;

use crate::projection::{self, KeptDocuments, Projection};

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "client_directory",
    version: 1,
    tables: &["client_directory"],
    tables_sql: include_str!("client_directory/tables.sql"),
    indexes_sql: include_str!("client_directory/indexes.sql"),
    aggregate_types: &[domain::client::TYPE],
    posts: projection::every_event,
    metadata_of: &[],
    documents: Some(KeptDocuments::by_stream(KeptDocuments::SOME)),
    post: |connection, postings| {
        Box::pin(post::post(connection, postings.of(domain::client::TYPE)))
    },
};
