//! The executor on a real Postgres.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod accounts;
mod contention;
mod faults;
mod keys;
mod rules;
mod watch;
mod world;
