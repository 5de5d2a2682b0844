//! Issuing: an access token for a grant, signed with the current key.

use std::time::Duration;

use domain::value::Timestamp;
use uuid::Uuid;

use super::access::{ALGORITHM, Claims, Header};
use super::{KeyRing, LIFETIME_MAX, TOKEN_BYTES_MAX, TYPE, jws, seconds};
use crate::secret::Secret;

/// Who issues, and for whom: Daybook's own address, and the name of its API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    issuer: String,
    audience: String,
}

/// What a token is to say.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The stream of the account or client.
    pub subject: &'a str,
    /// The program that it is for.
    pub client_id: &'a str,
    /// The session; none for a program on its own behalf.
    pub session: Option<Uuid>,
    /// What it may be used for; each a token of RFC 6749 3.3 (printable ASCII but space, `"` and `\`).
    pub scopes: &'a [&'a str],
    /// The subject's roles.
    pub roles: &'a [&'a str],
    /// How long it lives: whole seconds, at least one and at most [`LIFETIME_MAX`].
    pub lifetime: Duration,
    /// The token's id, new for each.
    pub token_id: Uuid,
}

/// A token, to be sent to whom it is for and kept nowhere.
#[derive(Debug)]
pub struct IssuedToken {
    /// The JWT.
    pub token: Secret<String>,
    /// How long it lives: `expires_in`.
    pub expires_in: Duration,
}

/// Why no token was issued: always a fault of Daybook's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueFault {
    /// Nothing, or more than [`LIFETIME_MAX`].
    #[error("an access token lives between 1 and {} seconds", LIFETIME_MAX.as_secs())]
    Lifetime,
    /// No subject, no client, or a scope that cannot be written.
    #[error(
        "a token has a subject and a client, and its scopes are printable ASCII without space, quote and backslash"
    )]
    Grant,
    /// Too much in it.
    #[error(
        "the token would be longer than {TOKEN_BYTES_MAX} bytes; it has too many scopes or roles"
    )]
    TooLong,
}

impl Issuer {
    /// `issuer` is an absolute `https` address without query or fragment (RFC 8414 2), the same on every node.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let (issuer, audience) = (issuer.into(), audience.into());
        Self { issuer, audience }
    }

    /// The token for `grant`, issued at `now`.
    pub fn issue(
        &self,
        keys: &KeyRing,
        grant: Grant<'_>,
        now: Timestamp,
    ) -> Result<IssuedToken, IssueFault> {
        let lifetime = grant.lifetime.as_secs();
        if lifetime == 0 || grant.lifetime > LIFETIME_MAX {
            return Err(IssueFault::Lifetime);
        }
        let named = !grant.subject.is_empty() && !grant.client_id.is_empty();
        if !named || !grant.scopes.iter().all(|scope| is_scope(scope)) {
            return Err(IssueFault::Grant);
        }
        let key = keys.current();
        let header = Header {
            typ: TYPE.into(),
            alg: ALGORITHM.into(),
            kid: key.id().as_str().into(),
        };
        let claims = self.claims(grant, seconds(now), lifetime.cast_signed());
        let token = jws::sign(&header, &claims, key).map_err(|_| IssueFault::Grant)?;
        if token.len() > TOKEN_BYTES_MAX {
            return Err(IssueFault::TooLong);
        }
        Ok(IssuedToken {
            token: Secret::new(token),
            expires_in: Duration::from_secs(lifetime),
        })
    }

    fn claims(&self, grant: Grant<'_>, iat: i64, lifetime: i64) -> Claims {
        Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: grant.subject.into(),
            client_id: grant.client_id.into(),
            iat,
            exp: iat.saturating_add(lifetime),
            nbf: None,
            jti: grant.token_id,
            scope: grant.scopes.join(" "),
            sid: grant.session,
            roles: grant.roles.iter().map(|role| (*role).into()).collect(),
        }
    }
}

fn is_scope(scope: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    !scope.is_empty() && scope.bytes().all(allowed)
}
