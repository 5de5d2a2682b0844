//! Opaque secrets: refresh tokens, client secrets, links to verify an address or to reset a password, authorization codes.
//!
//! 256 bits of the operating system, as 43 characters of base64url. Daybook keeps the SHA-256 alone: so much randomness needs
//! no slow hash, and whoever reads the table can present nothing. A digest is fit to be looked up by its bytes, for its first
//! bytes tell nothing about a text that gives it; where one is compared here, it is in constant time.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::random::{self, NoRandomness};
use crate::secret::Secret;

/// Random bytes of one.
const BYTES: usize = 32;
/// Characters of one: 32 bytes of base64url without padding.
pub const CHARACTERS: usize = 43;

/// A fresh opaque secret, which is shown to its owner once. Overwritten when dropped, printed nowhere.
pub struct Opaque(Zeroizing<String>);

/// A key that opaque secrets are derived with, where the same request has to be given the same secret again. Printed nowhere.
pub struct TokenKey {
    secret: Secret<[u8; BYTES]>,
    mac: hmac::Key,
}

/// What is kept of an opaque secret: its SHA-256. Printed nowhere.
#[derive(Clone, Copy)]
pub struct OpaqueDigest([u8; BYTES]);

/// What was presented has not the form of an opaque secret. Answer it like an unknown one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a token of ours; those have {CHARACTERS} characters of base64url")]
pub struct NotOpaque;

impl Opaque {
    /// A new one.
    pub fn generate() -> Result<Self, NoRandomness> {
        let bytes = Zeroizing::new(random::bytes::<BYTES>()?);
        Ok(Self(Zeroizing::new(BASE64URL_NOPAD.encode(&*bytes))))
    }

    /// The text, for its owner's answer or mail. Never log it, never store it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored.
    #[must_use]
    pub fn digest(&self) -> OpaqueDigest {
        OpaqueDigest(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl TokenKey {
    /// A new key.
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self::from_secret(Secret::new(random::bytes()?)))
    }

    /// The key that was stored, after it was unwrapped.
    #[must_use]
    pub fn from_secret(secret: Secret<[u8; BYTES]>) -> Self {
        let mac = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
        Self { secret, mac }
    }

    /// The key, to be wrapped and stored.
    #[must_use]
    pub const fn secret(&self) -> &Secret<[u8; BYTES]> {
        &self.secret
    }

    /// The secret for `purpose` and `parts`, always the same one: HMAC-SHA-256, so that who has many of them knows none of the
    /// others. No two lists of parts give the same one.
    #[must_use]
    pub fn derive(&self, purpose: &str, parts: &[&[u8]]) -> Opaque {
        let mut mac = hmac::Context::with_key(&self.mac);
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let tag = mac.sign();
        Opaque(Zeroizing::new(BASE64URL_NOPAD.encode(tag.as_ref())))
    }
}

impl OpaqueDigest {
    /// The digest of a text that somebody presents, to look it up by or to compare with.
    pub fn of(presented: &str) -> Result<Self, NotOpaque> {
        if presented.len() != CHARACTERS {
            return Err(NotOpaque);
        }
        // Also refuses the other texts that would decode to the same bytes.
        BASE64URL_NOPAD
            .decode(presented.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| NotOpaque)?;
        Ok(Self(Sha256::digest(presented.as_bytes()).into()))
    }

    /// A digest that was stored.
    #[must_use]
    pub const fn from_bytes(stored: [u8; BYTES]) -> Self {
        Self(stored)
    }

    /// The 32 bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// The digest as text, by which it is found: base64url.
    #[must_use]
    pub fn to_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// Whether `presented` is the text that this is the digest of; in constant time for texts of the right form.
    #[must_use]
    pub fn is_of(&self, presented: &str) -> bool {
        Self::of(presented).is_ok_and(|digest| digest == *self)
    }
}

/// In constant time.
impl PartialEq for OpaqueDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for OpaqueDigest {}

impl fmt::Debug for Opaque {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Opaque(…)")
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("TokenKey(…)")
    }
}

impl fmt::Debug for OpaqueDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("OpaqueDigest(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_new_and_its_digest_knows_it_alone() {
        let (one, other) = (Opaque::generate().unwrap(), Opaque::generate().unwrap());
        assert_ne!(one.expose(), other.expose());
        let stored = OpaqueDigest::from_bytes(*one.digest().as_bytes());
        assert!(stored.is_of(one.expose()));
        assert!(!stored.is_of(other.expose()));
    }

    #[test]
    fn the_digest_is_sha_256_of_the_text() {
        let text = "A".repeat(CHARACTERS);
        let digest = OpaqueDigest::of(&text).unwrap();
        assert_eq!(
            data_encoding::HEXLOWER.encode(digest.as_bytes()),
            data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
        );
        assert_ne!(digest.as_bytes().as_slice(), &[0; 32]);
    }

    #[test]
    fn what_has_another_form_is_refused() {
        let text = Opaque::generate().unwrap().expose().to_owned();
        for wrong in [
            String::new(),
            text[1..].into(),
            format!("{text}="),
            format!("{}+", &text[1..]),
            format!("{} ", &text[1..]),
            // Bits behind the last whole byte.
            format!("{}B", "A".repeat(CHARACTERS - 1)),
            "é".repeat(21) + "A",
        ] {
            assert_eq!(OpaqueDigest::of(&wrong), Err(NotOpaque), "{wrong}");
        }
    }

    #[test]
    fn a_derived_one_is_the_same_each_time_and_another_for_all_else() {
        let key = TokenKey::generate().unwrap();
        let again = TokenKey::from_secret(key.secret().clone());
        let derived = key.derive("refresh", &[b"ab", b"c"]);
        assert_eq!(
            derived.expose(),
            again.derive("refresh", &[b"ab", b"c"]).expose()
        );
        assert!(derived.digest().is_of(derived.expose()));
        for (purpose, parts) in [
            ("refresh", [b"a".as_slice(), b"bc"].as_slice()),
            ("refresh", &[b"ab", b"c", b""]),
            ("refres", &[b"hab", b"c"]),
            ("secret", &[b"ab", b"c"]),
        ] {
            assert_ne!(
                derived.expose(),
                key.derive(purpose, parts).expose(),
                "{purpose}"
            );
        }
        let other = TokenKey::generate().unwrap();
        assert_ne!(
            derived.expose(),
            other.derive("refresh", &[b"ab", b"c"]).expose()
        );
    }

    #[test]
    fn it_is_printed_nowhere() {
        let one = Opaque::generate().unwrap();
        let printed = format!("{one:?} {:?}", one.digest());
        assert_eq!(printed, "Opaque(…) OpaqueDigest(…)");
    }
}
