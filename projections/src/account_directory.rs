//! `account_directory`: who has an account, for staff. Nothing in it is personal: who somebody is, is opened one account at a
//! time, by who may see it. Of an account that was erased it knows that it was there.

mod document;
mod post;
mod read;

use crate::projection::{self, Projection};

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "account_directory",
    version: 1,
    tables: &["account_directory"],
    tables_sql: include_str!("account_directory/tables.sql"),
    indexes_sql: include_str!("account_directory/indexes.sql"),
    aggregate_types: &[domain::account::TYPE],
    posts: projection::every_event,
    metadata_of: &[],
    documents: None,
    post: |connection, postings| {
        Box::pin(post::post(connection, postings.of(domain::account::TYPE)))
    },
};
