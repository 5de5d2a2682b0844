//! Processes: what happens by itself after an event.
//!
//! **What it is.** The payment gateways behind one port ([`gateway`]).
//!
//! **What it knows.** How money is asked for, taken and given back outside, and how that can fail.
//!
//! **What it must never know.** Query tables' insides, SQL, the HTTP server, Kafka.
//!
//! **What always holds.**
//! - Every outside call carries an id of ours as its idempotency key: repeating it moves no money twice.
//! - An outcome that is not certain is called unknown, never failed.
//! - No clock in a decision: the time is passed in.
//! - Secrets come from configuration and are printed nowhere.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod gateway;
mod gateways;
mod news;
pub mod policy;
mod shop;
mod worker;

pub use gateways::Gateways;
pub use shop::Shop;
pub use worker::{
    NoticeOutcome, OwnBooks, OwnMovement, ProcessOptions, ReconcileError, Reconciled, Trouble,
    WebhookError, Worker,
};
