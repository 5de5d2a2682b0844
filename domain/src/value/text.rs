//! Text values: each has an alphabet and a length limit, and is cheap to clone.
//!
//! NUL and the other control characters are refused everywhere: Postgres
//! cannot store the first in `json`, and the rest make log lines lie.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::ValueError;

/// Longest [`Sku`], in characters.
pub const SKU_CHARS_MAX: usize = 64;
/// Longest [`Slug`], in characters.
pub const SLUG_CHARS_MAX: usize = 200;
/// Longest [`Location`], in characters.
pub const LOCATION_CHARS_MAX: usize = 64;
/// Longest [`Text`], in characters.
pub const TEXT_CHARS_MAX: usize = 200;
/// Longest [`Prose`], in characters.
pub const PROSE_CHARS_MAX: usize = 10_000;
/// Longest [`KeyId`], in characters.
pub const KEY_ID_CHARS_MAX: usize = 64;
/// Longest [`Ciphertext`], in characters: about 12,000 bytes.
pub const CIPHERTEXT_CHARS_MAX: usize = 16_384;

/// What a kind of text may hold.
struct Rule {
    kind: &'static str,
    chars_max: usize,
    allows: fn(char) -> bool,
    alphabet: &'static str,
    /// The same in the words of JSON Schema, for the schemas of events. Spelt so that the regular
    /// expressions of any language take it (no classes of Unicode, no looking ahead), and that no
    /// text makes them slow (blanks, then one that is none, then anything: nothing to try twice).
    #[cfg(test)]
    pattern: &'static str,
}

impl Rule {
    fn check(&self, text: &str) -> Result<(), ValueError> {
        let refuse = |wrong: String| {
            let right = format!(
                "a {} is 1 to {} characters of {}",
                self.kind, self.chars_max, self.alphabet
            );
            Err(ValueError::new(self.kind, text, wrong, right))
        };
        if text.trim().is_empty() {
            return refuse("it is blank".into());
        }
        let mut count = 0;
        for character in text.chars() {
            if !(self.allows)(character) {
                return refuse(format!("{character:?} at character {count} is not allowed"));
            }
            count += 1;
        }
        if count > self.chars_max {
            return refuse(format!("it has {count} characters"));
        }
        Ok(())
    }
}

macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, $rule:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[cfg_attr(test, schemars(extend(
            "minLength" = 1,
            "maxLength" = Self::RULE.chars_max,
            "pattern" = Self::RULE.pattern,
        )))]
        pub struct $name(Arc<str>);

        impl $name {
            const RULE: Rule = $rule;

            /// Checks `text` and keeps it.
            pub fn new(text: impl AsRef<str>) -> Result<Self, ValueError> {
                let text = text.as_ref();
                Self::RULE.check(text)?;
                Ok(Self(Arc::from(text)))
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = ValueError;

            fn try_from(text: String) -> Result<Self, ValueError> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = ValueError;

            fn try_from(text: &str) -> Result<Self, ValueError> {
                Self::new(text)
            }
        }

        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{:?}", &*self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                struct Checked;
                impl Visitor<'_> for Checked {
                    type Value = $name;

                    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                        out.write_str("a string")
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::new(text).map_err(E::custom)
                    }
                }
                input.deserialize_str(Checked)
            }
        }
    };
}

text_value!(
    /// A stock keeping unit: names one variant in the whole shop, and is never reused.
    Sku,
    Rule {
        kind: "SKU",
        chars_max: SKU_CHARS_MAX,
        allows: |c| matches!(c, 'A'..='Z' | '0'..='9' | '.' | '_' | '-'),
        alphabet: "A-Z, 0-9, '.', '_' and '-'",
        #[cfg(test)]
        pattern: r"^[A-Z0-9._-]+$",
    }
);

text_value!(
    /// A product's name in addresses; unique in the shop.
    Slug,
    Rule {
        kind: "slug",
        chars_max: SLUG_CHARS_MAX,
        allows: |c| matches!(c, 'a'..='z' | '0'..='9' | '-'),
        alphabet: "a-z, 0-9 and '-'",
        #[cfg(test)]
        pattern: r"^[a-z0-9-]+$",
    }
);

text_value!(
    /// Where stock lies. The default is `main`.
    Location,
    Rule {
        kind: "location",
        chars_max: LOCATION_CHARS_MAX,
        allows: |c| matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-'),
        alphabet: "a-z, 0-9, '.', '_' and '-'",
        #[cfg(test)]
        pattern: r"^[a-z0-9._-]+$",
    }
);

text_value!(
    /// One line of text: a name, a reference, a reason.
    Text,
    Rule {
        kind: "text",
        chars_max: TEXT_CHARS_MAX,
        allows: |c| !c.is_control(),
        alphabet: "anything but control characters, not only blanks",
        #[cfg(test)]
        pattern: r"^[^\S\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
    }
);

text_value!(
    /// Several lines of text: a description, a note.
    Prose,
    Rule {
        kind: "longer text",
        chars_max: PROSE_CHARS_MAX,
        allows: |c| matches!(c, '\n' | '\t') || !c.is_control(),
        alphabet: "anything but control characters (line feed and tab are fine), not only blanks",
        #[cfg(test)]
        pattern: r"^[^\S\x00-\x08\x0b-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x08\x0b-\x1f\x7f-\x9f]*$",
    }
);

text_value!(
    /// Names a key that something is sealed with; never the key itself.
    KeyId,
    Rule {
        kind: "key id",
        chars_max: KEY_ID_CHARS_MAX,
        allows: |c| matches!(c, 'A'..='Z' | 'a'..='z' | '0'..='9' | '.' | '_' | '-'),
        alphabet: "A-Z, a-z, 0-9, '.', '_' and '-'",
        #[cfg(test)]
        pattern: r"^[A-Za-z0-9._-]+$",
    }
);

text_value!(
    /// Sealed bytes as base64url without padding (RFC 4648, section 5).
    Ciphertext,
    Rule {
        kind: "sealed text",
        chars_max: CIPHERTEXT_CHARS_MAX,
        allows: |c| matches!(c, 'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | '-'),
        alphabet: "A-Z, a-z, 0-9, '_' and '-' (base64url without padding)",
        #[cfg(test)]
        pattern: r"^[A-Za-z0-9_-]+$",
    }
);

impl Default for Location {
    fn default() -> Self {
        Self(Arc::from("main"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sku_takes_its_alphabet_and_nothing_else() {
        assert_eq!(Sku::new("AB-1.2_C").unwrap(), "AB-1.2_C");
        for text in ["", "ab", "A B", "A\0", "É", &"A".repeat(65)] {
            assert!(Sku::new(text).is_err(), "{text:?}");
        }
        assert!(Sku::new("A".repeat(64)).is_ok());
    }

    #[test]
    fn a_refusal_says_what_is_wrong_and_what_would_be_right() {
        assert_eq!(
            Sku::new("abc").unwrap_err().to_string(),
            "\"abc\" is not a valid SKU: 'a' at character 0 is not allowed; \
             a SKU is 1 to 64 characters of A-Z, 0-9, '.', '_' and '-'"
        );
    }

    #[test]
    fn control_characters_are_refused_and_length_counts_characters() {
        assert!(Text::new("a\nb").is_err());
        assert!(Text::new("a\0b").is_err());
        assert!(Text::new("   ").is_err());
        assert!(Text::new("é".repeat(TEXT_CHARS_MAX)).is_ok());
        assert!(Text::new("é".repeat(TEXT_CHARS_MAX + 1)).is_err());
        assert!(Prose::new("a\nb").is_ok());
        assert!(Prose::new("a\0b").is_err());
    }

    #[test]
    fn json_goes_through_the_constructor() {
        assert!(serde_json::from_str::<Slug>("\"Not A Slug\"").is_err());
        assert_eq!(
            serde_json::from_str::<Slug>("\"a-slug\"").unwrap(),
            "a-slug"
        );
    }
}
