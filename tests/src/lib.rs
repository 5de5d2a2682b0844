//! The harness of Daybook's tests: real servers, one fresh database each, the real executable.
//!
//! It knows processes, ports, SQL's `create database` and HTTP. It must never know a crate of Daybook: every crate uses it as
//! a dev-dependency, and an end-to-end test that shares code with what it tests proves less.
//!
//! - [`Postgres`], [`Kafka`]: a fresh database, fresh topic names, on the servers that `make test` started;
//!   [`stripe_mock_url`], [`oidc_issuer`]: the stripe-mock and the OIDC server that it started.
//! - [`Server`], [`Cli`]: the `daybook` executable, served or run once.
//! - [`Http`]: requests with token and idempotency key; [`eventually`]: polling with a deadline, the only way to wait.
//! - [`Broker`], [`Cluster`], [`Issuer`]: a Kafka, Postgres or OIDC server of a test's own, to be stopped, killed and started again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a harness fails a test by panicking; its messages say what to do"
)]

mod authority;
mod cli;
mod http;
mod kafka;
mod oidc;
mod poll;
mod postgres;
mod private;
mod secured;
mod server;
mod stripe_mock;

pub use authority::{Authority, Issued};
pub use cli::{Cli, Finished, Running, executable};
pub use http::{Http, Reply};
pub use kafka::Kafka;
pub use oidc::oidc_issuer;
pub use poll::eventually;
pub use postgres::Postgres;
pub use private::{Broker, Cluster, Issuer};
pub use secured::{KAFKA_PASSWORD, KAFKA_USERNAME};
pub use server::{Launch, Server};
pub use stripe_mock::stripe_mock_url;

/// The bearer token that the fixtures configure and send.
pub const TOKEN: &str = "daybook-tests-token-0123456789abcdef";

/// The master key that the fixtures configure: servers on one database share it.
pub const MASTER_KEY: &str = "dGhlIG1hc3RlciBrZXkgb2YgRGF5Ym9vaydzIHRlc3Q=";

/// Sends `signal` (`TERM`, `KILL`, …) to one process that this test started. Through `sh`, whose `kill` is always there.
pub(crate) fn signal(pid: u32, signal: &str) {
    let _ = std::process::Command::new("sh")
        .args(["-c", "kill -\"$1\" \"$2\"", "sh", signal, &pid.to_string()])
        .stderr(std::process::Stdio::null())
        .status();
}

/// The folder of the checkout, for `scripts/` and `sample/`.
pub fn checkout() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests crate lies in the checkout")
        .to_path_buf()
}
