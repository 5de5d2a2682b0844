//! What has happened at the door.

use serde::{Deserialize, Serialize};

use crate::kind::event_kinds;
use crate::value::ClientId;

/// An event of a day's security log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum SecurityEvent {
    /// Somebody was not let in.
    AccessRefused(Refusal),
}

event_kinds!(
    SecurityEvent,
    "security",
    [
        AccessRefused "1",
    ]
);

/// What was refused how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Refusal {
    /// Why.
    pub reason: RefusalReason,
    /// How often since it was last written down; at least once.
    pub times: u32,
    /// The registered client that it concerns, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
}

macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident $text:literal)+) => {
        /// Why somebody was not let in. The names are in journals, so a released one never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub enum RefusalReason {
            $($(#[$doc])+ #[serde(rename = $text)] $name),+
        }

        impl RefusalReason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name, in events, logs and metrics.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

reasons! {
    /// A token longer than any that is accepted.
    TokenTooLong "token-too-long"
    /// A token that is none.
    TokenMalformed "token-malformed"
    /// A token whose header lacks a member or has one that is not accepted.
    TokenHeader "token-header"
    /// A token of another kind.
    TokenType "token-type"
    /// A token with another algorithm than its key's.
    TokenAlgorithm "token-algorithm"
    /// A token by a key that nobody has.
    TokenUnknownKey "token-unknown-key"
    /// A token whose signature is missing or wrong.
    TokenSignature "token-signature"
    /// A token with a claim that is missing or of another kind.
    TokenClaims "token-claims"
    /// A token of another issuer.
    TokenIssuer "token-issuer"
    /// A token for another audience.
    TokenAudience "token-audience"
    /// A token whose time is over.
    TokenExpired "token-expired"
    /// A token whose time has not come.
    TokenTooEarly "token-too-early"
    /// A token that would be valid for too long.
    TokenTooLongLived "token-too-long-lived"
    /// A token of a session that has ended, or of a client that is disabled.
    TokenRevoked "token-revoked"
    /// A refresh token that nobody was given, or that has expired.
    RefreshUnknown "refresh-unknown"
    /// A refresh token that was used up before.
    RefreshReplay "refresh-replay"
    /// A refresh token that another client was given.
    RefreshOfAnother "refresh-of-another"
    /// An authorization code that nobody was given, or that has expired.
    CodeUnknown "code-unknown"
    /// An authorization code that was used before.
    CodeReplay "code-replay"
    /// An authorization code that another client was given.
    CodeOfAnother "code-of-another"
    /// An authorization request without PKCE, or with a method that is not accepted.
    PkceDowngrade "pkce-downgrade"
    /// A verifier that does not fit the challenge.
    PkceFailed "pkce-failed"
    /// An address to be sent back to that the client has not registered.
    RedirectMismatch "redirect-mismatch"
    /// A client that nobody knows, or that is disabled.
    ClientUnknown "client-unknown"
    /// A wrong secret of a client.
    ClientSecret "client-secret"
    /// A form that this browser was not given.
    FormForged "form-forged"
}
