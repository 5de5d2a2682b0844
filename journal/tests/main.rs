//! The journal on a real Postgres: its promises, each tried.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod append_only;
mod conformance;
mod door;
mod following;
mod outcomes;
mod sharing;
mod taking_over;
mod upcasting;
mod vault;
mod world;
