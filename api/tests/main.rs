//! The HTTP layer through its own door: without a database what needs none, and a whole shop on a real Postgres.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod accounts;
mod ask;
mod books;
mod catalogue;
mod connections;
mod journal;
mod limits;
mod orders;
mod payments;
mod people;
mod refusals;
mod returns;
mod staff;
mod waiting;
mod webhooks;
mod world;
