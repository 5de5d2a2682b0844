//! Tokens: what is issued is accepted, every attack of RFC 8725 is refused, keys rotate without refusing a good token.

mod attacks;
mod foreign;
mod keys;
mod own;

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use domain::value::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const ISSUER: &str = "https://shop.example";
const AUDIENCE: &str = "https://shop.example/v1";
const NOW_SECONDS: i64 = 1_790_000_000;
const SESSION: Uuid = Uuid::from_u128(7);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).unwrap()
}

fn now() -> Timestamp {
    at(NOW_SECONDS)
}

fn ring() -> KeyRing {
    KeyRing::new(SigningKey::generate().unwrap())
}

fn verifier() -> Verifier {
    Verifier::new(ISSUER, AUDIENCE)
}

fn grant() -> Grant<'static> {
    Grant {
        subject: "account-0191",
        client_id: "client-0192",
        session: Some(SESSION),
        scopes: &["orders:read", "orders:write"],
        roles: &["customer"],
        lifetime: Duration::from_secs(300),
        token_id: Uuid::from_u128(9),
    }
}

fn issue(ring: &KeyRing, at: Timestamp) -> String {
    let issued = Issuer::new(ISSUER, AUDIENCE).issue(ring, grant(), at);
    issued.unwrap().token.expose().clone()
}

/// The header and the claims of `token`.
fn read(token: &str) -> (Value, Value) {
    let parts = token
        .split('.')
        .map(|part| BASE64URL_NOPAD.decode(part.as_bytes()).unwrap());
    let parts: Vec<_> = parts.collect();
    let json = |part: &Vec<u8>| serde_json::from_slice(part).unwrap();
    (json(&parts[0]), json(&parts[1]))
}

/// `value` with `member` set, or taken out if it is null.
fn with(mut value: Value, member: &str, to: Value) -> Value {
    let object = value.as_object_mut().unwrap();
    match to {
        Value::Null => object.remove(member),
        to => object.insert(member.into(), to),
    };
    value
}

fn encode(json: &Value) -> String {
    BASE64URL_NOPAD.encode(json.to_string().as_bytes())
}

/// A token that is rightly signed with `key`, whatever it says.
fn signed(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = BASE64URL_NOPAD.encode(&key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// A token whose signature is the HMAC-SHA-256 of `signed` under `secret`.
fn with_hmac(signed: &str, secret: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    let tag = ring::hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(tag.as_ref()))
}
