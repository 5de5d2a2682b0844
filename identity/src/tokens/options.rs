//! What can be set of tokens, and what holds when nothing is.

use std::sync::Arc;
use std::time::Duration;

use domain::value::Scope;

use crate::RevocationTable;

/// The settings of tokens and clients.
#[derive(Clone)]
pub struct TokenOptions {
    /// How long an access token lives: at most ten minutes.
    pub access_lifetime: Duration,
    /// How long a session of a client that a person let in may last, however often it is refreshed.
    pub client_session_lifetime: Duration,
    /// How long a key signs before another takes its place.
    pub rotate_keys_every: Duration,
    /// How long a key is published before it signs.
    pub announce_keys_for: Duration,
    /// How often the keys are read again, so that a node sees what another one did.
    pub read_keys_every: Duration,
    /// Other issuers whose tokens are accepted.
    pub foreign: Vec<ForeignOptions>,
    /// The query table of what was revoked a moment ago; without it the journal is asked.
    pub revocations: Option<Arc<dyn RevocationTable>>,
}

impl Default for TokenOptions {
    fn default() -> Self {
        const DAY: u64 = 24 * 3_600;
        Self {
            access_lifetime: Duration::from_secs(300),
            client_session_lifetime: Duration::from_secs(30 * DAY),
            rotate_keys_every: Duration::from_secs(30 * DAY),
            // Longer than the copies of `jwks.json` that we let others keep.
            announce_keys_for: Duration::from_secs(900),
            read_keys_every: Duration::from_secs(5),
            foreign: Vec::new(),
            revocations: None,
        }
    }
}

/// An issuer whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignOptions {
    /// Its `iss`, under which its discovery document is found.
    pub issuer: String,
    /// What `aud` has to be.
    pub audience: String,
    /// What its tokens may be used for at most: they have these of the scopes that they name.
    pub scopes: Vec<Scope>,
    /// What `typ` may be besides `at+jwt`. Issuers from before RFC 9068 write `JWT`.
    pub types: Vec<String>,
}
