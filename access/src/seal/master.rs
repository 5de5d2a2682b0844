//! The master key, and the keys that are stored wrapped by it.
//!
//! One current key wraps; older ones only unwrap. To rotate: configure the new key with the old one among the older, let
//! [`MasterKeys::rewrap`] pass over every wrapped key, then take the old one away. A key's id is a hash of the key itself, so
//! nobody has to name keys and no name can be wrong.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use ring::hmac;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::SealError;
use super::cipher::{self, KEY_BYTES, Key, NONCE_BYTES, TAG_BYTES};
use crate::random::{self, NoRandomness};
use crate::secret::Secret;

/// Bytes of a key id.
const ID_BYTES: usize = 8;
/// The first byte of a wrapped key.
const VERSION: u8 = 1;
/// Bytes of a wrapped key: version, id, nonce, key, tag.
const WRAPPED_BYTES: usize = 1 + ID_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/// Which master key wrapped something. It says nothing about the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MasterKeyId([u8; ID_BYTES]);

/// A master key. Printed as its id.
#[derive(Clone)]
pub struct MasterKey {
    id: MasterKeyId,
    key: Key,
}

/// A text that is not a master key. It never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a master key is {KEY_BYTES} random bytes in base64 (44 characters), as `openssl rand -base64 32` prints them"
)]
pub struct MasterKeyFault;

/// The key that wraps, and older ones that only unwrap.
#[derive(Debug, Clone)]
pub struct MasterKeys {
    current: MasterKey,
    older: Vec<MasterKey>,
}

/// What a wrapped key is for. It unwraps for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// The data key of this account.
    Account(Uuid),
    /// The key of the e-mail claims, [`super::EmailKey`].
    EmailClaims,
    /// A key that signs access tokens.
    TokenSigning,
    /// The key that opaque tokens and clients' secrets are derived with, [`crate::opaque::TokenKey`].
    TokenDerivation,
}

/// A key as it is stored: sealed with a master key.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey([u8; WRAPPED_BYTES]);

impl MasterKey {
    /// A new key.
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self::of(Secret::new(random::bytes()?)))
    }

    /// Reads a key from configuration: standard base64 of 32 bytes; white space around it is ignored.
    pub fn parse(base64: &str) -> Result<Self, MasterKeyFault> {
        let text = base64.trim().as_bytes();
        if text.len() != BASE64.encode_len(KEY_BYTES) {
            return Err(MasterKeyFault);
        }
        let bytes = Zeroizing::new(BASE64.decode(text).map_err(|_| MasterKeyFault)?);
        let key: [u8; KEY_BYTES] = bytes.as_slice().try_into().map_err(|_| MasterKeyFault)?;
        // A key of one repeated byte was typed, not drawn.
        if key.iter().all(|byte| *byte == key[0]) {
            return Err(MasterKeyFault);
        }
        Ok(Self::of(Secret::new(key)))
    }

    /// The key in base64, for the key file alone.
    pub(super) fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(self.key.expose()))
    }

    /// Which key this is: for logs and for finding what it wrapped.
    #[must_use]
    pub const fn id(&self) -> MasterKeyId {
        self.id
    }

    fn of(key: Key) -> Self {
        let mac = hmac::Key::new(hmac::HMAC_SHA256, key.expose());
        let tag = hmac::sign(&mac, b"daybook.master-key-id.1");
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&tag.as_ref()[..ID_BYTES]);
        Self {
            id: MasterKeyId(id),
            key,
        }
    }
}

impl MasterKeys {
    /// Wraps with `current`, unwraps what any of them wrapped.
    #[must_use]
    pub const fn new(current: MasterKey, older: Vec<MasterKey>) -> Self {
        Self { current, older }
    }

    /// Which key wraps now: what is wrapped by another is to be [`MasterKeys::rewrap`]ped.
    #[must_use]
    pub const fn current_id(&self) -> MasterKeyId {
        self.current.id
    }

    /// `key` wrapped by the current master key, for `key_use` alone.
    pub fn wrap(
        &self,
        key: &Secret<[u8; KEY_BYTES]>,
        key_use: KeyUse,
    ) -> Result<WrappedKey, SealError> {
        let id = self.current.id;
        let sealed = cipher::seal(&self.current.key, &bound_to(key_use, id), key.expose())?;
        let mut wrapped = [VERSION; WRAPPED_BYTES];
        wrapped[1..=ID_BYTES].copy_from_slice(&id.0);
        wrapped[1 + ID_BYTES..].copy_from_slice(&sealed);
        Ok(WrappedKey(wrapped))
    }

    /// The key that was wrapped for `key_use`.
    pub fn unwrap(
        &self,
        wrapped: &WrappedKey,
        key_use: KeyUse,
    ) -> Result<Secret<[u8; KEY_BYTES]>, SealError> {
        let id = wrapped.master_key();
        let master = std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key.id == id)
            .ok_or(SealError::UnknownMasterKey(id))?;
        let bound = bound_to(key_use, id);
        let opened = cipher::open(&master.key, &bound, &wrapped.0[1 + ID_BYTES..])?;
        let key = opened.expose().as_slice().try_into();
        key.map(Secret::new).map_err(|_| SealError::DoesNotOpen)
    }

    /// The same key wrapped by the current master key; none if it is already.
    pub fn rewrap(
        &self,
        wrapped: &WrappedKey,
        key_use: KeyUse,
    ) -> Result<Option<WrappedKey>, SealError> {
        if wrapped.master_key() == self.current.id {
            return Ok(None);
        }
        let key = self.unwrap(wrapped, key_use)?;
        self.wrap(&key, key_use).map(Some)
    }
}

fn bound_to(key_use: KeyUse, id: MasterKeyId) -> Vec<u8> {
    let mut bound = b"daybook.wrap.1".to_vec();
    bound.extend_from_slice(&id.0);
    match key_use {
        KeyUse::Account(account) => {
            bound.push(1);
            bound.extend_from_slice(account.as_bytes());
        }
        KeyUse::EmailClaims => bound.push(2),
        KeyUse::TokenSigning => bound.push(3),
        KeyUse::TokenDerivation => bound.push(4),
    }
    bound
}

impl WrappedKey {
    /// Reads what [`WrappedKey::as_bytes`] gave; none if it is something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let wrapped: [u8; WRAPPED_BYTES] = bytes.try_into().ok()?;
        (wrapped[0] == VERSION).then_some(Self(wrapped))
    }

    /// The 81 bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; WRAPPED_BYTES] {
        &self.0
    }

    /// Which master key wrapped it.
    #[must_use]
    pub fn master_key(&self) -> MasterKeyId {
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&self.0[1..=ID_BYTES]);
        MasterKeyId(id)
    }
}

impl fmt::Display for MasterKeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for MasterKeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "MasterKeyId({self})")
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "MasterKey({})", self.id)
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "WrappedKey(by {})", self.master_key())
    }
}
