//! The token endpoint (RFC 6749 3.2): a code, a refresh token or a client's secret for an access token.

use std::collections::BTreeSet;
use std::time::Duration;

use access::Secret;
use access::opaque::Opaque;
use domain::value::Scope;

use super::{ClientCredentials, KnownClient, OAuthCode, OAuthError, scopes};
use crate::Identity;
use crate::tokens::SessionTokens;

/// What is asked of the token endpoint; no parameter is there twice.
#[derive(Clone, Default)]
pub struct TokenRequest {
    /// `grant_type`.
    pub grant_type: Option<String>,
    /// `code`.
    pub code: Option<String>,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `code_verifier`.
    pub code_verifier: Option<String>,
    /// `refresh_token`.
    pub refresh_token: Option<String>,
    /// `scope`.
    pub scope: Option<String>,
    /// Who asks.
    pub client: ClientCredentials,
}

/// What is answered (RFC 6749 5.1).
#[derive(Debug)]
pub struct TokenAnswer {
    /// The access token, of type `Bearer`.
    pub access_token: Secret<String>,
    /// How long it lives.
    pub expires_in: Duration,
    /// The next refresh token; none for a client on its own behalf.
    pub refresh_token: Option<Opaque>,
    /// What the access token may be used for; none for the shop's own pages, which may do what the account's roles may.
    pub scope: Option<BTreeSet<Scope>>,
}

impl TokenAnswer {
    pub(super) fn of_session(tokens: SessionTokens, scopes: Option<&BTreeSet<Scope>>) -> Self {
        Self {
            access_token: tokens.access_token,
            expires_in: tokens.expires_in,
            refresh_token: Some(tokens.refresh_token),
            scope: scopes.cloned(),
        }
    }
}

impl Identity {
    /// Answers a token request.
    ///
    /// # Errors
    /// As RFC 6749 5.2 has them.
    pub async fn exchange(&self, request: &TokenRequest) -> Result<TokenAnswer, OAuthError> {
        let grant_type = request.grant_type.as_deref();
        match grant_type.ok_or(OAuthError::request("grant_type is missing"))? {
            "authorization_code" => self.exchange_code(request).await,
            "refresh_token" => self.exchange_refresh_token(request).await,
            "client_credentials" => self.exchange_credentials(request).await,
            _ => Err(OAuthError::new(
                OAuthCode::UnsupportedGrantType,
                "grant_type is authorization_code, refresh_token or client_credentials",
            )),
        }
    }

    async fn exchange_code(&self, request: &TokenRequest) -> Result<TokenAnswer, OAuthError> {
        let client = self.some_client(&request.client).await?;
        let code = request.code.as_deref();
        let code = code.ok_or(OAuthError::request("code is missing"))?;
        let redirect_uri = request.redirect_uri.as_deref();
        let verifier = request.code_verifier.as_deref();
        self.redeem_code(&client, code, redirect_uri, verifier)
            .await
    }

    async fn exchange_refresh_token(
        &self,
        request: &TokenRequest,
    ) -> Result<TokenAnswer, OAuthError> {
        let client = self.known_client(&request.client).await?;
        let token = request.refresh_token.as_deref();
        let token = token.ok_or(OAuthError::request("refresh_token is missing"))?;
        let wanted = scopes(request.scope.as_deref())?;
        self.refresh(client.as_ref(), token, &wanted).await
    }

    async fn exchange_credentials(
        &self,
        request: &TokenRequest,
    ) -> Result<TokenAnswer, OAuthError> {
        let client = self.some_client(&request.client).await?;
        if !client.is_proven() {
            return Err(OAuthError::new(
                OAuthCode::UnauthorizedClient,
                "a public client acts for people only: it has no secret to show who it is",
            ));
        }
        let scope = self.own_scopes(&client, request.scope.as_deref())?;
        let (access_token, expires_in) = self.0.tokens.for_client(client.id, &scope)?;
        Ok(TokenAnswer {
            access_token,
            expires_in,
            refresh_token: None,
            scope: Some(scope),
        })
    }

    fn own_scopes(
        &self,
        client: &KnownClient,
        wanted: Option<&str>,
    ) -> Result<BTreeSet<Scope>, OAuthError> {
        let wanted = scopes(wanted)?;
        let may = &client.registered.scopes;
        if wanted.is_empty() {
            return Ok(may.clone());
        }
        if wanted.is_subset(may) {
            return Ok(wanted);
        }
        Err(super::scope())
    }
}
