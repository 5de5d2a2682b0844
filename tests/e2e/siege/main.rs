//! Siege: attacks on a running server through its public doors, each bounded in time and ending by itself.
//!
//! An executable of its own beside `e2e`: some of these measure what other clients notice, and must not be disturbed by tests
//! that run at the same time, nor by each other ([`alone`]).
//!
//! - `injection`: hostile text in every string, name, path segment, query parameter and header of every route.
//! - `slow`: two thousand clients that drip their requests. `bulk`: bodies, heads and nesting beyond all bounds.
//! - `streams`: HTTP/2 streams that are opened and reset, or never finished. `overload`: ten times the orders there is room for.
//!
//! What must hold in all of them: nothing is answered 5xx but a refusal for want of room, every error is a problem, nobody
//! else is made to wait, and memory stays where it was. `make siege` takes the time for all of it, and judges a release build strictly.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod aim;
mod bulk;
mod corpus;
mod injection;
mod judge;
mod memory;
mod overload;
mod pulse;
mod slow;
mod stages;
mod streams;
mod targets;
mod wire;

use tokio::sync::{Mutex, MutexGuard};

/// Whether there is time for everything.
pub fn is_full() -> bool {
    std::env::var("DAYBOOK_SIEGE").is_ok_and(|it| it == "full")
}

/// One siege at a time.
pub async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}
