//! What Daybook is compared with: cqrs-es and postgres-es with the same aggregates, in their best configuration.
//!
//! Best means: its tables as its documentation makes them, a pool of 16 connections that are open from the start and not
//! probed before each use, and a retry at once after a conflict. It checks no token, no idempotency key and no claims on
//! slugs and SKUs: postgres-es has nothing of the kind, so the comparison leaves it out in the peer's favour.

mod process;
mod server;
mod store;

pub use process::Process;
pub use server::{constant, serve};
pub use store::{Keeps, Store, execute};
