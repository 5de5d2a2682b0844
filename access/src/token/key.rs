//! The keys of our own tokens: Ed25519 (RFC 8032), named by their thumbprint (RFC 7638), published as JWKs (RFC 8037 2).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, Signer as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::random::{self, NoRandomness};
use crate::secret::Secret;

/// Bytes of a seed and of a public key.
const KEY_BYTES: usize = 32;

/// A key's name, `kid`: the SHA-256 of its public part as JSON (RFC 7638), so that nobody chooses names and none is given twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Kid(String);

/// A key that signs. Overwritten when dropped, printed as its id.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    public: VerifyingKey,
}

/// The public part of a key.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    id: Kid,
    key: ed25519_dalek::VerifyingKey,
}

/// A public key as it is published in `jwks.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwk {
    kty: &'static str,
    crv: &'static str,
    #[serde(rename = "use")]
    used_for: &'static str,
    alg: &'static str,
    kid: Kid,
    x: String,
}

impl Kid {
    /// The name as it stands in tokens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(x: &str) -> Self {
        // Members in the order of the alphabet, without white space: RFC 7638 3.2.
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        Self(BASE64URL_NOPAD.encode(&Sha256::digest(canonical)))
    }
}

impl SigningKey {
    /// A new key.
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self::from_seed(&Secret::new(random::bytes()?)))
    }

    /// The key of a seed that was stored, after it was unwrapped.
    #[must_use]
    pub fn from_seed(seed: &Secret<[u8; KEY_BYTES]>) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed.expose());
        let public = VerifyingKey::of(key.verifying_key());
        Self { key, public }
    }

    /// The seed, to be wrapped and stored.
    #[must_use]
    pub fn seed(&self) -> Secret<[u8; KEY_BYTES]> {
        Secret::new(self.key.to_bytes())
    }

    /// The key's name.
    #[must_use]
    pub const fn id(&self) -> &Kid {
        &self.public.id
    }

    /// The public part.
    #[must_use]
    pub const fn public(&self) -> &VerifyingKey {
        &self.public
    }

    pub(super) fn sign(&self, signed: &[u8]) -> [u8; Signature::BYTE_SIZE] {
        self.key.sign(signed).to_bytes()
    }
}

impl VerifyingKey {
    /// A public key that was stored; none if the bytes are no point of the curve, or one of the few that verify anything.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Option<Self> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).ok()?;
        (!key.is_weak()).then(|| Self::of(key))
    }

    /// The 32 bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        self.key.as_bytes()
    }

    /// The key's name.
    #[must_use]
    pub const fn id(&self) -> &Kid {
        &self.id
    }

    /// The key as `jwks.json` has it.
    #[must_use]
    pub fn jwk(&self) -> Jwk {
        Jwk {
            kty: "OKP",
            crv: "Ed25519",
            used_for: "sig",
            alg: "EdDSA",
            kid: self.id.clone(),
            x: BASE64URL_NOPAD.encode(self.key.as_bytes()),
        }
    }

    /// Whether `signature` is this key's of `signed`: by the strict rules, under which a signature has one form only.
    pub(super) fn verify(&self, signed: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(signed, &signature).is_ok())
    }

    fn of(key: ed25519_dalek::VerifyingKey) -> Self {
        let id = Kid::of(&BASE64URL_NOPAD.encode(key.as_bytes()));
        Self { id, key }
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SigningKey({})", self.public.id)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "VerifyingKey({})", self.id)
    }
}
