//! Tokens of a foreign issuer: a company's own OIDC server, whose access tokens are accepted for its people and programs.
//!
//! Its keys are given ([`Jwks`]); fetching them, from the address in its discovery document and never from one in a token, is
//! the caller's. Exact `iss` and `aud`; an ID token has the client as its audience and is refused for that even where `typ` is
//! the same (RFC 9068 4, RFC 8725 3.11). What the subject may do here is the caller's to say, from [`ForeignAccess::claims`].

use std::time::Duration;

use domain::value::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    FOREIGN_LEEWAY_SECONDS, FOREIGN_TOKEN_BYTES_MAX, Jwks, TYPE, TokenRefusal, jws, seconds,
};

/// Longest life of a foreign token that is accepted unless it is set otherwise: we cannot revoke it.
const LIFETIME_MAX_DEFAULT: Duration = Duration::from_secs(24 * 60 * 60);
/// 9999-12-31T23:59:59Z in seconds since 1970: no time of a token is later.
const SECONDS_MAX: f64 = 253_402_300_799.0;

/// An issuer that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignIssuer {
    issuer: String,
    audience: String,
    types: Vec<String>,
    lifetime_max: Duration,
}

/// Who a foreign token speaks for.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignAccess {
    /// Who, in the issuer's own terms; the same `sub` of another issuer is somebody else.
    pub subject: String,
    /// The issuer, as configured.
    pub issuer: String,
    /// The program, `client_id` or else `azp`, if the token has either.
    pub client_id: Option<String>,
    /// What it may be used for, `scope`.
    pub scopes: Vec<String>,
    /// Until when, in seconds since 1970.
    pub expires_at: i64,
    /// All other claims, for mapping roles.
    pub claims: Map<String, Value>,
}

/// What is read of the header; `jku`, `x5u`, `jwk` and `x5c` are not.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
    b64: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    iat: Option<f64>,
    nbf: Option<f64>,
    scope: Option<String>,
    client_id: Option<String>,
    azp: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// RFC 7519 4.1.3: one text or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// The `iss` that a token claims: nothing but a hint at who should verify it. None if it cannot be read.
#[must_use]
pub fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claimed {
        iss: String,
    }
    let jws = jws::split(token, FOREIGN_TOKEN_BYTES_MAX).ok()?;
    let claimed: Claimed = serde_json::from_slice(&jws.payload).ok()?;
    Some(claimed.iss)
}

impl ForeignIssuer {
    /// Accepts `at+jwt` tokens with exactly this `iss` whose `aud` is or holds exactly this audience, if they are over within
    /// a day.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            types: vec![TYPE.into()],
            lifetime_max: LIFETIME_MAX_DEFAULT,
        }
    }

    /// Accepts this `typ` besides. Issuers from before RFC 9068, Keycloak among them, write `JWT`.
    #[must_use]
    pub fn with_type(mut self, typ: impl Into<String>) -> Self {
        self.types.push(typ.into());
        self
    }

    /// Refuses tokens that are valid for longer than this from now.
    #[must_use]
    pub const fn with_lifetime_max(mut self, lifetime_max: Duration) -> Self {
        self.lifetime_max = lifetime_max;
        self
    }

    /// The `iss`, by which the caller chooses who verifies a token.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Who `token` speaks for at `now`, by the issuer's `keys`.
    pub fn verify(
        &self,
        keys: &Jwks,
        token: &str,
        now: Timestamp,
    ) -> Result<ForeignAccess, TokenRefusal> {
        let jws = jws::split(token, FOREIGN_TOKEN_BYTES_MAX)?;
        let header: Header =
            serde_json::from_slice(&jws.header).map_err(|_| TokenRefusal::Header)?;
        let kid = header.kid.as_deref().ok_or(TokenRefusal::Header)?;
        // Extensions that must be understood, and we understand none (RFC 7515 4.1.11, RFC 7797 6).
        if header.crit.is_some() || header.b64.is_some() {
            return Err(TokenRefusal::Header);
        }
        if !self.accepts_type(header.typ.as_deref()) {
            return Err(TokenRefusal::Type);
        }
        if !keys.has(kid) {
            return Err(TokenRefusal::UnknownKey);
        }
        let key = keys.find(kid, &header.alg).ok_or(TokenRefusal::Algorithm)?;
        if !key.verify(jws.signed, &jws.signature) {
            return Err(TokenRefusal::Signature);
        }
        let claims: Claims =
            serde_json::from_slice(&jws.payload).map_err(|_| TokenRefusal::Claims)?;
        self.check(claims, now)
    }

    /// Media types are compared without case, and `application/` may be left out (RFC 7515 4.1.9).
    fn accepts_type(&self, typ: Option<&str>) -> bool {
        let Some(typ) = typ else { return false };
        let prefix = "application/";
        let short = match typ.get(..prefix.len()) {
            Some(start) if start.eq_ignore_ascii_case(prefix) => &typ[prefix.len()..],
            _ => typ,
        };
        self.types
            .iter()
            .any(|accepted| accepted.eq_ignore_ascii_case(short))
    }

    fn check(&self, claims: Claims, now: Timestamp) -> Result<ForeignAccess, TokenRefusal> {
        if claims.iss != self.issuer {
            return Err(TokenRefusal::Issuer);
        }
        let ours = match &claims.aud {
            Audience::One(audience) => *audience == self.audience,
            Audience::Several(audiences) => audiences.contains(&self.audience),
        };
        if !ours {
            return Err(TokenRefusal::Audience);
        }
        if claims.sub.is_empty() {
            return Err(TokenRefusal::Claims);
        }
        let expires_at = self.check_time(&claims, seconds(now))?;
        let scope = claims.scope.unwrap_or_default();
        Ok(ForeignAccess {
            subject: claims.sub,
            issuer: claims.iss,
            client_id: claims.client_id.or(claims.azp),
            scopes: scope.split_ascii_whitespace().map(Into::into).collect(),
            expires_at,
            claims: claims.others,
        })
    }

    /// Returns when it is over.
    fn check_time(&self, claims: &Claims, now: i64) -> Result<i64, TokenRefusal> {
        let latest = now.saturating_add(FOREIGN_LEEWAY_SECONDS);
        for start in [claims.iat, claims.nbf].into_iter().flatten() {
            if whole_seconds(start)? > latest {
                return Err(TokenRefusal::TooEarly);
            }
        }
        let expires_at = whole_seconds(claims.exp)?;
        if now >= expires_at.saturating_add(FOREIGN_LEEWAY_SECONDS) {
            return Err(TokenRefusal::Expired);
        }
        let lifetime_max = i64::try_from(self.lifetime_max.as_secs()).unwrap_or(i64::MAX);
        if expires_at > latest.saturating_add(lifetime_max) {
            return Err(TokenRefusal::TooLongLived);
        }
        Ok(expires_at)
    }
}

/// RFC 7519 2: a NumericDate may have a fraction.
fn whole_seconds(date: f64) -> Result<i64, TokenRefusal> {
    if (0.0..=SECONDS_MAX).contains(&date) {
        #[expect(clippy::cast_possible_truncation, reason = "in the range of i64")]
        Ok(date as i64)
    } else {
        Err(TokenRefusal::Claims)
    }
}
