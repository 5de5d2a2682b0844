//! The authorization request (RFC 6749 4.1.1, RFC 7636 4.3): what a client sends a person's browser here with.
//!
//! Checked in two steps. While the client and the address are not known to belong together, whatever is wrong is shown to the
//! person on a page here; afterwards it is told to the client, at that address. Nothing of a request is kept: the browser
//! brings it back with each form, and it is checked each time.

use std::collections::BTreeSet;

use access::pkce::Challenge;
use domain::client::Client;
use domain::security::RefusalReason;
use domain::value::{ClientId, RedirectUri, Scope};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::{OAuthCode, OAuthError, scopes};
use crate::Identity;

/// Longest `state`, in bytes: it comes back in an address.
const STATE_BYTES_MAX: usize = 1_024;

/// The parameters as they came; none is there twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorizationParams {
    /// `response_type`.
    pub response_type: Option<String>,
    /// `client_id`.
    pub client_id: Option<String>,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `scope`.
    pub scope: Option<String>,
    /// `state`.
    pub state: Option<String>,
    /// `code_challenge`.
    pub code_challenge: Option<String>,
    /// `code_challenge_method`.
    pub code_challenge_method: Option<String>,
}

/// A request that is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The client.
    pub client: ClientId,
    /// Its name, as people see it.
    pub client_name: String,
    /// Where the person goes back to, as the request names it.
    pub redirect_uri: String,
    /// What it asks for.
    pub scopes: BTreeSet<Scope>,
    /// Goes back with the answer.
    pub state: Option<String>,
    /// What the code's verifier has to fit.
    pub challenge: Challenge,
}

/// Why there is no answer to an authorization request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizationFault {
    /// It must not be told to whoever sent the browser here: the person is told.
    Shown {
        /// What is wrong.
        detail: &'static str,
    },
    /// The client is told, at its registered address.
    Redirected {
        /// The whole address, with the error in it.
        to: String,
    },
    /// The server cannot answer.
    Failed(OAuthError),
}

impl Identity {
    /// Checks an authorization request.
    ///
    /// # Errors
    /// See [`AuthorizationFault`].
    pub async fn authorization_request(
        &self,
        params: &AuthorizationParams,
    ) -> Result<AuthorizationRequest, AuthorizationFault> {
        let (id, client) = self.asking_client(params).await?;
        let redirect_uri = self.redirect_of(id, &client, params)?;
        let back = |error: OAuthError| {
            let to = self.error_address(&redirect_uri, params.state.as_deref(), &error);
            AuthorizationFault::Redirected { to }
        };
        let state = params.state.clone().filter(|state| !state.is_empty());
        if state
            .as_ref()
            .is_some_and(|state| state.len() > STATE_BYTES_MAX)
        {
            let to = self.error_address(&redirect_uri, None, &LONG_STATE);
            return Err(AuthorizationFault::Redirected { to });
        }
        if params.response_type.as_deref() != Some("code") {
            return Err(back(OAuthError::new(
                OAuthCode::UnsupportedResponseType,
                "response_type is code; there is no other",
            )));
        }
        let challenge = self.challenge_of(id, params).map_err(back)?;
        let wanted = scopes(params.scope.as_deref()).map_err(back)?;
        let granted = client.grant(&wanted).map_err(|_| back(super::scope()))?;
        Ok(AuthorizationRequest {
            client: id,
            client_name: name_of(&client),
            redirect_uri,
            scopes: granted,
            state,
            challenge,
        })
    }

    async fn asking_client(
        &self,
        params: &AuthorizationParams,
    ) -> Result<(ClientId, Client), AuthorizationFault> {
        let shown = |detail| AuthorizationFault::Shown { detail };
        let unknown = || {
            self.0.security.note(RefusalReason::ClientUnknown, None);
            shown(
                "The program that sent you here is not registered with this shop, or was taken off its list.",
            )
        };
        let text = params.client_id.as_deref();
        let text = text.ok_or_else(|| {
            shown("The program that sent you here did not say which it is (client_id).")
        })?;
        let id: ClientId = text.parse().map_err(|_| unknown())?;
        let client = self.0.commands.client_state(id).await;
        let client = client.map_err(|error| AuthorizationFault::Failed(error.into()))?;
        if client.enabled().is_none() {
            return Err(unknown());
        }
        Ok((id, client))
    }

    /// Where to send the person back to: an address that is registered, or nowhere.
    fn redirect_of(
        &self,
        id: ClientId,
        client: &Client,
        params: &AuthorizationParams,
    ) -> Result<String, AuthorizationFault> {
        let registered = client
            .enabled()
            .map_or(&[][..], |client| &client.redirect_uris);
        match (&params.redirect_uri, registered) {
            (Some(asked), _) if client.redirect_for(asked).is_some() => Ok(asked.clone()),
            // RFC 6749 3.1.2.3: it may be left out where there is one.
            (None, [only]) => Ok(only.to_string()),
            (asked, _) => {
                if asked.is_some() {
                    self.0
                        .security
                        .note(RefusalReason::RedirectMismatch, Some(id));
                }
                let detail = "The program that sent you here wants you sent on to an address that it has not registered \
                              (redirect_uri). That is not done.";
                Err(AuthorizationFault::Shown { detail })
            }
        }
    }

    fn challenge_of(
        &self,
        id: ClientId,
        params: &AuthorizationParams,
    ) -> Result<Challenge, OAuthError> {
        let challenge = params.code_challenge.as_deref().unwrap_or_default();
        let method = params.code_challenge_method.as_deref();
        Challenge::parse(method, challenge).map_err(|_| {
            self.0.security.note(RefusalReason::PkceDowngrade, Some(id));
            OAuthError::request(
                "PKCE is required: code_challenge is the 43 characters of BASE64URL(SHA256(code_verifier)) and \
                 code_challenge_method is S256",
            )
        })
    }

    /// Where the client is told why not (RFC 6749 4.1.2.1, RFC 9207).
    pub(super) fn error_address(
        &self,
        redirect_uri: &str,
        state: Option<&str>,
        error: &OAuthError,
    ) -> String {
        let answer = [
            ("error", error.code.as_str()),
            ("error_description", error.description),
        ];
        self.answer_address(redirect_uri, state, &answer)
    }

    /// The address with an answer, the state, and who answers.
    pub(super) fn answer_address(
        &self,
        redirect_uri: &str,
        state: Option<&str>,
        answer: &[(&str, &str)],
    ) -> String {
        let Ok(mut address) = Url::parse(redirect_uri) else {
            // It was registered, so it is an address.
            return redirect_uri.to_owned();
        };
        let issuer = self.0.options.public_url.as_str();
        address
            .query_pairs_mut()
            .extend_pairs(answer)
            .extend_pairs(state.map(|state| ("state", state)))
            .append_pair("iss", issuer);
        address.into()
    }
}

const LONG_STATE: OAuthError = OAuthError::request("state is longer than 1024 bytes");

fn name_of(client: &Client) -> String {
    let name = client.registered().map(|client| client.name.to_string());
    name.unwrap_or_default()
}

impl AuthorizationRequest {
    /// A hash of all that the person agrees to: a form or a log-in for one request is none for another.
    pub(super) fn digest(&self) -> [u8; 32] {
        let scopes = super::scope_text(&self.scopes);
        let state = self.state.as_deref().unwrap_or_default();
        let parts = [
            self.client.0.as_bytes().as_slice(),
            self.redirect_uri.as_bytes(),
            scopes.as_bytes(),
            state.as_bytes(),
            self.challenge.as_bytes(),
        ];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// The origin that a form's answer leads to, for a page's policy.
    #[must_use]
    pub fn leads_to(&self) -> String {
        let address = RedirectUri::new(&self.redirect_uri);
        let address = address.ok().and_then(|uri| Url::parse(uri.as_str()).ok());
        address.map_or_else(String::new, |url| url.origin().ascii_serialization())
    }
}
