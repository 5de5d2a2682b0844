//! An e-mail address in normal form, and its keyed hash: what the claim on an address is made of.
//!
//! **Normal form.** White space around it goes; NFKC; exactly one `@`; the local part in lower case; the domain by IDNA (UTS #46)
//! to ASCII, which is lower case too. Dots and `+tags` stay: only some providers ignore them, and to treat two people's
//! mailboxes as one would lock one of them out. Quoted local parts and address literals are refused.
//!
//! Addresses that look alike can have one normal form (`ｊoe@…` and `joe@…`). So **mail goes to the address that the account
//! holds, never to the one that a stranger typed** into a form that looks it up.
//!
//! **Keyed**, because addresses can be guessed: a plain hash in a claim would tell whoever reads the journal who has an account,
//! after erasure too. The key has nothing to do with the master key's rotation; it is made once, stored wrapped, and never
//! changes, for the claims in the journal cannot.

use std::fmt;

use ring::hmac;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::cipher::{KEY_BYTES, Key};
use crate::random::{self, NoRandomness};
use crate::secret::Secret;

/// Longest address in bytes (RFC 5321 4.5.3.1.3, without the angle brackets).
const ADDRESS_BYTES_MAX: usize = 254;
/// Longest local part in bytes (RFC 5321 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;

/// Why an address is not taken. The texts never hold the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailFault {
    /// Over the limits of RFC 5321.
    #[error(
        "the e-mail address is too long; at most {LOCAL_BYTES_MAX} bytes before the @ and {ADDRESS_BYTES_MAX} in all"
    )]
    TooLong,
    /// None or several `@`, or nothing before it.
    #[error("an e-mail address has one @ with something on both sides, such as ann@example.org")]
    Parts,
    /// A character or a dot that may not stand there.
    #[error("the part before the @ has a character or a dot that may not stand there")]
    Local,
    /// No domain name.
    #[error("the part after the @ is not a domain name")]
    Domain,
}

/// An e-mail address in normal form. Overwritten when dropped, printed nowhere.
#[derive(Clone)]
pub struct NormalEmail(Zeroizing<String>);

impl NormalEmail {
    /// The normal form of `typed`.
    pub fn parse(typed: &str) -> Result<Self, EmailFault> {
        let typed = typed.trim();
        if typed.len() > ADDRESS_BYTES_MAX {
            return Err(EmailFault::TooLong);
        }
        // Before it is taken apart: NFKC makes an @ of some other characters.
        let typed: Zeroizing<String> = Zeroizing::new(typed.nfkc().collect());
        let (local, domain) = typed.split_once('@').ok_or(EmailFault::Parts)?;
        if local.is_empty() || domain.is_empty() || domain.contains('@') {
            return Err(EmailFault::Parts);
        }
        // Lower case can undo the composition of a few characters.
        let lower = Zeroizing::new(local.to_lowercase());
        let local: Zeroizing<String> = Zeroizing::new(lower.nfkc().collect());
        if local
            .split('.')
            .any(|atom| atom.is_empty() || !atom.chars().all(is_atext))
        {
            return Err(EmailFault::Local);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailFault::Domain)?;
        if domain.is_empty() || domain.ends_with('.') {
            return Err(EmailFault::Domain);
        }
        let normal = Zeroizing::new(format!("{}@{domain}", *local));
        if local.len() > LOCAL_BYTES_MAX || normal.len() > ADDRESS_BYTES_MAX {
            return Err(EmailFault::TooLong);
        }
        Ok(Self(normal))
    }

    /// The address, to be sealed or hashed. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// RFC 5322 3.2.3, and with RFC 6532 every character beyond ASCII that is seen.
fn is_atext(character: char) -> bool {
    match character {
        character if character.is_ascii_alphanumeric() => true,
        character if character.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(character),
        character => !character.is_control() && !character.is_whitespace(),
    }
}

impl fmt::Debug for NormalEmail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("NormalEmail(…)")
    }
}

/// The key of the claims on e-mail addresses: one for a journal, for ever. Store it wrapped for [`super::KeyUse::EmailClaims`].
#[derive(Debug, Clone)]
pub struct EmailKey(Key);

impl EmailKey {
    /// A new key, for a new journal.
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self(Secret::new(random::bytes()?)))
    }

    /// The key, unwrapped.
    #[must_use]
    pub const fn from_secret(unwrapped: Secret<[u8; KEY_BYTES]>) -> Self {
        Self(unwrapped)
    }

    /// The key's bytes, to be wrapped.
    #[must_use]
    pub const fn secret(&self) -> &Secret<[u8; KEY_BYTES]> {
        &self.0
    }

    /// HMAC-SHA-256 of the address: the 32 bytes of a `domain::value::EmailHash`.
    #[must_use]
    pub fn hash(&self, address: &NormalEmail) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose());
        let mut mac = hmac::Context::with_key(&key);
        mac.update(b"daybook.email.1\0");
        mac.update(address.expose().as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(mac.sign().as_ref());
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(typed: &str) -> Result<String, EmailFault> {
        NormalEmail::parse(typed).map(|email| email.expose().to_owned())
    }

    #[test]
    fn the_same_mailbox_has_one_normal_form() {
        for typed in [
            "ann@example.org",
            " Ann@EXAMPLE.org\n",
            "ａｎｎ＠example．org",
            "ANN@example。org",
        ] {
            assert_eq!(normal(typed).as_deref(), Ok("ann@example.org"), "{typed}");
        }
        let punycode = Ok("j\u{f6}rg@xn--mnchen-3ya.example");
        assert_eq!(normal("Jo\u{308}rg@MÜNCHEN.example").as_deref(), punycode);
        assert_eq!(
            normal("j\u{f6}rg@xn--mnchen-3ya.example").as_deref(),
            punycode
        );
    }

    #[test]
    fn other_mailboxes_stay_apart() {
        assert_eq!(
            normal("a.nn+shop@example.org").as_deref(),
            Ok("a.nn+shop@example.org")
        );
        assert_ne!(normal("a.nn@example.org"), normal("ann@example.org"));
        // The dotless i, with which passwords of others were once reset.
        assert_ne!(normal("m\u{131}ke@example.org"), normal("mike@example.org"));
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        for typed in [
            "Ann@Example.org",
            "Jo\u{308}rg@MÜNCHEN.example",
            "İ@example.org",
            "ΑΣ@example.org",
        ] {
            let once = normal(typed).unwrap();
            assert_eq!(normal(&once).as_deref(), Ok(once.as_str()));
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_taken_is_in_normal_form(local in "\\PC{1,12}", domain in "[A-Za-zäßΣ０-９-]{1,12}") {
            if let Ok(once) = normal(&format!("{local}@{domain}.example")) {
                proptest::prop_assert_eq!(normal(&once), Ok(once));
            }
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let parts = [
            "",
            "ann",
            "@example.org",
            "ann@",
            "a@b@example.org",
            "a＠b@example.org",
        ];
        let local = [
            ".a@example.org",
            "a..b@example.org",
            "a b@example.org",
            "\"a\"@example.org",
            "a\r\nBcc:b@example.org",
            "a\u{0}@example.org",
            "a\u{a0}@example.org",
            "<a@example.org",
        ];
        let domain = [
            "a@exa mple.org",
            "a@-example.org",
            "a@[127.0.0.1]",
            "a@example..org",
            "a@example.org.",
            "a@ex_ample.org",
        ];
        let long = [
            format!("{}@example.org", "a".repeat(65)),
            format!("a@{}.org", "b.".repeat(130)),
        ];
        for wrong in parts {
            assert_eq!(normal(wrong), Err(EmailFault::Parts), "{wrong}");
        }
        for wrong in local {
            assert_eq!(normal(wrong), Err(EmailFault::Local), "{wrong}");
        }
        for wrong in domain {
            assert_eq!(normal(wrong), Err(EmailFault::Domain), "{wrong}");
        }
        for wrong in &long {
            assert_eq!(normal(wrong), Err(EmailFault::TooLong), "{wrong}");
        }
    }

    #[test]
    fn the_hash_is_of_the_address_and_the_key() {
        let (key, other) = (EmailKey::generate().unwrap(), EmailKey::generate().unwrap());
        let ann = NormalEmail::parse("ann@example.org").unwrap();
        let same = NormalEmail::parse("ANN@example.org").unwrap();
        let bob = NormalEmail::parse("bob@example.org").unwrap();
        assert_eq!(key.hash(&ann), key.hash(&same));
        assert_ne!(key.hash(&ann), key.hash(&bob));
        assert_ne!(key.hash(&ann), other.hash(&ann));
        assert_ne!(key.hash(&ann), [0; 32]);
        assert!(!format!("{ann:?}{key:?}").contains("ann@"));
    }
}
