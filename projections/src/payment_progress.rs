//! How far a payment is, in few words: part of every document that shows a payment or its order.
//!
//! The rules are [`domain::payment::Payment`]'s, and a test holds the two together.

use domain::Event;
use domain::payment::{PaymentEvent, PaymentRequested, PaymentStatus};
use domain::value::{Money, PaymentId, Prose, Text};
use serde::{Deserialize, Serialize};

use crate::projection::{PostError, Posting};

/// How far a payment is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PaymentProgress {
    pub id: PaymentId,
    /// The version of its stream that this shows.
    pub version: u64,
    pub gateway: Text,
    pub method: Text,
    pub status: PaymentStatus,
    pub amount: Money,
    /// What the gateway holds, or held before it was captured.
    pub authorized: Money,
    pub captured: Money,
    pub refunded: Money,
    /// What came of the request to hold the money.
    authorization: Option<AuthorizationStatus>,
    /// Whether the gateway let go of it.
    voided: bool,
    /// Why the gateway refused, in its word.
    code: Option<Text>,
    /// The address that the customer has to open, as long as the gateway waits for it.
    next_url: Option<Prose>,
}

/// What came of the request to hold the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthorizationStatus {
    Open,
    Unknown,
    ActionRequired,
    Authorized,
    Declined,
}

impl PaymentProgress {
    /// Takes an event into account, the stream's first one included.
    pub fn take(slot: &mut Option<Self>, posting: &Posting) -> Result<(), PostError> {
        let Event::Payment(event) = &posting.event else {
            return Ok(());
        };
        if let Some(known) = slot {
            posting.follows(known.version)?;
            known.evolve(event, posting.sequence);
            return Ok(());
        }
        posting.follows(0)?;
        *slot = Some(Self::open(posting)?);
        Ok(())
    }

    /// After the stream's first event.
    pub fn open(first: &Posting) -> Result<Self, PostError> {
        match &first.event {
            Event::Payment(PaymentEvent::PaymentRequested(requested)) => {
                Ok(Self::requested(requested))
            }
            other => Err(first.poison(format!(
                "a payment begins with PaymentRequested, not {}",
                other.event_type()
            ))),
        }
    }

    fn requested(requested: &PaymentRequested) -> Self {
        let nothing = Money::zero(requested.amount.currency);
        Self {
            id: requested.payment_id,
            version: 1,
            gateway: requested.gateway.clone(),
            method: requested.method.clone(),
            status: PaymentStatus::Requested,
            amount: requested.amount,
            authorized: nothing,
            captured: nothing,
            refunded: nothing,
            authorization: None,
            voided: false,
            code: None,
            next_url: None,
        }
    }

    pub fn evolve(&mut self, event: &PaymentEvent, sequence: u64) {
        self.version = sequence;
        match event {
            PaymentEvent::AuthorizationRequested { .. } => self.asked(AuthorizationStatus::Open),
            PaymentEvent::AuthorizationOutcomeUnknown { .. } => {
                self.asked(AuthorizationStatus::Unknown);
            }
            PaymentEvent::PaymentActionRequired { next_url, .. } => {
                self.asked(AuthorizationStatus::ActionRequired);
                self.next_url.clone_from(next_url);
            }
            PaymentEvent::PaymentAuthorized { amount, .. } => {
                self.asked(AuthorizationStatus::Authorized);
                self.authorized = *amount;
                self.voided = false;
            }
            PaymentEvent::PaymentDeclined { code, .. } => {
                self.asked(AuthorizationStatus::Declined);
                self.code = Some(code.clone());
            }
            PaymentEvent::PaymentCaptured { amount, .. } => add(&mut self.captured, *amount),
            PaymentEvent::PaymentRefunded { amount, .. } => add(&mut self.refunded, *amount),
            PaymentEvent::PaymentVoided { .. } => {
                self.voided = true;
                self.next_url = None;
            }
            PaymentEvent::PaymentRequested(_)
            | PaymentEvent::CaptureRequested { .. }
            | PaymentEvent::CaptureFailed { .. }
            | PaymentEvent::CaptureOutcomeUnknown { .. }
            | PaymentEvent::VoidRequested { .. }
            | PaymentEvent::VoidFailed { .. }
            | PaymentEvent::RefundRequested(_)
            | PaymentEvent::RefundFailed { .. }
            | PaymentEvent::RefundOutcomeUnknown { .. }
            | PaymentEvent::PaymentAttentionRaised { .. }
            | PaymentEvent::PaymentAttentionSettled { .. } => {}
        }
        self.status = self.derived();
    }

    fn asked(&mut self, outcome: AuthorizationStatus) {
        self.authorization = Some(outcome);
        (self.code, self.next_url) = (None, None);
    }

    fn derived(&self) -> PaymentStatus {
        let (captured, refunded) = (self.captured.minor, self.refunded.minor);
        match self.authorization {
            _ if captured > 0 && refunded >= captured => PaymentStatus::Refunded,
            _ if refunded > 0 => PaymentStatus::PartiallyRefunded,
            _ if captured > 0 => PaymentStatus::Captured,
            _ if self.voided => PaymentStatus::Voided,
            None => PaymentStatus::Requested,
            Some(AuthorizationStatus::Open | AuthorizationStatus::Unknown) => {
                PaymentStatus::Authorizing
            }
            Some(AuthorizationStatus::ActionRequired) => PaymentStatus::ActionRequired,
            Some(AuthorizationStatus::Authorized) => PaymentStatus::Authorized,
            Some(AuthorizationStatus::Declined) => PaymentStatus::Declined,
        }
    }
}

fn add(sum: &mut Money, amount: Money) {
    sum.minor = sum.minor.saturating_add(amount.minor);
}
