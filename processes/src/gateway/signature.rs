//! Signatures of webhooks: `t=1700000000,v1=5257a8…`, Stripe's scheme, which the sandbox uses as well.
//!
//! The signature is HMAC-SHA256 over `{t}.{raw body}`; `v1` may stand there several times while a secret
//! is rotated at the gateway, and we may hold several secrets while it is rotated here. A signature
//! that matches but is older or younger than [`TOLERANCE`] is refused: somebody replays it.
//! Source: Stripe, "Verify webhook signatures manually".

use std::fmt::Write as _;
use std::time::Duration;

use domain::value::Timestamp;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::Secret;

/// How far a signature's time may be from ours, either way.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);
/// Longest header that is looked at, in bytes.
const HEADER_BYTES_MAX: usize = 4_096;
/// Most `v1` signatures that are tried.
const SIGNATURES_MAX: usize = 16;

/// Why a signature was refused. The sender is told no more than that it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No `t` or no `v1`, or not what they should be.
    #[error("the signature header is missing or malformed; it is `t=…,v1=…`")]
    Malformed,
    /// None of our secrets gives this signature for these bytes.
    #[error(
        "the signature does not fit the body; was it changed on the way, or is the secret another?"
    )]
    Mismatch,
    /// Right, but from another time.
    #[error("the signature is more than {} seconds old or early; a replay, or a clock is wrong", TOLERANCE.as_secs())]
    Stale,
}

/// The header for `body` as sent at `at`.
#[must_use]
pub fn sign(secret: &Secret, body: &[u8], at: Timestamp) -> String {
    let seconds = seconds(at);
    let mut header = format!("t={seconds},v1=");
    if let Some(mac) = mac(secret, seconds, body) {
        for byte in mac.finalize().into_bytes() {
            // Writing to a string does not fail.
            let _ = write!(header, "{byte:02x}");
        }
    }
    header
}

/// Checks that one of `secrets` signed `body`, at most [`TOLERANCE`] from `now`. Compares in constant time.
pub fn verify(
    secrets: &[Secret],
    header: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let (signed_at, signatures) = parse(header)?;
    let fits = |secret: &Secret, signature: &[u8]| {
        mac(secret, signed_at, body).is_some_and(|mac| mac.verify_slice(signature).is_ok())
    };
    let fits_any = |signature: &Vec<u8>| secrets.iter().any(|secret| fits(secret, signature));
    if !signatures.iter().any(fits_any) {
        return Err(SignatureError::Mismatch);
    }
    if seconds(now).abs_diff(signed_at) > TOLERANCE.as_secs() {
        return Err(SignatureError::Stale);
    }
    Ok(())
}

/// The time and the `v1` signatures. Other schemes (`v0`) are passed over.
fn parse(header: &str) -> Result<(i64, Vec<Vec<u8>>), SignatureError> {
    if header.len() > HEADER_BYTES_MAX {
        return Err(SignatureError::Malformed);
    }
    let (mut signed_at, mut signatures) = (None, Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", text)) if signed_at.is_none() => {
                signed_at = Some(text.parse().map_err(|_| SignatureError::Malformed)?);
            }
            Some(("v1", text)) if signatures.len() < SIGNATURES_MAX => {
                signatures.push(bytes_of_hex(text).ok_or(SignatureError::Malformed)?);
            }
            _ => {}
        }
    }
    match signed_at {
        Some(signed_at) if !signatures.is_empty() => Ok((signed_at, signatures)),
        _ => Err(SignatureError::Malformed),
    }
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Primed with what is signed. HMAC takes keys of every length, so there always is one.
fn mac(secret: &Secret, signed_at: i64, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).ok()?;
    mac.update(signed_at.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

fn seconds(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

#[cfg(test)]
mod tests;
