//! Refresh tokens: opaque, derived from the session and its generation, kept as digests.
//!
//! Derived, so that a request that is repeated under its key is given the same token although none is stored. All of a
//! session's digests are kept until it would have ended: one that was used up and comes back is known, and ends the session.

use access::opaque::{Opaque, OpaqueDigest, TokenKey};
use domain::value::{AccountId, ClientId, SessionId, Timestamp};
use journal::{NewSecret, SecretWrite, StoredSecret};
use serde::{Deserialize, Serialize};

use crate::{IdentityError, kinds};

/// What a refresh token is for, as it is kept under its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefreshRecord {
    pub account: AccountId,
    pub session: SessionId,
    pub generation: u32,
    /// The client whose session it is; none for the shop's own pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientId>,
}

impl RefreshRecord {
    /// The token.
    pub fn token(&self, key: &TokenKey) -> Opaque {
        let parts: [&[u8]; 2] = [self.session.0.as_bytes(), &self.generation.to_be_bytes()];
        key.derive("refresh-token", &parts)
    }

    /// What is put into the vault for it.
    pub fn write(
        &self,
        digest: &OpaqueDigest,
        expires_at: Timestamp,
    ) -> Result<SecretWrite, IdentityError> {
        let value = serde_json::to_vec(self).map_err(|_| IdentityError::Defect)?;
        Ok(SecretWrite::Put(NewSecret {
            kind: kinds::REFRESH_TOKEN,
            key: digest.to_text(),
            owner: kinds::owner_of(self.account),
            value,
            expires_at: Some(expires_at.to_offset_date_time()),
            due_at: None,
        }))
    }

    /// What was kept.
    pub fn read(stored: &StoredSecret) -> Result<Self, IdentityError> {
        serde_json::from_slice(&stored.value).map_err(|error| {
            tracing::error!(%error, "what is kept of a refresh token cannot be read");
            IdentityError::Defect
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_session_and_generation() {
        let key = TokenKey::generate().unwrap();
        let record = RefreshRecord {
            account: AccountId::default(),
            session: SessionId(uuid::Uuid::now_v7()),
            generation: 1,
            client: None,
        };
        let token = record.token(&key);
        assert_eq!(token.expose(), record.token(&key).expose());
        let next = RefreshRecord {
            generation: 2,
            ..record
        };
        let other = RefreshRecord {
            session: SessionId(uuid::Uuid::now_v7()),
            ..record
        };
        assert_ne!(token.expose(), next.token(&key).expose());
        assert_ne!(token.expose(), other.token(&key).expose());
    }
}
