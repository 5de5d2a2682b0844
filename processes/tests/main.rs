//! The gateways: one conformance suite over the sandbox and over the Stripe adapter, the sandbox's properties, and the Stripe
//! adapter against Stripe's own stripe-mock and against servers that misbehave. The processes: a simulation, and what others' users
//! report.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod conformance;
mod external;
mod face;
mod misbehaving;
mod sandbox;
mod simulation;
mod stripe_mock;
mod world;
