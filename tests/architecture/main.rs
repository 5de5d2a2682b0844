//! What the compiler cannot refuse: dependencies that go the wrong way, and files that nobody can read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod edges;
mod style;
