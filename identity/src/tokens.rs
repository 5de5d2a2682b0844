//! Tokens of our own: access tokens (RFC 9068), which any node checks in memory, and refresh tokens, which are rotated at each use.
//!
//! An access token says who somebody was when it was issued and lives for minutes; whether its session still stands is asked at
//! each use ([`crate::revocations`]). The keys are in the vault ([`keys`]), and so is the one that refresh tokens are derived
//! with: made by whichever node starts first, by putting it there if nothing is, and taken from there by all.

pub mod keys;
mod options;
pub(crate) mod refresh;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use access::Secret;
use access::opaque::{Opaque, TokenKey};
use access::seal::{KeyUse, MasterKeys};
use access::token::{Access, Grant, IssueFault, Issuer, OwnJwks, TokenRefusal, Verifier};
use domain::account::Account;
use domain::value::{AccountId, ClientId, Role, Scope, SessionId, Timestamp};
use journal::{SecretWrite, Vault};
use uuid::Uuid;

use crate::own_key::own_key;
use crate::{IdentityError, IdentityOptions, clock, kinds};
use keys::SigningKeys;
pub use options::{ForeignOptions, TokenOptions};
use refresh::RefreshRecord;

/// The `client_id` of tokens of the shop's own pages.
pub const OWN_PAGES: &str = "daybook";

/// Issues and checks tokens.
pub struct Tokens {
    keys: SigningKeys,
    derivation: TokenKey,
    issuer: Issuer,
    verifier: Verifier,
    access_lifetime: Duration,
}

/// What a session is given: once when it begins, and again at each refresh.
#[derive(Debug)]
pub struct SessionTokens {
    /// The access token.
    pub access_token: Secret<String>,
    /// How long that lives.
    pub expires_in: Duration,
    /// The refresh token, good for one use.
    pub refresh_token: Opaque,
    /// To be put into the vault in the transaction that begins or refreshes the session.
    pub write: SecretWrite,
}

/// The session that tokens are for.
pub(crate) struct OfSession<'a> {
    pub account: AccountId,
    pub roles: BTreeSet<Role>,
    pub session: SessionId,
    pub generation: u32,
    /// The client that acts for the person, and what it may do.
    pub client: Option<(ClientId, &'a BTreeSet<Scope>)>,
    /// When the session ends, however often it is refreshed.
    pub expires_at: Timestamp,
}

impl Tokens {
    pub(crate) async fn open(
        vault: &Vault,
        options: &IdentityOptions,
    ) -> Result<Self, IdentityError> {
        let address = &options.public_url;
        Ok(Self {
            keys: SigningKeys::open(vault.clone(), options.master.clone()).await?,
            derivation: token_key(vault, &options.master).await?,
            issuer: Issuer::new(address, address),
            verifier: Verifier::new(address, address),
            access_lifetime: options.tokens.access_lifetime,
        })
    }

    /// A keyed hash of `parts`, for what must not be tried out by whoever has the journal or the vault.
    pub(crate) fn keyed(&self, purpose: &str, parts: &[&[u8]]) -> Opaque {
        self.derivation.derive(purpose, parts)
    }

    /// The tokens of a session of the shop's own pages, of this generation.
    ///
    /// # Errors
    /// [`IdentityError::Defect`] if no token can be made of this.
    pub fn for_session(
        &self,
        account_id: AccountId,
        account: &Account,
        session_id: SessionId,
        generation: u32,
        expires_at: Timestamp,
    ) -> Result<SessionTokens, IdentityError> {
        self.of_session(&OfSession {
            account: account_id,
            roles: account.roles().collect(),
            session: session_id,
            generation,
            client: None,
            expires_at,
        })
    }

    pub(crate) fn of_session(&self, of: &OfSession<'_>) -> Result<SessionTokens, IdentityError> {
        let (access_token, expires_in) = self.access_token(of)?;
        let (refresh_token, write) = self.refresh_token(of)?;
        Ok(SessionTokens {
            access_token,
            expires_in,
            refresh_token,
            write,
        })
    }

    pub(crate) fn access_token(
        &self,
        of: &OfSession<'_>,
    ) -> Result<(Secret<String>, Duration), IdentityError> {
        let subject = kinds::owner_of(of.account);
        let client_id = of
            .client
            .map_or(OWN_PAGES.to_owned(), |(id, _)| id.to_string());
        let scopes = of.client.map(|(_, scopes)| scopes);
        let scopes: Vec<_> = scopes.into_iter().flatten().map(|s| s.as_str()).collect();
        let roles: Vec<_> = of.roles.iter().map(|role| role.as_str()).collect();
        self.issue(Grant {
            subject: &subject,
            client_id: &client_id,
            session: Some(of.session.0),
            scopes: &scopes,
            roles: &roles,
            lifetime: self.access_lifetime,
            token_id: Uuid::now_v7(),
        })
    }

    /// The refresh token, and what is kept of it.
    pub(crate) fn refresh_token(
        &self,
        of: &OfSession<'_>,
    ) -> Result<(Opaque, SecretWrite), IdentityError> {
        let record = RefreshRecord {
            account: of.account,
            session: of.session,
            generation: of.generation,
            client: of.client.map(|(id, _)| id),
        };
        let token = self.token_of(&record);
        let write = record.write(&token.digest(), of.expires_at)?;
        Ok((token, write))
    }

    /// The refresh token of this record.
    pub(crate) fn token_of(&self, record: &RefreshRecord) -> Opaque {
        record.token(&self.derivation)
    }

    /// The access token of a client on its own behalf.
    pub(crate) fn for_client(
        &self,
        id: ClientId,
        scopes: &BTreeSet<Scope>,
    ) -> Result<(Secret<String>, Duration), IdentityError> {
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
        self.issue(Grant {
            subject: &kinds::owner_of_client(id),
            client_id: &id.to_string(),
            session: None,
            scopes: &scopes,
            roles: &[],
            lifetime: self.access_lifetime,
            token_id: Uuid::now_v7(),
        })
    }

    fn issue(&self, grant: Grant<'_>) -> Result<(Secret<String>, Duration), IdentityError> {
        let issued = self.issuer.issue(&self.keys.ring(), grant, clock::now());
        let issued = issued.map_err(|fault: IssueFault| {
            tracing::error!(%fault, "an access token could not be issued");
            IdentityError::Defect
        })?;
        Ok((issued.token, issued.expires_in))
    }

    /// Who a token of ours speaks for, by the keys that this node knows.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Access>, TokenRefusal> {
        self.verifier.verify(&self.keys.ring(), token, now)
    }

    /// The same, and if its key is not known here, once more by the keys that are in the vault now.
    pub(crate) async fn verify_again(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Arc<Access>, TokenRefusal> {
        match self.verify(token, now) {
            Err(TokenRefusal::UnknownKey) if self.keys.look_again().await => {
                self.verify(token, now)
            }
            outcome => outcome,
        }
    }

    /// A secret that is the same whenever it is asked for with the same parts.
    pub(crate) fn derive(&self, purpose: &str, parts: &[&[u8]]) -> Opaque {
        self.derivation.derive(purpose, parts)
    }

    /// The keys that sign.
    #[must_use]
    pub const fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// What `/.well-known/jwks.json` answers.
    #[must_use]
    pub fn jwks(&self) -> OwnJwks {
        self.keys.ring().jwks(clock::now())
    }
}

/// The key of derived tokens in this vault. Whoever finds none puts one there if there is still none, and then takes the one
/// that is there, so that all who start at once have the same.
async fn token_key(vault: &Vault, master: &MasterKeys) -> Result<TokenKey, IdentityError> {
    let generated = TokenKey::generate()?;
    let kind = (kinds::TOKEN_KEY, KeyUse::TokenDerivation);
    let secret = own_key(vault, master, kind, generated.secret()).await?;
    Ok(TokenKey::from_secret(secret))
}
