//! What a token of ours says, on the wire and once it was checked.

use domain::value::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{LEEWAY_SECONDS, LIFETIME_MAX, TYPE, TokenRefusal, seconds};

/// The algorithm of our own tokens (RFC 8037 3.1).
pub(super) const ALGORITHM: &str = "EdDSA";

/// The header of a token of ours. Any other member is refused, `jku`, `x5u`, `jwk` and `crit` among them; so is a repeated one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) typ: String,
    pub(super) alg: String,
    pub(super) kid: String,
}

/// The claims of a token of ours (RFC 9068 2.2). `aud` is one text: we issue for ourselves.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: String,
    pub(super) client_id: String,
    pub(super) iat: i64,
    pub(super) exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nbf: Option<i64>,
    pub(super) jti: Uuid,
    /// Separated by single spaces (RFC 6749 3.3).
    pub(super) scope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sid: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) roles: Vec<String>,
}

/// Who a token of ours speaks for, after everything was checked but whether the session still stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The stream of the account or client, `sub`.
    pub subject: String,
    /// The program that it was issued to, `client_id`.
    pub client_id: String,
    /// The session that must not be revoked, `sid`; none for a program on its own behalf.
    pub session: Option<Uuid>,
    /// What it may be used for, `scope`.
    pub scopes: Vec<String>,
    /// The subject's roles when it was issued (RFC 9068 2.2.3.1).
    pub roles: Vec<String>,
    /// The token's own id, `jti`.
    pub token_id: Uuid,
    /// Since when, `iat`, in seconds since 1970.
    pub issued_at: i64,
    /// Until when, `exp`, in seconds since 1970.
    pub expires_at: i64,
    not_before: i64,
}

impl Access {
    /// Checks at every use what changes with time.
    pub(super) fn check_time(&self, now: Timestamp) -> Result<(), TokenRefusal> {
        let now = seconds(now);
        let latest = now.saturating_add(LEEWAY_SECONDS);
        if self.issued_at > latest || self.not_before > latest {
            return Err(TokenRefusal::TooEarly);
        }
        if now >= self.expires_at.saturating_add(LEEWAY_SECONDS) {
            return Err(TokenRefusal::Expired);
        }
        Ok(())
    }
}

impl Header {
    /// That this is the header of an access token by our algorithm.
    pub(super) fn check(&self) -> Result<(), TokenRefusal> {
        if self.alg != ALGORITHM {
            return Err(TokenRefusal::Algorithm);
        }
        if self.typ != TYPE {
            return Err(TokenRefusal::Type);
        }
        Ok(())
    }
}

impl Claims {
    /// Checks what does not change with time, and keeps what is of use.
    pub(super) fn check(self, issuer: &str, audience: &str) -> Result<Access, TokenRefusal> {
        if self.iss != issuer {
            return Err(TokenRefusal::Issuer);
        }
        if self.aud != audience {
            return Err(TokenRefusal::Audience);
        }
        if self.sub.is_empty() || self.client_id.is_empty() || self.iat < 0 {
            return Err(TokenRefusal::Claims);
        }
        let lifetime = self.exp.saturating_sub(self.iat);
        match u64::try_from(lifetime) {
            Ok(lifetime) if lifetime > LIFETIME_MAX.as_secs() => {
                return Err(TokenRefusal::TooLongLived);
            }
            Ok(1..) => {}
            _ => return Err(TokenRefusal::Claims),
        }
        Ok(Access {
            scopes: self
                .scope
                .split_ascii_whitespace()
                .map(Into::into)
                .collect(),
            subject: self.sub,
            client_id: self.client_id,
            session: self.sid,
            roles: self.roles,
            token_id: self.jti,
            issued_at: self.iat,
            expires_at: self.exp,
            not_before: self.nbf.unwrap_or(self.iat),
        })
    }
}
