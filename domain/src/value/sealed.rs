//! Personal data as events hold it: encrypted.
//!
//! Sealing and opening happen outside, under a key per account that is kept outside too. Here a
//! sealed value is opaque: it is stored, compared and handed on, and destroying its key makes it
//! noise while the event that holds it, and every proof over it, stays as it was.

use serde::{Deserialize, Serialize};

use super::{Ciphertext, KeyId};

/// Bytes that were sealed, and the name of the key that opens them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Sealed {
    /// Which key opens it.
    pub key_id: KeyId,
    /// What was sealed, with all that opening it takes besides the key (nonce, tag).
    pub data: Ciphertext,
}

impl Sealed {
    /// `data`, sealed with the key that is called `key_id`.
    #[must_use]
    pub const fn new(key_id: KeyId, data: Ciphertext) -> Self {
        Self { key_id, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_person_writes_passes_for_sealed() {
        for text in ["", "who@example.org", "Ada Lovelace", "+44 20", "YQ=="] {
            let json = serde_json::json!({"key_id": "k1", "data": text});
            assert!(serde_json::from_value::<Sealed>(json).is_err(), "{text}");
        }
        let json = serde_json::json!({"key_id": "k1", "data": "YWJj_-0"});
        assert!(serde_json::from_value::<Sealed>(json).is_ok());
    }
}
