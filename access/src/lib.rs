//! Access: what proves who somebody is, and what keeps their data to themselves.
//!
//! **What it is.** Passwords ([`password`]), access tokens of our own and of foreign issuers ([`token`]), opaque secrets that
//! are stored as hashes only ([`opaque`]), one-time codes ([`totp`]), the proof of an authorization code ([`pkce`]), and the
//! sealing of personal data with a key per account ([`seal`]).
//!
//! **What it knows.** The RFCs of these things and the libraries that do the arithmetic. Values in, values out.
//!
//! **What it must never know.** HTTP, SQL, Kafka, who may do what. It reads no clock: the time is passed in. The one file that
//! it touches is the master key's.
//!
//! **What always holds.**
//! - Randomness comes from the operating system and no public function takes it from elsewhere; known vectors are tested
//!   through private functions that take a nonce.
//! - What is compared with a secret is compared in constant time.
//! - Secrets are overwritten when they are dropped, and are neither printed nor serialised.
//! - Every input from outside has a limit, a named constant, which is checked before the work starts.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod opaque;
pub mod password;
pub mod pkce;
mod random;
pub mod seal;
mod secret;
pub mod token;
pub mod totp;

pub use random::NoRandomness;
pub use secret::Secret;
