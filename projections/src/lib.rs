//! The ledgers: query tables that are posted from the journal, and read by the API.
//!
//! **What it is.** One folder per query table ([`order_detail`], [`customer_orders`], [`order_timeline`],
//! [`payment_detail`], [`payment_ledger`], [`attention`], [`account_directory`], [`client_directory`], [`live_revocations`], [`timer`], [`stock_level`], [`product_page`],
//! [`product_listing`], [`sales`]), each with its tables, how
//! events are posted into them and how they are read; the [`Runner`] that follows a feed and
//! posts; [`rebuild()`], which makes a table anew beside the live one and swaps them; and
//! [`Queries`], the one handle that readers use.
//!
//! **What it knows.** What events mean to a reader, the query tables' SQL, checkpoints.
//!
//! **What it must never know.** HTTP, Kafka (a feed is a [`journal::FeedSource`], whatever
//! carries it), and how to append: nothing here changes a fact.
//!
//! **What always holds.**
//! - Rows and checkpoint are committed in one transaction, so each event is posted exactly once,
//!   whatever is killed and however often.
//! - A row is a function of the events alone: not of batches, clocks, or the order between
//!   streams. A rebuilt table is equal to the live one byte for byte.
//! - Documents are stored ready-made; readers copy them. Sums are made when they are read, and so are the documents of stock,
//!   whose rows change with every sale.
//! - A reader sees a table of one build, old or new, never a mixture: every read is one statement.
//!
//! A new query table: a folder beside the others, and a line in [`projection::ALL`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod board;
mod checkpoint;
mod document;
mod document_cache;
mod fold;
mod order_status;
mod paid;
mod payment_progress;
mod prices;
pub mod projection;
mod queries;
mod rebuild;
mod runner;
mod status;
mod stock_moves;
mod tables;

pub mod account_directory;
pub mod attention;
pub mod client_directory;
pub mod customer_orders;
pub mod live_revocations;
pub mod order_detail;
pub mod order_timeline;
pub mod payment_detail;
pub mod payment_ledger;
pub mod product_listing;
pub mod product_page;
pub mod sales;
pub mod stock_level;
pub mod timer;

pub use board::{Board, Health, Progress};
pub use customer_orders::OrdersFilter;
pub use document::Document;
pub use live_revocations::RevokedLately;
pub use payment_ledger::{
    LedgerAccount, LedgerAccounts, LedgerAmount, LedgerBalance, LedgerFilter, LedgerSum,
    TrialBalance,
};
pub use product_listing::{ListingFilter, ListingSort, PublicationFilter};
pub use projection::{PostError, Posting, Postings, Projection};
pub use queries::{
    EventsFilter, EventsPage, Page, PageQuery, ProjectionBehind, Queries, QueryError,
};
pub use rebuild::{RebuildError, RebuildProgress, RebuildStage, Rebuilt, rebuild, rebuild_all};
pub use runner::Runner;
pub use sales::{SalesAmounts, SalesBy, SalesReport, SalesRow, SalesTotal};
pub use status::{State, Status, list};
