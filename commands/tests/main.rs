//! The executor on a real Postgres.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod contention;
mod faults;
mod keys;
mod rules;
mod watch;
mod world;
