//! Stripe's objects as JSON, read from answers and webhooks alike; the sandbox writes the same ones.
//!
//! Our ids travel in metadata: on a payment intent `payment_id`, `order_id`, `auth_id`, and per capture
//! `capture_{32 hex digits}` with the amount in Stripe's minor units (exactly the 40 characters that a
//! key may have; it is set by the capture itself, hence true if and only if that happened); on a refund
//! `payment_id` and `refund_id`.

pub(super) mod amount;
mod event;
mod intent;
mod refund;

pub(super) use event::event;
pub(super) use intent::{AUTHORIZATION_HOLDS, Intent};
pub(super) use refund::Refund;

use std::collections::BTreeMap;

use domain::value::Timestamp;
use serde_json::Value;
use uuid::Uuid;

/// An object that lacks what it must have, or has what it must not; says what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) String);

/// Metadata: keys of at most 40, values of at most 500 characters.
pub(super) type Metadata = BTreeMap<String, String>;

/// The metadata key of our payment.
pub(super) const PAYMENT_ID: &str = "payment_id";
/// The metadata key of our order.
pub(super) const ORDER_ID: &str = "order_id";
/// The metadata key of our authorization.
pub(super) const AUTH_ID: &str = "auth_id";
/// The metadata key of our refund.
pub(super) const REFUND_ID: &str = "refund_id";
/// What the metadata key of a capture begins with.
const CAPTURE_PREFIX: &str = "capture_";

/// The metadata key of a capture of ours.
pub(super) fn capture_key(id: Uuid) -> String {
    format!("{CAPTURE_PREFIX}{}", id.simple())
}

fn id_in(metadata: &Metadata, key: &str) -> Option<Uuid> {
    Uuid::try_parse(metadata.get(key)?).ok()
}

/// The moment that many whole seconds after 1970.
pub(super) fn from_seconds(seconds: i64) -> Result<Timestamp, Unreadable> {
    let micros = seconds.checked_mul(1_000_000);
    micros
        .and_then(|micros| Timestamp::from_micros(micros).ok())
        .ok_or_else(|| Unreadable(format!("{seconds} is no time in seconds since 1970")))
}

/// Whole seconds since 1970.
pub(super) fn to_seconds(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

fn read<T: serde::de::DeserializeOwned>(what: &str, value: Value) -> Result<T, Unreadable> {
    serde_json::from_value(value).map_err(|error| Unreadable(format!("{what}: {error}")))
}
