//! Why a token is refused.

/// Why a token is refused. The client hears `token-expired` for [`TokenRefusal::Expired`] and one and the same 401 for all
/// others; the security event has [`TokenRefusal::code`]. None of these holds a byte of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TokenRefusal {
    /// Longer than any that is accepted.
    #[error("the token is longer than any that is accepted")]
    TooLong,
    /// Not three parts of base64url.
    #[error("the token is not a JWS of three parts in base64url")]
    Malformed,
    /// The header is not an object, lacks a member, or has one that is not accepted.
    #[error("the token's header lacks a member or has one that is not accepted")]
    Header,
    /// Another kind of token: an ID token, say.
    #[error("the token's typ is not that of an access token")]
    Type,
    /// Not the algorithm of the key.
    #[error("the token's alg is not the one that its key is for")]
    Algorithm,
    /// No key has that name. For a foreign issuer: fetch its keys again, but not more often than a limit of the caller's.
    #[error("no key has the token's kid")]
    UnknownKey,
    /// The signature is missing or wrong.
    #[error("the token's signature is missing or wrong")]
    Signature,
    /// Signed, but a claim is missing or of another kind.
    #[error("a claim of the token is missing or of another kind than it should be")]
    Claims,
    /// Issued by somebody else.
    #[error("the token's iss is another issuer")]
    Issuer,
    /// Issued for somebody else.
    #[error("the token's aud is another audience")]
    Audience,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come, or it was issued in the future.
    #[error("the token's iat or nbf is in the future")]
    TooEarly,
    /// It would be valid for longer than is accepted.
    #[error("the token is valid for longer than is accepted")]
    TooLongLived,
}

impl TokenRefusal {
    /// The name in security events, logs and metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too-long",
            Self::Malformed => "malformed",
            Self::Header => "header",
            Self::Type => "type",
            Self::Algorithm => "algorithm",
            Self::UnknownKey => "unknown-key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::TooEarly => "too-early",
            Self::TooLongLived => "too-long-lived",
        }
    }
}
