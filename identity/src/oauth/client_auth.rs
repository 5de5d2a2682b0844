//! Who a client is, at the endpoints that programs ask (RFC 6749 2.3, 3.2.1).
//!
//! A confidential client shows its secret, in the header (`client_secret_basic`) or in the body (`client_secret_post`), never
//! both; a public one has none and says its id. A secret is 256 random bits: it cannot be guessed, so wrong ones are noted and
//! never lock anybody out. A client that is not known costs the same reading and comparison as one whose secret is wrong.

use access::opaque::OpaqueDigest;
use domain::client::{ClientKind, ClientRegistered};
use domain::security::RefusalReason;
use domain::value::ClientId;

use super::{OAuthCode, OAuthError};
use crate::{Identity, kinds};

/// What a client says and shows.
#[derive(Clone, Default)]
pub struct ClientCredentials {
    /// Its id.
    pub id: Option<String>,
    /// Its secret.
    pub secret: Option<String>,
}

/// A client that is known and enabled; a confidential one has shown its secret.
#[derive(Debug, Clone)]
pub struct KnownClient {
    /// Its id.
    pub id: ClientId,
    /// What it is.
    pub registered: ClientRegistered,
}

impl KnownClient {
    /// Whether it proved to be who it says.
    pub(super) fn is_proven(&self) -> bool {
        self.registered.kind == ClientKind::Confidential
    }
}

impl Identity {
    /// The client that says and shows this; none if nobody says to be one.
    ///
    /// # Errors
    /// `invalid_client`.
    pub async fn known_client(
        &self,
        credentials: &ClientCredentials,
    ) -> Result<Option<KnownClient>, OAuthError> {
        match &credentials.id {
            Some(id) => self
                .client_of(id, credentials.secret.as_deref())
                .await
                .map(Some),
            None if credentials.secret.is_some() => Err(refused()),
            None => Ok(None),
        }
    }

    /// The same, where there has to be one.
    pub(super) async fn some_client(
        &self,
        credentials: &ClientCredentials,
    ) -> Result<KnownClient, OAuthError> {
        self.known_client(credentials).await?.ok_or_else(refused)
    }

    async fn client_of(&self, id: &str, secret: Option<&str>) -> Result<KnownClient, OAuthError> {
        let id = id.parse::<ClientId>().map_err(|_| self.unknown(None))?;
        let client = self.0.commands.client_state(id).await?;
        let kept = self
            .0
            .vault
            .get(kinds::CLIENT_SECRET, &id.to_string())
            .await?;
        let digest = kept.and_then(|kept| kept.value.try_into().ok());
        let is_right =
            OpaqueDigest::from_bytes(digest.unwrap_or_default()).is_of(secret.unwrap_or_default());
        let Some(registered) = client.enabled() else {
            return Err(self.unknown(client.id()));
        };
        let is_good = match registered.kind {
            ClientKind::Confidential => is_right && digest.is_some(),
            ClientKind::Public => secret.is_none(),
        };
        if !is_good {
            self.0.security.note(RefusalReason::ClientSecret, Some(id));
            return Err(refused());
        }
        let registered = registered.clone();
        Ok(KnownClient { id, registered })
    }

    fn unknown(&self, id: Option<ClientId>) -> OAuthError {
        self.0.security.note(RefusalReason::ClientUnknown, id);
        refused()
    }
}

const fn refused() -> OAuthError {
    OAuthError::new(
        OAuthCode::InvalidClient,
        "the client is not known here, or its secret is not the right one; a public client sends none",
    )
}
