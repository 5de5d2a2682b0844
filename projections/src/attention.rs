//! `attention`: what no policy could settle and a person has to look at.
//!
//! One row per open case: it is opened and closed by events of the payment that it is about. A case that is
//! opened and closed within a batch never touches the table.

mod post;
mod read;

use crate::projection::Projection;

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "attention",
    version: 1,
    tables: &["attention", "attention_payment"],
    tables_sql: include_str!("attention/tables.sql"),
    indexes_sql: include_str!("attention/indexes.sql"),
    aggregate_types: &[domain::payment::TYPE],
    posts,
    metadata_of: &[],
    documents: None,
    post: |connection, postings| {
        Box::pin(post::post(connection, postings.of(domain::payment::TYPE)))
    },
};

fn posts(event_type: &str) -> bool {
    matches!(
        event_type,
        "PaymentRequested" | "PaymentAttentionRaised" | "PaymentAttentionSettled"
    )
}
