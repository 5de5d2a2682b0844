//! Text that must not be seen: keys, webhook secrets, what authenticates a customer.

use std::fmt;

use serde::Deserialize;

/// A secret. It can be read from configuration and used, and neither printed nor serialised by accident.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being seen.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends or computes with it. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_printed_nowhere() {
        let secret = Secret::new("whsec_very_secret");
        assert!(!format!("{secret:?} {secret:#?}").contains("very"));
        assert_eq!(secret.expose(), "whsec_very_secret");
    }

    #[test]
    fn it_is_read_from_configuration() {
        let secret: Secret = serde_json::from_str("\"sk_test_1\"").unwrap();
        assert_eq!(secret, Secret::new("sk_test_1"));
    }
}
