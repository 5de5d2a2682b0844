//! Identities on a real Postgres: several nodes on one database, as in production.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod erasing;
mod foreign;
mod logging_in;
mod outbox;
mod passwords;
mod people;
mod registering;
mod second_factor;
mod smtp;
mod tokens;
mod world;
