//! The HTTP layer: routes, strict input, problems, auth, limits. Thin.
//!
//! **What it is.** A router with one file per route and verb (`router.rs` is the list), the extractors that read a
//! request strictly (`request`), the answers (`answer`), the layers that every request passes (`layers`), and the
//! server that keeps connections within bounds ([`Api::serve`]).
//!
//! **What it knows.** HTTP, and a few handles: [`commands::Commands`] to change something,
//! [`projections::Queries`] to read, [`identity::Identity`] for who asks, and [`Webhooks`] for what gateways tell by themselves. A route reads its input, calls one of them, and answers.
//!
//! **What it must never know.** SQL text, Kafka, the journal, and the rules of the shop: a rule that is
//! checked here would be missing wherever else the command comes from.
//!
//! **What always holds.**
//! - Every error is an RFC 9457 problem whose code is in one table (`problem/code.rs`) and has a page.
//! - No route is without an operation of [`domain::policy`], and none is reached by whom the policy does not allow it.
//! - An accepted command's answer is a function of its receipt: a repeat gets the same bytes.
//! - Bodies, heads, connections, requests at once and the time of each have a limit ([`ApiOptions`]).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod answer;
mod auth;
mod edge;
mod layers;
mod metrics;
mod openapi;
mod options;
mod problem;
mod request;
mod router;
mod routes;
mod sandbox;
mod serve;
mod state;
mod table;
mod trace;
mod webhooks;

pub use edge::{EdgeOptions, Http2Options, Rate, RateOptions, TlsFiles};
pub use options::{ApiOptions, Routes};
pub use problem::{Code, Problem};
pub use sandbox::{CustomerAnswer, SandboxPage};
pub use state::Api;
pub use webhooks::{WebhookError, WebhookOutcome, Webhooks};
