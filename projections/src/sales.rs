//! `sales`: what was sold and what was given back, summed by day, hour, department, category, SKU or channel.
//!
//! Counts every placed order; one that is rejected, and units that are cancelled, are taken
//! out again. Kept by line and summed when asked: a day's or a department's orders cannot be
//! added up from smaller sums without counting an order twice. A view over orders and
//! products, which arrive in any order between them: a line names a SKU, and what department that is,
//! today, is kept beside and joined when asked.
//!
//! Refunds count when the money was given back, tax and shipping included, beside the sales and part of none of
//! their amounts. They are facts of payments: the channel of a payment's order is joined when asked.

mod post;
mod read;

use crate::projection::Projection;

pub use read::{SalesAmounts, SalesBy, SalesReport, SalesRow, SalesTotal};

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "sales",
    version: 2,
    tables: &[
        "sales_line",
        "sales_product",
        "sales_category",
        "sales_refund",
        "sales_payment",
    ],
    tables_sql: include_str!("sales/tables.sql"),
    indexes_sql: include_str!("sales/indexes.sql"),
    aggregate_types: &[
        domain::order::TYPE,
        domain::product::TYPE,
        domain::payment::TYPE,
    ],
    posts,
    metadata_of: &[],
    documents: None,
    post: |connection, postings| Box::pin(post::post(connection, postings)),
};

fn posts(event_type: &str) -> bool {
    matches!(
        event_type,
        "OrderPlaced"
            | "OrderRejected"
            | "OrderLinesCancelled"
            | "PaymentRefunded"
            | "ProductCreated"
            | "ProductRevised"
            | "VariantAdded"
    )
}
