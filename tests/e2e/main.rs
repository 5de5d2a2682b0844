//! End-to-end tests through the public doors only (HTTP, CLI, Kafka), one database each. One executable, because linking
//! one per file would cost more than running them; a file here is a subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod access;
mod bad_input;
mod buyers;
mod checkouts;
mod complete_journey;
mod embedded;
mod encrypted;
mod harness;
mod idempotency;
mod january;
mod kafka;
mod kills;
mod no_skip;
mod outages;
mod payments;
mod rebuild;
mod shop;
mod tour;
mod verify;
