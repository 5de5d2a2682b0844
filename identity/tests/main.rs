//! Identities on a real Postgres: several nodes on one database, as in production.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod tokens;
mod world;
