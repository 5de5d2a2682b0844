//! The HTTP layer through its own door: without a database what needs none, and a whole shop on a real Postgres.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod access;
mod accounts;
mod ask;
mod attacks;
mod books;
mod browser;
mod browsers;
mod catalogue;
mod connections;
mod http2;
mod journal;
mod limits;
mod oauth;
mod orders;
mod payments;
mod people;
mod programs;
mod rates;
mod refusals;
mod returns;
mod security;
mod sockets;
mod staff;
mod tls;
mod waiting;
mod webhooks;
mod world;
