//! The shop itself: what may happen, and what has happened.
//!
//! **What it is.** One module per aggregate ([`product`], [`stock`], [`order`], [`payment`],
//! [`account`], [`client`], [`owners`], [`security`]), each a
//! `decide` (state and command give events or a [`Rejection`]) and an `evolve` (state and event
//! give state); [`ordering`], the commands that several streams take part in; [`ledger`], the
//! books by double entry; [`timer`], what is due when; [`verify`], the rules that any journal must keep; and the [`value`]s that
//! all of it is made of.
//!
//! **What it knows.** The rules of the shop, and the names and shapes of its events.
//!
//! **What it must never know.** Files, sockets, SQL, HTTP, Kafka; what time it is or what number
//! comes next: moments arrive as [`Facts`] and random ids inside commands. Everything here is a
//! function of its arguments, so a decision can be repeated and a journal folded anywhere.
//!
//! **What always holds.** `evolve` never fails. An empty list of events is the idempotent answer.
//! A stream's text id is `{aggregate_type}-{aggregate_id}`, see [`stream_id`].

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)
)]

pub mod account;
pub mod claim;
pub mod client;
mod cqrs;
pub mod event;
pub mod facts;
#[cfg(test)]
mod golden;
mod kind;
pub mod ledger;
pub mod order;
pub mod ordering;
pub mod owners;
pub mod payment;
pub mod policy;
pub mod product;
pub mod rejection;
#[cfg(test)]
mod schemas;
pub mod security;
pub mod state;
pub mod stock;
#[cfg(test)]
mod testing;
pub mod timer;
mod upcast;
pub mod value;
pub mod verify;

pub use claim::Claim;
pub use event::{CATALOG, DecodeError, Event};
pub use facts::{FactSource, Facts};
pub use kind::EventKind;
pub use rejection::{FieldError, Rejection, RejectionCode};
pub use state::State;
pub use upcast::upcasters;

/// The text id of a stream: `order-01890a5d-…`, `stock-AB-1@main`.
#[must_use]
pub fn stream_id(aggregate_type: &str, aggregate_id: &str) -> String {
    format!("{aggregate_type}-{aggregate_id}")
}
