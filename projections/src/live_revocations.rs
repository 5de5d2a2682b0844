//! `live_revocations`: sessions that have ended, and clients that are disabled, while tokens of theirs may still be about.
//!
//! Every node keeps the same in memory and follows the journal; this is what a node begins with. A row is there until no token
//! can be, by the journal's own time: what falls out does so when a later event of accounts or clients is posted, so that a
//! rebuilt table is equal to the live one. Readers pass over what is over by their clock.

mod post;
mod read;

use crate::projection::Projection;

pub use read::RevokedLately;

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "live_revocations",
    version: 1,
    tables: &["live_revocations"],
    tables_sql: include_str!("live_revocations/tables.sql"),
    indexes_sql: "",
    aggregate_types: &[domain::account::TYPE, domain::client::TYPE],
    posts,
    metadata_of: &[],
    documents: None,
    post: |connection, postings| Box::pin(post::post(connection, postings)),
};

const SESSION: &str = "session";
const CLIENT: &str = "client";

fn posts(event_type: &str) -> bool {
    matches!(
        event_type,
        "SessionRevoked" | "SessionsRevoked" | "ClientDisabled"
    )
}
