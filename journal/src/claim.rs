//! Claims: one mechanism for uniqueness, idempotency and deduplication.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The key of a claim: a hash of a namespace and a value.
///
/// Sixteen bytes rather than two text columns: measured 75,000 against 47,000 events/s for a
/// claim per command. The first 122 bits of SHA-256, marked as a UUID of version 8 (RFC 9562).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimKey(Uuid);

impl ClaimKey {
    /// The key for `value` within `namespace` (`sku`, `slug`, `request`, …).
    pub fn new(namespace: &str, value: &str) -> Self {
        let mut hash = Sha256::new();
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hash.update((namespace.len() as u64).to_be_bytes());
        hash.update(namespace.as_bytes());
        hash.update(value.as_bytes());
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The key as it is stored.
    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for ClaimKey {
    fn from(key: Uuid) -> Self {
        Self(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_stable_and_apart() {
        // Stored in every journal: this value can never change.
        assert_eq!(
            ClaimKey::new("sku", "1095275").as_uuid().to_string(),
            "d8836d6f-09bb-802f-a451-db806a353428"
        );
        assert_ne!(ClaimKey::new("ab", "c"), ClaimKey::new("a", "bc"));
        assert_eq!(ClaimKey::new("sku", "1").as_uuid().get_version_num(), 8);
    }
}
