//! What a token is (RFC 7662), for programs that are shown our tokens and cannot check them by themselves.
//!
//! Only a client that has proven who it is may ask. Of access tokens any such client is told; of refresh tokens only whose they
//! are. What is not good is `active: false` and nothing else, whyever.

use domain::account::SessionStatus;

use super::{ClientCredentials, OAuthCode, OAuthError, scope_text};
use crate::authenticate::Speaker;
use crate::tokens::refresh::RefreshRecord;
use crate::{Identity, clock};

/// What is told of a token; nothing if it is not good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Introspection {
    /// Whether it is good.
    pub active: bool,
    /// What it may be used for.
    pub scope: Option<String>,
    /// The client that it was issued to.
    pub client_id: Option<String>,
    /// Who it speaks for: the stream of the account or client.
    pub sub: Option<String>,
    /// Until when, in seconds since 1970.
    pub exp: Option<i64>,
    /// Its session.
    pub sid: Option<String>,
    /// `Bearer` for an access token.
    pub token_type: Option<&'static str>,
}

impl Identity {
    /// What this token is, for the client that asks.
    ///
    /// # Errors
    /// `invalid_client`.
    pub async fn introspect(
        &self,
        token: &str,
        credentials: &ClientCredentials,
    ) -> Result<Introspection, OAuthError> {
        let client = self.some_client(credentials).await?;
        if !client.is_proven() {
            return Err(OAuthError::new(
                OAuthCode::InvalidClient,
                "only a client with a secret may ask what a token is",
            ));
        }
        if let Some(record) = self.refresh_record(token).await? {
            if record.client != Some(client.id) {
                return Ok(Introspection::default());
            }
            return self.introspect_refresh(&record).await;
        }
        Ok(self.introspect_access(token))
    }

    fn introspect_access(&self, token: &str) -> Introspection {
        let Ok((speaker, expires_at)) = self.speaker(token) else {
            return Introspection::default();
        };
        let standing = self
            .0
            .revocations
            .check(speaker.session(), speaker.client());
        if standing.is_err() {
            return Introspection::default();
        }
        let (sub, scope) = match &speaker {
            Speaker::Person(person) => {
                let scope = person.client.as_ref().map(|(_, scopes)| scope_text(scopes));
                (crate::kinds::owner_of(person.account), scope)
            }
            Speaker::Client(id, scopes) => {
                (crate::kinds::owner_of_client(*id), Some(scope_text(scopes)))
            }
        };
        Introspection {
            active: true,
            scope,
            client_id: Some(
                speaker
                    .client()
                    .map_or_else(|| crate::tokens::OWN_PAGES.to_owned(), |id| id.to_string()),
            ),
            sub: Some(sub),
            exp: Some(expires_at),
            sid: speaker.session().map(|id| id.to_string()),
            token_type: Some("Bearer"),
        }
    }

    async fn introspect_refresh(
        &self,
        record: &RefreshRecord,
    ) -> Result<Introspection, OAuthError> {
        let (account, _) = self.0.commands.account_state(record.account).await?;
        let sessions = account.sessions();
        let live = sessions.get(record.session).filter(|session| {
            sessions.status(record.session) == SessionStatus::Live
                && session.generation == record.generation
                && clock::now() < session.expires_at
        });
        let Some(session) = live else {
            return Ok(Introspection::default());
        };
        Ok(Introspection {
            active: true,
            client_id: record.client.map(|id| id.to_string()),
            sub: Some(crate::kinds::owner_of(record.account)),
            exp: Some(session.expires_at.as_micros().div_euclid(1_000_000)),
            sid: Some(record.session.to_string()),
            ..Introspection::default()
        })
    }
}
