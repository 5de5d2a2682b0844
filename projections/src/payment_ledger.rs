//! `payment_ledger`: the books by double entry, as [`domain::ledger`] makes them of single events.
//!
//! An entry's id is the id of its event, so none is posted twice. What an entry needs beside its
//! event (an order's currency, a payment's order and gateway) is in the first event of the same
//! stream and is kept beside until it is needed no more, so nothing has to wait for another stream.
//! Balances are sums of lines and are kept by adding, so they come out the same in any order.

mod post;
mod read;

use crate::projection::Projection;

pub use read::{
    LedgerAccount, LedgerAccounts, LedgerAmount, LedgerBalance, LedgerFilter, LedgerSum,
    TrialBalance,
};

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "payment_ledger",
    version: 1,
    tables: &[
        "payment_ledger",
        "payment_ledger_line",
        "payment_ledger_balance",
        "payment_ledger_order",
        "payment_ledger_payment",
    ],
    tables_sql: include_str!("payment_ledger/tables.sql"),
    indexes_sql: include_str!("payment_ledger/indexes.sql"),
    aggregate_types: &[domain::order::TYPE, domain::payment::TYPE],
    posts,
    metadata_of: &[domain::order::TYPE, domain::payment::TYPE],
    documents: None,
    post: |connection, postings| Box::pin(post::post(connection, postings)),
};

/// Those that have an entry, that say what entries need, or that say that it is needed no more.
fn posts(event_type: &str) -> bool {
    matches!(
        event_type,
        "OrderPlaced"
            | "OrderShipped"
            | "OrderRejected"
            | "OrderCancelled"
            | "OrderCompleted"
            | "PaymentRequested"
            | "PaymentCaptured"
            | "PaymentRefunded"
    )
}
