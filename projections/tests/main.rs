//! The query tables on a real Postgres: each promise of the crate, tried.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod commutes;
mod documents;
mod follows;
mod layout;
mod lists;
mod market;
mod money;
mod orders;
mod payments;
mod poison;
mod products;
mod rebuilds;
mod sales;
mod shop;
mod stock;
mod versions;
mod world;
