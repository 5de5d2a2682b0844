//! Recovery codes: ten that each open the second factor once. 80 random bits each, so that the SHA-256 that is kept of one
//! cannot be searched through; written in base32 in four groups, and read in any case, with or without the dashes.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::random::{self, NoRandomness};

/// Random bytes of one: 16 characters of base32.
const BYTES: usize = 10;
/// Characters in a group.
const GROUP: usize = 4;
/// Longest text that is looked at, in bytes.
const TEXT_BYTES_MAX: usize = 64;
/// How many an account gets.
const COUNT: usize = 10;

/// A fresh recovery code, which is shown to its owner once. Printed nowhere.
pub struct RecoveryCode(Zeroizing<String>);

/// What is kept of a recovery code: its SHA-256. Delete it when it was used. Printed nowhere.
#[derive(Clone, Copy)]
pub struct RecoveryDigest([u8; 32]);

impl RecoveryCode {
    /// Ten new ones, which replace all earlier ones.
    pub fn generate() -> Result<Vec<Self>, NoRandomness> {
        (0..COUNT).map(|_| Self::one()).collect()
    }

    fn one() -> Result<Self, NoRandomness> {
        let bytes = Zeroizing::new(random::bytes::<BYTES>()?);
        let plain = Zeroizing::new(BASE32_NOPAD.encode(&*bytes).to_ascii_lowercase());
        let mut grouped = Zeroizing::new(String::with_capacity(plain.len() + plain.len() / GROUP));
        for (index, character) in plain.chars().enumerate() {
            if index > 0 && index % GROUP == 0 {
                grouped.push('-');
            }
            grouped.push(character);
        }
        Ok(Self(grouped))
    }

    /// The code as its owner writes it down: `abcd-efgh-ijkl-mnop`.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored.
    #[must_use]
    pub fn digest(&self) -> RecoveryDigest {
        RecoveryDigest::hash(&plain(&self.0))
    }
}

impl RecoveryDigest {
    /// A digest that was stored.
    #[must_use]
    pub const fn from_bytes(stored: [u8; 32]) -> Self {
        Self(stored)
    }

    /// The 32 bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Which of `stored` is of `presented`, if any. All are compared, each in constant time.
    #[must_use]
    pub fn position_of(stored: &[Self], presented: &str) -> Option<usize> {
        if presented.len() > TEXT_BYTES_MAX {
            return None;
        }
        let presented = Self::hash(&plain(presented));
        let matches = stored
            .iter()
            .map(|one| bool::from(one.0.ct_eq(&presented.0)));
        matches.enumerate().fold(
            None,
            |found, (index, same)| if same { Some(index) } else { found },
        )
    }

    fn hash(plain: &str) -> Self {
        Self(Sha256::digest(plain.as_bytes()).into())
    }
}

/// The code without dashes and spaces, in lower case.
fn plain(text: &str) -> Zeroizing<String> {
    let kept = text
        .chars()
        .filter(|character| !matches!(character, '-' | ' '));
    Zeroizing::new(
        kept.map(|character| character.to_ascii_lowercase())
            .collect(),
    )
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RecoveryCode(…)")
    }
}

impl fmt::Debug for RecoveryDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RecoveryDigest(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_found_at_its_place_however_it_is_written() {
        let codes = RecoveryCode::generate().unwrap();
        assert_eq!(codes.len(), COUNT);
        let stored: Vec<_> = codes.iter().map(RecoveryCode::digest).collect();
        for (index, code) in codes.iter().enumerate() {
            let text = code.expose();
            assert_eq!(text.len(), 19);
            for written in [text.to_owned(), text.to_uppercase(), text.replace('-', " ")] {
                assert_eq!(RecoveryDigest::position_of(&stored, &written), Some(index));
            }
        }
    }

    #[test]
    fn another_code_and_nonsense_are_not_found() {
        let codes = RecoveryCode::generate().unwrap();
        let stored: Vec<_> = codes.iter().map(RecoveryCode::digest).collect();
        let others = RecoveryCode::generate().unwrap();
        for wrong in ["", "----", others[0].expose(), &"a".repeat(10_000)] {
            assert_eq!(RecoveryDigest::position_of(&stored, wrong), None, "{wrong}");
        }
        // One that was used is no longer stored.
        assert_eq!(
            RecoveryDigest::position_of(&stored[1..], codes[0].expose()),
            None
        );
    }

    #[test]
    fn they_are_printed_nowhere() {
        let codes = RecoveryCode::generate().unwrap();
        let printed = format!("{:?} {:?}", codes[0], codes[0].digest());
        assert_eq!(printed, "RecoveryCode(…) RecoveryDigest(…)");
    }
}
