//! Texts that must not be seen: passwords, codes, tokens in bodies.

use access::Secret;
use serde::{Deserialize, Deserializer};

/// A text of a body that is overwritten when dropped and printed nowhere.
#[derive(Clone, Debug)]
pub struct Hidden(Secret<String>);

impl Hidden {
    /// The text.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The text, still hidden.
    pub fn into_secret(self) -> Secret<String> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        String::deserialize(input).map(|text| Self(Secret::new(text)))
    }
}
