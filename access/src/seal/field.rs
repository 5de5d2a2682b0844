//! A field of personal data, sealed with its account's key.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::SealError;
use super::cipher::{self, KEY_BYTES, Key, NONCE_BYTES, TAG_BYTES};
use crate::random;
use crate::secret::Secret;

/// Most bytes that are sealed as one field.
pub const PLAIN_BYTES_MAX: usize = 8 * 1024;
/// The first byte of what is sealed, so that another cipher can follow.
const VERSION: u8 = 1;
/// Bytes that sealing adds: version, nonce, tag.
const OVERHEAD: usize = 1 + NONCE_BYTES + TAG_BYTES;

/// Where something sealed belongs. It opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The account whose data it is.
    pub account: Uuid,
    /// The field's name, such as `email`. Fixed for ever: old events open with the same name only.
    pub field: &'a str,
}

/// The key of one account. Everything that is sealed with it is erased when the last copy of it is destroyed.
#[derive(Debug, Clone)]
pub struct DataKey(Key);

/// Sealed bytes: version, nonce, ciphertext, tag. In JSON they are base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct Ciphertext(Vec<u8>);

/// Text or bytes that nothing of ours sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a ciphertext; that is base64url without padding of at least {OVERHEAD} bytes, the first of which is {VERSION}"
)]
pub struct CiphertextFault;

impl DataKey {
    /// A new key.
    pub fn generate() -> Result<Self, SealError> {
        Ok(Self(Secret::new(random::bytes::<KEY_BYTES>()?)))
    }

    /// A key that was unwrapped.
    #[must_use]
    pub const fn from_secret(unwrapped: Secret<[u8; KEY_BYTES]>) -> Self {
        Self(unwrapped)
    }

    /// The key's bytes, to be wrapped.
    #[must_use]
    pub const fn secret(&self) -> &Secret<[u8; KEY_BYTES]> {
        &self.0
    }

    /// Seals `plain` for `place`: at most [`PLAIN_BYTES_MAX`]. Twice the same gives different bytes.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Ciphertext, SealError> {
        if plain.len() > PLAIN_BYTES_MAX {
            return Err(SealError::TooLong(plain.len()));
        }
        let mut sealed = vec![VERSION];
        sealed.extend(cipher::seal(&self.0, &bound_to(place), plain)?);
        Ok(Ciphertext(sealed))
    }

    /// What was sealed for `place` with this key.
    pub fn open(
        &self,
        place: Place<'_>,
        sealed: &Ciphertext,
    ) -> Result<Secret<Vec<u8>>, SealError> {
        let (_version, sealed) = sealed.0.split_first().ok_or(SealError::DoesNotOpen)?;
        cipher::open(&self.0, &bound_to(place), sealed)
    }
}

/// The account has a fixed length and the field stands last, so no two places give the same bytes.
fn bound_to(place: Place<'_>) -> Vec<u8> {
    let mut bound = b"daybook.seal.1".to_vec();
    bound.extend_from_slice(place.account.as_bytes());
    bound.extend_from_slice(place.field.as_bytes());
    bound
}

impl Ciphertext {
    /// Reads what [`Ciphertext::as_bytes`] gave.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, CiphertextFault> {
        let lengths = OVERHEAD..=OVERHEAD + PLAIN_BYTES_MAX;
        (lengths.contains(&bytes.len()) && bytes[0] == VERSION)
            .then_some(Self(bytes))
            .ok_or(CiphertextFault)
    }

    /// The bytes, to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads base64url.
    pub fn parse(text: &str) -> Result<Self, CiphertextFault> {
        if text.len() > BASE64URL_NOPAD.encode_len(OVERHEAD + PLAIN_BYTES_MAX) {
            return Err(CiphertextFault);
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
        Self::from_bytes(bytes.map_err(|_| CiphertextFault)?)
    }
}

/// base64url without padding.
impl fmt::Display for Ciphertext {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Ciphertext {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Ciphertext({} bytes)", self.0.len())
    }
}

impl Serialize for Ciphertext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ciphertext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
