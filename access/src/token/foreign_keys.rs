//! A foreign issuer's published keys (RFC 7517): which of them are of use, and with which algorithm each.
//!
//! The key decides about the algorithm, never the token: an RSA key checks RS256 and nothing else. Symmetric keys are passed
//! over, so a public key never serves as the secret of an HMAC. RS256 and ES256 are checked by `ring`, which rustls brings
//! anyway; Ed25519 by the crate that checks our own.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

use super::VerifyingKey;

/// Longest document that is read, in bytes.
const JWKS_BYTES_MAX: usize = 256 * 1024;
/// Most keys in one.
const JWKS_KEYS_MAX: usize = 64;
/// Lengths of an RSA modulus in bytes: 2048 to 8192 bits.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
/// Longest RSA exponent in bytes.
const EXPONENT_BYTES_MAX: usize = 8;
/// Bytes of a coordinate of P-256.
const COORDINATE_BYTES: usize = 32;

/// Why a document of keys is not used. Keep the one that was used before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwksFault {
    /// Too long, or too many keys.
    #[error("the key set is over {JWKS_BYTES_MAX} bytes or {JWKS_KEYS_MAX} keys")]
    TooLong,
    /// Not a JWK set.
    #[error("this is not a JWK set (RFC 7517): an object with an array `keys`")]
    Malformed,
    /// Nothing of use in it.
    #[error(
        "the key set has no key of use: an RSA key of 2048 to 8192 bits, P-256 or Ed25519, with a kid, for signatures"
    )]
    NoKey,
    /// Two keys of one kind and name.
    #[error("the key set has two keys of one kind with the same kid")]
    SameName,
}

/// The keys of a foreign issuer that are of use.
#[derive(Debug, Clone)]
pub struct Jwks(Vec<NamedKey>);

#[derive(Debug, Clone)]
struct NamedKey {
    kid: String,
    key: ForeignKey,
}

/// A key, of which the kind says the algorithm.
#[derive(Debug, Clone)]
pub(super) enum ForeignKey {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256([u8; 1 + 2 * COORDINATE_BYTES]),
    Ed25519(VerifyingKey),
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Member {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    used_for: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwks {
    /// Reads `jwks.json`. Keys of other kinds and for other uses are passed over (RFC 7517 5).
    pub fn parse(json: &[u8]) -> Result<Self, JwksFault> {
        if json.len() > JWKS_BYTES_MAX {
            return Err(JwksFault::TooLong);
        }
        let document: Document = serde_json::from_slice(json).map_err(|_| JwksFault::Malformed)?;
        if document.keys.len() > JWKS_KEYS_MAX {
            return Err(JwksFault::TooLong);
        }
        let members = document.keys.into_iter();
        let keys: Vec<_> = members
            .filter_map(|member| serde_json::from_value(member).ok())
            .filter_map(Member::into_key)
            .collect();
        if keys.is_empty() {
            return Err(JwksFault::NoKey);
        }
        let again = |(index, one): (usize, &NamedKey)| {
            keys[..index]
                .iter()
                .any(|other| other.kid == one.kid && other.key.algorithms() == one.key.algorithms())
        };
        if keys.iter().enumerate().any(again) {
            return Err(JwksFault::SameName);
        }
        Ok(Self(keys))
    }

    /// Whether any key has that name.
    pub(super) fn has(&self, kid: &str) -> bool {
        self.0.iter().any(|named| named.kid == kid)
    }

    /// The key of that name that is for `algorithm`.
    pub(super) fn find(&self, kid: &str, algorithm: &str) -> Option<&ForeignKey> {
        let mut named = self.0.iter().filter(|named| named.kid == kid);
        let found = named.find(|named| named.key.algorithms().contains(&algorithm));
        found.map(|named| &named.key)
    }
}

impl ForeignKey {
    /// The names that the one algorithm of this key has (`Ed25519` is RFC 9864's name for what RFC 8037 calls `EdDSA`).
    fn algorithms(&self) -> &'static [&'static str] {
        match self {
            Self::Rsa { .. } => &["RS256"],
            Self::P256(_) => &["ES256"],
            Self::Ed25519(_) => &["EdDSA", "Ed25519"],
        }
    }

    /// Whether `signature` is this key's of `signed`.
    pub(super) fn verify(&self, signed: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa { n, e } => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
                .is_ok(),
            Self::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(signed, signature)
                .is_ok(),
            Self::Ed25519(key) => key.verify(signed, signature),
        }
    }
}

impl Member {
    fn into_key(self) -> Option<NamedKey> {
        let signs = self
            .used_for
            .as_deref()
            .is_none_or(|used_for| used_for == "sig");
        let verifies = |ops: &Vec<String>| ops.iter().any(|op| op == "verify");
        if !signs || !self.key_ops.as_ref().is_none_or(verifies) {
            return None;
        }
        let key = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => self.rsa()?,
            ("EC", Some("P-256")) => self.p256()?,
            ("OKP", Some("Ed25519")) => {
                let x = decode(self.x.as_ref()?)?.try_into().ok()?;
                ForeignKey::Ed25519(VerifyingKey::from_bytes(&x)?)
            }
            _ => return None,
        };
        let meant = |alg: &String| key.algorithms().contains(&alg.as_str());
        if !self.alg.as_ref().is_none_or(meant) {
            return None;
        }
        let kid = self.kid.filter(|kid| !kid.is_empty())?;
        Some(NamedKey { kid, key })
    }

    fn rsa(&self) -> Option<ForeignKey> {
        let n = without_leading_zeros(decode(self.n.as_ref()?)?);
        let e = without_leading_zeros(decode(self.e.as_ref()?)?);
        let lengths =
            MODULUS_BYTES.contains(&n.len()) && (1..=EXPONENT_BYTES_MAX).contains(&e.len());
        lengths.then_some(ForeignKey::Rsa { n, e })
    }

    fn p256(&self) -> Option<ForeignKey> {
        let x: [u8; COORDINATE_BYTES] = decode(self.x.as_ref()?)?.try_into().ok()?;
        let y: [u8; COORDINATE_BYTES] = decode(self.y.as_ref()?)?.try_into().ok()?;
        // Uncompressed, as SEC 1 2.3.3 writes a point. Whether it is on the curve is checked with each signature.
        let mut point = [4; 1 + 2 * COORDINATE_BYTES];
        point[1..=COORDINATE_BYTES].copy_from_slice(&x);
        point[1 + COORDINATE_BYTES..].copy_from_slice(&y);
        Some(ForeignKey::P256(point))
    }
}

fn decode(text: &String) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}

/// Some issuers write a number with a zero before it.
fn without_leading_zeros(mut number: Vec<u8>) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.drain(..zeros);
    number
}
