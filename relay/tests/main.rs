//! Relay and Kafka feed on a real Postgres and a real Kafka: their promises, each tried.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod conformance;
mod follower;
mod loss;
mod pace;
mod raw;
mod secured;
mod takeover;
mod wire;
mod world;
