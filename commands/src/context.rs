//! Who sent a command, in which request, and under which key.

use journal::ClaimKey;

/// What surrounds a command: recorded as metadata beside its events.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Who: `service:token`.
    pub actor: String,
    /// What belongs together from end to end; empty: the command's own id.
    pub correlation_id: String,
    /// The event that led to this command, where one did.
    pub causation_id: String,
    /// W3C trace context of the request.
    pub traceparent: String,
    /// The request's idempotency key, where it has one.
    pub request: Option<RequestKey>,
    /// The version that the subject's stream must have (`If-Match`), where one was named.
    pub expected_version: Option<u64>,
    /// Whose the subject must be, where the actor may touch what is their own only. To them, what is another's is not there.
    pub only_of: Option<String>,
}

/// A request's idempotency key, and a hash of what was sent under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// A claim on (principal, method, route, `Idempotency-Key`).
    pub claim: ClaimKey,
    /// SHA-256 of the body, hex: the same key with another body is refused.
    pub body_hash: String,
}

impl RequestKey {
    /// The key of a request. `scope` holds the principal, the method and the route.
    pub fn new(scope: &[&str], idempotency_key: &str, body_hash: String) -> Self {
        let value = format!("{}\n{idempotency_key}", scope.join("\n"));
        Self {
            claim: ClaimKey::new("request", &value),
            body_hash,
        }
    }
}
