//! Processes: what happens by itself after an event.
//!
//! **What it is.** Policies ([`policy`]: from an event to what is to be looked at), the [`Worker`] that carries them out
//! over a port to the [`Shop`], the payment gateways behind one port ([`gateway`]), and the [`ProcessRunner`] that drives
//! the worker over the journal, over what is due, and over the gateways' books.
//!
//! **What it knows.** How money is asked for, taken and given back outside, how that can fail, and what it decides.
//!
//! **What it must never know.** Query tables' insides, SQL, the HTTP server, Kafka.
//!
//! **What always holds.**
//! - Every outside call carries an id of ours as its idempotency key: repeating it moves no money twice.
//! - An outcome that is not certain is called unknown, never failed.
//! - No clock in a decision: the time is passed in.
//! - Secrets come from configuration and are printed nowhere.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod due;
pub mod gateway;
mod gateways;
mod news;
pub mod policy;
mod runner;
mod shop;
mod worker;

pub use due::DueList;
pub use gateways::Gateways;
pub use runner::{ProcessRunner, SHARDS};
pub use shop::Shop;
pub use worker::{
    NoticeOutcome, OwnBooks, OwnMovement, ProcessOptions, ReconcileError, Reconciled, Trouble,
    WebhookError, Worker,
};
