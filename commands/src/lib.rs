//! Executing commands: load, decide, append, receipt; idempotency and conflicts.
//!
//! **Knows** the aggregates (`domain`) and the journal. [`Commands`] is the handle that the HTTP
//! layer holds; behind it one executor task per process decides everything (see [`mod@executor`]).
//!
//! **Must never know** query tables or HTTP.
//!
//! What holds:
//! - a command's events are appended whole or not at all, and it is answered when that is durable;
//! - a request key takes effect at most once, and a repeat gets the receipt of the first;
//! - a rejection is answered only after everything that it relied on is durable and current.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod command;
mod context;
mod error;
pub mod executor;
pub mod memory;
mod receipt;
mod skus;
pub mod streams;

pub mod account;
pub mod client;
pub mod order;
pub mod payment;
pub mod product;
pub mod security;
pub mod stock;
pub mod watch;

pub use command::{Beside, Claim, Command, Needed, States};
pub use context::{Context, RequestKey};
pub use error::CommandError;
pub use executor::{Commands, Executor, ExecutorOptions};
pub use journal::{ClaimKey, NewSecret, SecretWrite, StoredSecret, StreamId, Vault};
pub use receipt::Receipt;
