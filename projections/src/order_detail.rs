//! `order_detail`: one document per order, with derived totals and statuses, and how far its payment is.
//!
//! A view over two streams, the order's and its payment's. The document's version is the order's, which
//! `If-Match` takes; its revision is the payment's.

mod document;
mod post;
mod read;
mod returned;
mod totals;

use domain::value::OrderId;
use journal::StreamId;
use uuid::Uuid;

pub(crate) use read::FETCH;

use crate::projection::{self, KeptDocuments, Projection};

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "order_detail",
    version: 3,
    tables: &["order_detail", "order_detail_payment"],
    tables_sql: include_str!("order_detail/tables.sql"),
    indexes_sql: "",
    aggregate_types: &[domain::order::TYPE, domain::payment::TYPE],
    posts: projection::every_event,
    metadata_of: &[],
    documents: Some(KeptDocuments {
        of: document_of,
        bytes_max: KeptDocuments::SOME,
    }),
    post: |connection, postings| Box::pin(post::post(connection, postings)),
};

/// An order's document changes with its payment too, whose id follows from the order's: both lead to the latter.
fn document_of(stream: &StreamId) -> Option<Uuid> {
    let id: Uuid = stream.aggregate_id.parse().ok()?;
    if &*stream.aggregate_type == domain::order::TYPE {
        return Some(document_id(id));
    }
    Some(id)
}

/// Under which id readers keep the document of an order.
fn document_id(order_id: Uuid) -> Uuid {
    OrderId(order_id).payment().0
}
