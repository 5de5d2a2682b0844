//! What a webhook says.
//!
//! A webhook is one more way to learn what [`super::Gateway::state`] would say, so it is read into the
//! same types. It may come late, twice, or in another order than it was sent: what it names is true,
//! and to apply it twice changes nothing.

use domain::value::Timestamp;
use uuid::Uuid;

use super::signature::{self, SignatureError};
use super::wire::{self, Unreadable};
use super::{PaymentState, RefundState, Secret};

/// Largest body that is read, in bytes. Stripe's events are a few kilobytes.
pub(super) const BODY_BYTES_MAX: usize = 256 * 1024;

/// A webhook whose signature was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The gateway's name for the event: the same in every delivery of it, so it is what is claimed.
    pub event_id: String,
    /// When it happened, by the gateway's clock.
    pub at: Timestamp,
    /// Our payment, where the gateway was told of one.
    pub payment: Option<Uuid>,
    /// What it says.
    pub news: News,
}

/// What a webhook tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// How a payment stood.
    Payment(PaymentState),
    /// How a refund stood.
    Refund {
        /// The gateway's name for the payment that is refunded.
        payment_ref: Option<String>,
        /// The refund.
        refund: RefundState,
    },
    /// An event of a type that nobody here needs: acknowledge it. The gateway's word for the type.
    Other(String),
}

/// Why a webhook was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// Answer 400; whoever sent it is not the gateway, or a secret is missing from the configuration.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Signed by the gateway and not understood. An operator must look; the gateway will send it again.
    #[error("the gateway's event cannot be understood: {0}")]
    Unreadable(String),
    /// Larger than any event of the gateway.
    #[error("the event is larger than {BODY_BYTES_MAX} bytes")]
    TooLarge,
    /// This gateway sends none.
    #[error("this gateway sends no webhooks")]
    NotSent,
}

/// Checks the signature, then reads the event.
pub(super) fn read(
    secrets: &[Secret],
    header: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<Notice, NoticeError> {
    if body.len() > BODY_BYTES_MAX {
        return Err(NoticeError::TooLarge);
    }
    signature::verify(secrets, header, body, now)?;
    wire::event(body).map_err(|Unreadable(what)| NoticeError::Unreadable(what))
}
