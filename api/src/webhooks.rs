//! What the API needs of whoever understands gateways' webhooks.
//!
//! The API carries the raw bytes and the signature there and the verdict back; it knows no gateway. The executable
//! ties it to the processes, which the API may not depend on ([`crate::Api::receive_webhooks`]).

use commands::CommandError;
use futures::future::BoxFuture;

/// Takes gateways' webhooks.
pub trait Webhooks: Send + Sync {
    /// Takes one webhook of a gateway: checks the signature over exactly these bytes, and returns when what it tells is
    /// recorded. `signature` is the header's value, empty if there was none.
    fn take<'a>(
        &'a self,
        gateway: &'a str,
        signature: &'a str,
        body: &'a [u8],
    ) -> BoxFuture<'a, Result<WebhookOutcome, WebhookError>>;
}

/// What became of a webhook. After each of these the gateway need not send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookOutcome {
    /// What it tells is recorded.
    Recorded,
    /// What it tells was known, from an earlier delivery or in another way.
    Known,
    /// It tells nothing that anybody here needs.
    Ignored,
}

impl WebhookOutcome {
    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Known => "known",
            Self::Ignored => "ignored",
        }
    }
}

/// Why a webhook was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WebhookError {
    /// There is no such gateway here, or it sends none.
    #[error("there is no gateway of this name that sends webhooks")]
    UnknownGateway,
    /// The signature does not fit the bytes; says how.
    #[error("{0}")]
    InvalidSignature(String),
    /// It is larger than anything that the gateway sends; says how large it may be.
    #[error("{0}")]
    TooLarge(String),
    /// Signed by the gateway and not understood; says what. A person must look.
    #[error("{0}")]
    Unreadable(String),
    /// What it tells could not be recorded. The gateway will send it again.
    #[error("{0}")]
    NotRecorded(#[from] CommandError),
}
