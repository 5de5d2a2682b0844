//! Passwords: which may be chosen, how they are hashed, and how one that is presented is checked.
//!
//! Argon2id (RFC 9106) with at least 19 MiB, two passes, one lane (OWASP's first choice for servers), stored as a PHC string
//! that carries its own cost. A password is 8 to 128 characters after NFKC normalisation (NIST SP 800-63B 3.1.1.2), so that the
//! same keys give the same password on every keyboard, and none of some 8,000 common ones.
//!
//! What must hold: nobody waits longer or shorter because an account exists, so who has no hash is checked against
//! [`Hasher::verify_nobody`]; and a flood of log-ins takes bounded memory and never the threads that serve others.

mod common;
mod hash;
mod hasher;

pub use hash::{Cost, CostFault, HashFault, PasswordHash};
pub use hasher::{HashError, Hasher, Verdict};

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// Fewest characters of a password.
pub const CHARACTERS_MIN: usize = 8;
/// Most characters of a password, after normalisation.
pub const CHARACTERS_MAX: usize = 128;
/// Most bytes that are looked at at all: no character of UTF-8 is longer than four.
const BYTES_MAX: usize = CHARACTERS_MAX * 4;

/// Why a password cannot be chosen. The texts are for the person who chose it and never hold the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer than [`CHARACTERS_MIN`].
    #[error("the password is too short; it has at least {CHARACTERS_MIN} characters")]
    TooShort,
    /// More than [`CHARACTERS_MAX`].
    #[error("the password is too long; it has at most {CHARACTERS_MAX} characters")]
    TooLong,
    /// Among those that are tried first.
    #[error("the password is among the most common ones; choose one that others do not")]
    Common,
}

/// A password in normal form (NFKC). Overwritten when dropped, printed nowhere.
pub struct Password(Zeroizing<String>);

impl Password {
    /// A password that somebody chooses now: all rules apply.
    pub fn chosen(raw: &str) -> Result<Self, PasswordFault> {
        let password = Self::presented(raw)?;
        if password.0.chars().count() < CHARACTERS_MIN {
            return Err(PasswordFault::TooShort);
        }
        if common::contains(&password.0) {
            return Err(PasswordFault::Common);
        }
        Ok(password)
    }

    /// A password that somebody logs in with. Only the longest length is checked, which bounds the work: the others are
    /// rules for choosing, and may have become stricter since. Answer a fault as a wrong password.
    pub fn presented(raw: &str) -> Result<Self, PasswordFault> {
        if raw.len() > BYTES_MAX {
            return Err(PasswordFault::TooLong);
        }
        // Room for the longest that is accepted, so that growing leaves no copies behind.
        let mut normal = Zeroizing::new(String::with_capacity(BYTES_MAX));
        for (count, character) in raw.nfkc().enumerate() {
            if count == CHARACTERS_MAX {
                return Err(PasswordFault::TooLong);
            }
            normal.push(character);
        }
        Ok(Self(normal))
    }

    fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(raw: &str) -> Option<PasswordFault> {
        Password::chosen(raw).err()
    }

    #[test]
    fn the_length_is_counted_in_characters_after_normalisation() {
        assert_eq!(fault("1x9-Zq7"), Some(PasswordFault::TooShort));
        assert_eq!(fault("1x9-Zq7k"), None);
        assert_eq!(fault("ñandú-öl"), None);
        assert_eq!(fault(&"ñ-z".repeat(42)), None);
        assert_eq!(fault(&"🦀".repeat(128)), None);
        assert_eq!(fault(&"🦀".repeat(129)), Some(PasswordFault::TooLong));
        assert_eq!(fault(&"x".repeat(1_000_000)), Some(PasswordFault::TooLong));
        // One character that NFKC writes as eighteen.
        assert_eq!(fault(&"\u{fdfa}".repeat(8)), Some(PasswordFault::TooLong));
    }

    #[test]
    fn common_ones_are_refused_in_any_case_and_width() {
        for raw in ["password", "PassWord1", "1q2w3e4r5t", "ｐａｓｓｗｏｒｄ"] {
            assert_eq!(fault(raw), Some(PasswordFault::Common), "{raw}");
        }
        assert_eq!(fault("correct horse battery staple"), None);
    }

    #[test]
    fn one_that_was_chosen_under_older_rules_can_be_presented() {
        assert!(Password::presented("short").is_ok());
        assert!(Password::presented("password").is_ok());
        assert!(Password::presented(&"x".repeat(129)).is_err());
    }

    #[test]
    fn the_same_keys_give_the_same_password() {
        let composed = Password::chosen("caf\u{e9} latte").unwrap();
        let decomposed = Password::chosen("cafe\u{301} latte").unwrap();
        assert_eq!(composed.as_bytes(), decomposed.as_bytes());
    }

    #[test]
    fn it_is_printed_nowhere() {
        let password = Password::chosen("correct horse").unwrap();
        assert_eq!(format!("{password:?}"), "Password(…)");
    }
}
