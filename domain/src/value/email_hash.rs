//! An e-mail address that can be compared and not read.
//!
//! It is a keyed hash (32 bytes, for example HMAC-SHA-256) of the normalised address. The key and
//! the address never come in here: who holds the journal alone can neither read an address nor try
//! addresses out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ValueError;

const BYTES: usize = 32;

/// A keyed hash of a normalised e-mail address. Written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "String", extend("pattern" = "^[0-9a-f]{64}$")))]
pub struct EmailHash([u8; BYTES]);

impl EmailHash {
    /// The hash itself.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; BYTES] {
        &self.0
    }
}

impl From<[u8; BYTES]> for EmailHash {
    fn from(hash: [u8; BYTES]) -> Self {
        Self(hash)
    }
}

impl FromStr for EmailHash {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let refuse = |wrong: &str| {
            let right = "it is 64 lower-case hexadecimal digits";
            // What was given may be an address: it is not repeated.
            ValueError::new("e-mail hash", "(not shown)", wrong, right)
        };
        let digits = text.as_bytes();
        if digits.len() != 2 * BYTES {
            return Err(refuse("it has another length"));
        }
        let mut hash = [0; BYTES];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = [pair[0], pair[1]].map(hexadecimal);
            let (Some(high), Some(low)) = (high, low) else {
                return Err(refuse("it holds something else"));
            };
            *byte = high << 4 | low;
        }
        Ok(Self(hash))
    }
}

const fn hexadecimal(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl TryFrom<String> for EmailHash {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        text.parse()
    }
}

impl From<EmailHash> for String {
    fn from(hash: EmailHash) -> Self {
        hash.to_string()
    }
}

impl fmt::Display for EmailHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for EmailHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "EmailHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_it_is_read() {
        let hash = EmailHash::from(std::array::from_fn(|at| at as u8 * 8));
        let text = hash.to_string();
        assert!(text.starts_with("00081018"), "{text}");
        assert_eq!(text.parse(), Ok(hash));
    }

    #[test]
    fn an_address_and_other_spellings_are_refused() {
        let upper = "AB".repeat(32);
        let short = "ab".repeat(31);
        for text in ["", "who@example.org", &upper, &short, &"é".repeat(32)] {
            assert!(text.parse::<EmailHash>().is_err(), "{text}");
        }
    }
}
