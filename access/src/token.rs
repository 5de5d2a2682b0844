//! Access tokens: JWTs of our own (RFC 9068, `at+jwt`, Ed25519, at most ten minutes) and of foreign issuers that are trusted.
//!
//! The ways in which JWT libraries were fooled (RFC 8725) have one cause: the token chose how it was checked. Here it chooses
//! nothing. Our own are checked with one algorithm; a foreign one with the algorithm of the key that the issuer published under
//! the `kid`, out of three. `kid` is compared with the names of keys that are at hand and used for nothing else. `jku`, `x5u`,
//! `jwk` and `x5c` are not read; in a token of our own every unknown header is refused. `typ`, `iss` and `aud` are compared
//! exactly.
//!
//! Written here, on `ed25519-dalek` and `ring`, and not with `jsonwebtoken`: that crate leaves `typ`, `crit`, the size and a
//! future `iat` to its user, chooses its cryptography by one setting for the whole process, and would bring the `rsa` crate
//! (RUSTSEC-2023-0071). What is ours is splitting at dots and comparing texts; arithmetic, base64 and JSON are the libraries'.
//! docs/decisions/0008-access.md has more.
//!
//! A token says who somebody was when it was issued. Whether the session still stands is the caller's question, by
//! [`Access::session`]: each time, for a token that is remembered too.

mod access;
mod foreign;
mod foreign_keys;
mod issue;
mod jws;
mod key;
mod key_ring;
mod refusal;
mod verify;

pub use access::Access;
pub use foreign::{ForeignAccess, ForeignIssuer, claimed_issuer};
pub use foreign_keys::{Jwks, JwksFault};
pub use issue::{Grant, IssueFault, IssuedToken, Issuer};
pub use key::{Jwk, Kid, SigningKey, VerifyingKey};
pub use key_ring::{KeyRing, LATE_SIGNER_MAX, OwnJwks, RetiredKey, RingFault};
pub use refusal::TokenRefusal;
pub use verify::Verifier;

use std::time::Duration;

use domain::value::Timestamp;

/// Longest life of an access token of ours.
pub const LIFETIME_MAX: Duration = Duration::from_secs(600);
/// How far the clocks of our own nodes may be apart, in seconds.
pub const LEEWAY_SECONDS: i64 = 5;
/// How far a foreign issuer's clock may be from ours, in seconds.
pub const FOREIGN_LEEWAY_SECONDS: i64 = 30;
/// Longest token of our own, in bytes.
pub const TOKEN_BYTES_MAX: usize = 4 * 1024;
/// Longest foreign token, in bytes.
pub const FOREIGN_TOKEN_BYTES_MAX: usize = 16 * 1024;
/// The media type of an access token, as `typ` has it (RFC 9068 2.1).
const TYPE: &str = "at+jwt";

/// Whole seconds since 1970, as JWTs count.
const fn seconds(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

#[cfg(test)]
mod tests;
