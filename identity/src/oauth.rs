//! OAuth 2.1: how programs come in, on a person's behalf (authorization code with PKCE) or on their own (client credentials),
//! and how sessions go on (refresh tokens, rotated).
//!
//! What it leaves out of the older OAuth leaves nothing to downgrade to: no implicit grant, no password grant, no `plain` PKCE,
//! no redirect that is compared by anything but its whole text.
//!
//! What holds:
//! - nobody is sent to an address that their client has not registered, whatever is wrong with the rest;
//! - a code is good once and for a minute; shown again, it ends the session that it began. A refresh token is good once; shown
//!   again, it ends its session. Both are in the vault as digests;
//! - what a program is told is the RFC's error code and a sentence; what was tried is noted for the security log.

mod authorize;
mod browser;
mod client_auth;
mod code;
mod exchange;
mod introspect;
mod metadata;
mod refresh;
mod request;
mod revoke;

pub use authorize::{Ask, Asked, Decision, FormFault, Shown};
pub use client_auth::{ClientCredentials, KnownClient};
pub use exchange::{TokenAnswer, TokenRequest};
pub use introspect::Introspection;
pub use metadata::Metadata;
pub use request::{AuthorizationFault, AuthorizationParams, AuthorizationRequest};

use std::collections::BTreeSet;

use commands::{CommandError, Context};
use domain::value::{AccountId, ClientId, Scope};
use domain::{Rejection, RejectionCode};

use crate::IdentityError;

/// An error code of OAuth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OAuthCode {
    /// A parameter is missing, is there twice, or makes no sense.
    InvalidRequest,
    /// The client is not known, or did not prove to be who it says.
    InvalidClient,
    /// The code or the refresh token is not good.
    InvalidGrant,
    /// This client may not do that.
    UnauthorizedClient,
    /// There is no such grant here.
    UnsupportedGrantType,
    /// There is no such response here.
    UnsupportedResponseType,
    /// There is no such scope, or the client may not have it.
    InvalidScope,
    /// The person said no.
    AccessDenied,
    /// Tokens of this kind cannot be given back.
    UnsupportedTokenType,
    /// A defect of ours.
    ServerError,
    /// Not at the moment.
    TemporarilyUnavailable,
}

impl OAuthCode {
    /// As it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

/// Why a program does not get what it asks for (RFC 6749 4.1.2.1, 5.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct OAuthError {
    /// The code.
    pub code: OAuthCode,
    /// What is wrong and what would be right: printable ASCII without quotes and backslashes, and nothing of what was sent.
    pub description: &'static str,
}

impl OAuthError {
    /// An error of this code.
    #[must_use]
    pub const fn new(code: OAuthCode, description: &'static str) -> Self {
        Self { code, description }
    }

    pub(crate) const fn request(description: &'static str) -> Self {
        Self::new(OAuthCode::InvalidRequest, description)
    }

    pub(crate) const fn grant() -> Self {
        Self::new(
            OAuthCode::InvalidGrant,
            "the code or token is not one that can be used here; begin again",
        )
    }
}

impl From<IdentityError> for OAuthError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Command(error) => error.into(),
            IdentityError::Unavailable => unavailable(),
            IdentityError::Token(_) | IdentityError::Revoked => Self::grant(),
            _ => Self::new(
                OAuthCode::ServerError,
                "a defect of the server; its log says which",
            ),
        }
    }
}

impl From<CommandError> for OAuthError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Rejected(rejection) => rejected(&rejection),
            CommandError::Defect => Self::new(
                OAuthCode::ServerError,
                "a defect of the server; its log says which",
            ),
            _ => unavailable(),
        }
    }
}

impl From<journal::JournalError> for OAuthError {
    fn from(error: journal::JournalError) -> Self {
        IdentityError::from(error).into()
    }
}

const fn unavailable() -> OAuthError {
    OAuthError::new(
        OAuthCode::TemporarilyUnavailable,
        "this cannot be answered at the moment; try again shortly",
    )
}

fn rejected(rejection: &Rejection) -> OAuthError {
    match rejection.code {
        RejectionCode::InsufficientScope => scope(),
        _ => OAuthError::grant(),
    }
}

const fn scope() -> OAuthError {
    OAuthError::new(
        OAuthCode::InvalidScope,
        "there is no such scope, or this client may not have it",
    )
}

/// The scopes that a request names, with single spaces between (RFC 6749 3.3); none if it names none.
fn scopes(text: Option<&str>) -> Result<BTreeSet<Scope>, OAuthError> {
    let names = text
        .unwrap_or_default()
        .split(' ')
        .filter(|name| !name.is_empty());
    names
        .map(|name| name.parse().map_err(|_| scope()))
        .collect()
}

/// The scopes as a parameter or claim has them.
#[must_use]
pub fn scope_text(scopes: &BTreeSet<Scope>) -> String {
    let names: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    names.join(" ")
}

/// What is recorded of who did it: the person, by the client.
fn context_of(account: AccountId, client: Option<ClientId>) -> Context {
    let actor = match client {
        None => format!("account:{account}"),
        Some(client) => format!("account:{account} by client:{client}"),
    };
    Context {
        actor,
        ..Context::default()
    }
}
