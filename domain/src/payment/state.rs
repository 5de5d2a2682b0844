//! What is known of a payment, and what follows from it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::{AttentionDecision, PaymentEvent, PaymentRequested, RefundRequested};
use crate::value::{
    AuthorizationId, CaptureId, Money, OrderId, PaymentId, Prose, RefundId, Text, Timestamp, VoidId,
};

/// A payment. The default is one that was not requested yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    requested: Option<Arc<PaymentRequested>>,
    authorization: Option<Arc<Authorization>>,
    captures: Arc<Vec<Capture>>,
    voids: Arc<Vec<Void>>,
    refunds: Arc<Vec<Refund>>,
    is_voided: bool,
    /// Also when a hold was learnt of after it was let go of.
    was_voided: bool,
    #[serde(default)]
    attention: Option<Arc<Attention>>,
    #[serde(default)]
    is_left: bool,
    #[serde(default)]
    forgiven: Forgiven,
}

/// What a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// What is wrong.
    pub what: Text,
    /// What was tried.
    pub tried: Text,
}

/// How many requests of each kind there were when a person said to try again: those before no
/// longer count as failures in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Forgiven {
    captures: usize,
    voids: usize,
    refunds: usize,
}

/// How far one request to the gateway is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attempt {
    /// No outcome was learnt yet.
    Open,
    /// The gateway answered with an error that does not say what happened. Still open.
    Failing,
    /// It did not answer. Still open.
    Unknown,
    /// It was done.
    Done,
    /// It was not done and will not be.
    Failed,
}

impl Attempt {
    /// Whether no outcome is settled yet.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Failing | Self::Unknown)
    }
}

/// The request to hold the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// Its id.
    pub auth_id: AuthorizationId,
    /// What came of it.
    pub outcome: AuthorizationOutcome,
}

/// What came of the request to hold the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationOutcome {
    /// Nothing yet.
    Open,
    /// The gateway did not answer; still open.
    Unknown,
    /// The gateway waits for the customer; still open.
    ActionRequired {
        /// The gateway's name for the payment.
        gateway_ref: Option<Text>,
        /// The address that the customer has to open.
        next_url: Option<Prose>,
    },
    /// The gateway holds money.
    Authorized(Authorized),
    /// The gateway refused.
    Declined {
        /// Why, in the gateway's word.
        code: Text,
    },
}

/// What the gateway holds, or held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorized {
    /// How much.
    pub amount: Money,
    /// Until when, if it says so.
    pub expires_at: Option<Timestamp>,
    /// The gateway's name for the payment.
    pub gateway_ref: Text,
}

/// A request to take what the gateway holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Its id.
    pub capture_id: CaptureId,
    /// How much.
    pub amount: Money,
    /// How far it is.
    pub attempt: Attempt,
}

/// A request to let go of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    /// Its id.
    pub void_id: VoidId,
    /// How far it is.
    pub attempt: Attempt,
}

/// A request to give money back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// What was asked for.
    pub requested: RefundRequested,
    /// How far it is.
    pub attempt: Attempt,
}

/// A request to the gateway whose outcome is not settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenRequest {
    /// To hold the money.
    Authorization(AuthorizationId),
    /// To take it.
    Capture(CaptureId),
    /// To let go of it.
    Void(VoidId),
    /// To give it back.
    Refund(RefundId),
}

/// Where a payment is. Derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The gateway was not asked yet.
    Requested,
    /// The gateway was asked.
    Authorizing,
    /// The gateway waits for the customer.
    ActionRequired,
    /// The gateway holds the money.
    Authorized,
    /// The gateway refused.
    Declined,
    /// The gateway holds nothing and will not.
    Voided,
    /// Money was taken.
    Captured,
    /// Some of it was given back.
    PartiallyRefunded,
    /// All of it was given back.
    Refunded,
}

impl PaymentStatus {
    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Authorizing => "authorizing",
            Self::ActionRequired => "action_required",
            Self::Authorized => "authorized",
            Self::Declined => "declined",
            Self::Voided => "voided",
            Self::Captured => "captured",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
        }
    }
}

impl Payment {
    /// What was asked for; nothing before.
    #[must_use]
    pub fn requested(&self) -> Option<&Arc<PaymentRequested>> {
        self.requested.as_ref()
    }

    /// Its id, once requested.
    #[must_use]
    pub fn id(&self) -> Option<PaymentId> {
        self.requested().map(|requested| requested.payment_id)
    }

    /// Its order, once requested.
    #[must_use]
    pub fn order_id(&self) -> Option<OrderId> {
        self.requested().map(|requested| requested.order_id)
    }

    /// The request to hold the money, if it was made.
    #[must_use]
    pub fn authorization(&self) -> Option<&Authorization> {
        self.authorization.as_deref()
    }

    /// What the gateway holds, or held before it was voided or captured.
    #[must_use]
    pub fn authorized(&self) -> Option<&Authorized> {
        match self.authorization().map(|asked| &asked.outcome) {
            Some(AuthorizationOutcome::Authorized(authorized)) => Some(authorized),
            _ => None,
        }
    }

    /// The gateway's name for the payment, as soon as it gave one.
    #[must_use]
    pub fn gateway_ref(&self) -> Option<&Text> {
        match &self.authorization()?.outcome {
            AuthorizationOutcome::Authorized(authorized) => Some(&authorized.gateway_ref),
            AuthorizationOutcome::ActionRequired { gateway_ref, .. } => gateway_ref.as_ref(),
            _ => None,
        }
    }

    /// Every capture that was requested, in order.
    #[must_use]
    pub fn captures(&self) -> &[Capture] {
        &self.captures
    }

    /// Every void that was requested, in order.
    #[must_use]
    pub fn voids(&self) -> &[Void] {
        &self.voids
    }

    /// Every refund that was requested, in order.
    #[must_use]
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    /// Whether the gateway let go of it.
    #[must_use]
    pub fn is_voided(&self) -> bool {
        self.is_voided
    }

    /// Whether the gateway ever let go of it. No order is confirmed on such a payment.
    #[must_use]
    pub fn was_voided(&self) -> bool {
        self.was_voided
    }

    /// Whether the gateway holds money of which nothing was taken.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.authorized().is_some() && !self.is_voided && self.captured_minor() == 0
    }

    /// Whether the gateway was asked to hold the money and its answer is not settled.
    #[must_use]
    pub fn is_authorizing(&self) -> bool {
        let outcome = self.authorization().map(|asked| &asked.outcome);
        !self.is_voided
            && matches!(
                outcome,
                Some(
                    AuthorizationOutcome::Open
                        | AuthorizationOutcome::Unknown
                        | AuthorizationOutcome::ActionRequired { .. }
                )
            )
    }

    /// What a person has to look at, if anything.
    #[must_use]
    pub fn attention(&self) -> Option<&Attention> {
        self.attention.as_deref()
    }

    /// Whether a person took it over: nothing more is done by itself.
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.is_left
    }

    /// How many captures failed for good since the last that did not, or since a person said to
    /// try again.
    #[must_use]
    pub fn captures_failed_in_a_row(&self) -> usize {
        let since = self.captures.iter().skip(self.forgiven.captures);
        failed_in_a_row(since.map(|capture| capture.attempt))
    }

    /// The same of voids.
    #[must_use]
    pub fn voids_failed_in_a_row(&self) -> usize {
        let since = self.voids.iter().skip(self.forgiven.voids);
        failed_in_a_row(since.map(|void| void.attempt))
    }

    /// The same of refunds.
    #[must_use]
    pub fn refunds_failed_in_a_row(&self) -> usize {
        let since = self.refunds.iter().skip(self.forgiven.refunds);
        failed_in_a_row(since.map(|refund| refund.attempt))
    }

    /// How much was taken, in minor units.
    #[must_use]
    pub fn captured_minor(&self) -> i64 {
        let done = self.captures.iter().filter(|c| c.attempt == Attempt::Done);
        done.fold(0, |sum, capture| sum.saturating_add(capture.amount.minor))
    }

    /// How much was given back, in minor units.
    #[must_use]
    pub fn refunded_minor(&self) -> i64 {
        let done = self.refunds.iter().filter(|r| r.attempt == Attempt::Done);
        done.fold(0, |sum, refund| {
            sum.saturating_add(refund.requested.amount.minor)
        })
    }

    /// How much was taken; nothing before it was requested.
    #[must_use]
    pub fn captured(&self) -> Option<Money> {
        let currency = self.requested()?.amount.currency;
        Some(Money::new(self.captured_minor(), currency))
    }

    /// How much was given back; nothing before it was requested.
    #[must_use]
    pub fn refunded(&self) -> Option<Money> {
        let currency = self.requested()?.amount.currency;
        Some(Money::new(self.refunded_minor(), currency))
    }

    /// The request to take, let go of or give back money that is open: one at a time.
    #[must_use]
    pub fn open_operation(&self) -> Option<(OpenRequest, Attempt)> {
        let capture = self.captures.last().filter(|c| c.attempt.is_open());
        let void = self.voids.last().filter(|v| v.attempt.is_open());
        let refund = self.refunds.last().filter(|r| r.attempt.is_open());
        capture
            .map(|c| (OpenRequest::Capture(c.capture_id), c.attempt))
            .or_else(|| void.map(|v| (OpenRequest::Void(v.void_id), v.attempt)))
            .or_else(|| refund.map(|r| (OpenRequest::Refund(r.requested.refund_id), r.attempt)))
    }

    /// Every request to the gateway whose outcome is not settled: what an executor of payments
    /// has to do or to ask about.
    #[must_use]
    pub fn open_requests(&self) -> Vec<(OpenRequest, Attempt)> {
        let asked = self.authorization().filter(|_| self.is_authorizing());
        let authorization = asked.map(|asked| {
            let attempt = match asked.outcome {
                AuthorizationOutcome::Unknown => Attempt::Unknown,
                _ => Attempt::Open,
            };
            (OpenRequest::Authorization(asked.auth_id), attempt)
        });
        authorization
            .into_iter()
            .chain(self.open_operation())
            .collect()
    }

    /// Where it is; nothing before it was requested.
    #[must_use]
    pub fn status(&self) -> Option<PaymentStatus> {
        self.requested()?;
        let (captured, refunded) = (self.captured_minor(), self.refunded_minor());
        Some(match self.authorization().map(|asked| &asked.outcome) {
            _ if captured > 0 && refunded >= captured => PaymentStatus::Refunded,
            _ if refunded > 0 => PaymentStatus::PartiallyRefunded,
            _ if captured > 0 => PaymentStatus::Captured,
            _ if self.is_voided => PaymentStatus::Voided,
            None => PaymentStatus::Requested,
            Some(AuthorizationOutcome::Open | AuthorizationOutcome::Unknown) => {
                PaymentStatus::Authorizing
            }
            Some(AuthorizationOutcome::ActionRequired { .. }) => PaymentStatus::ActionRequired,
            Some(AuthorizationOutcome::Authorized(_)) => PaymentStatus::Authorized,
            Some(AuthorizationOutcome::Declined { .. }) => PaymentStatus::Declined,
        })
    }

    pub(super) fn capture(&self, id: CaptureId) -> Option<&Capture> {
        self.captures.iter().find(|c| c.capture_id == id)
    }

    pub(super) fn void(&self, id: VoidId) -> Option<&Void> {
        self.voids.iter().find(|v| v.void_id == id)
    }

    /// The refund of that id, if it was requested.
    #[must_use]
    pub fn refund(&self, id: RefundId) -> Option<&Refund> {
        self.refunds.iter().find(|r| r.requested.refund_id == id)
    }

    fn authorize(&mut self, auth_id: AuthorizationId, outcome: AuthorizationOutcome) {
        self.authorization = Some(Arc::new(Authorization { auth_id, outcome }));
    }

    fn settle_capture(&mut self, id: CaptureId, attempt: Attempt) {
        let captures = Arc::make_mut(&mut self.captures);
        if let Some(capture) = captures.iter_mut().find(|c| c.capture_id == id) {
            capture.attempt = attempt;
        }
    }

    fn settle_void(&mut self, id: VoidId, attempt: Attempt) {
        let voids = Arc::make_mut(&mut self.voids);
        if let Some(void) = voids.iter_mut().find(|v| v.void_id == id) {
            void.attempt = attempt;
        }
    }

    fn settle_refund(&mut self, id: RefundId, attempt: Attempt) {
        let refunds = Arc::make_mut(&mut self.refunds);
        if let Some(refund) = refunds.iter_mut().find(|r| r.requested.refund_id == id) {
            refund.attempt = attempt;
        }
    }

    /// Takes `event` into account.
    pub fn evolve(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::PaymentRequested(requested) => {
                self.requested = Some(Arc::clone(requested));
            }
            PaymentEvent::AuthorizationRequested { .. }
            | PaymentEvent::PaymentActionRequired { .. }
            | PaymentEvent::PaymentAuthorized { .. }
            | PaymentEvent::PaymentDeclined { .. }
            | PaymentEvent::AuthorizationOutcomeUnknown { .. } => self.evolve_authorization(event),
            PaymentEvent::CaptureRequested { capture_id, amount } => {
                Arc::make_mut(&mut self.captures).push(Capture {
                    capture_id: *capture_id,
                    amount: *amount,
                    attempt: Attempt::Open,
                });
            }
            PaymentEvent::PaymentCaptured { capture_id, .. } => {
                self.settle_capture(*capture_id, Attempt::Done);
            }
            PaymentEvent::CaptureFailed {
                capture_id,
                definite,
                ..
            } => self.settle_capture(*capture_id, failed(*definite)),
            PaymentEvent::CaptureOutcomeUnknown { capture_id, .. } => {
                self.settle_capture(*capture_id, Attempt::Unknown);
            }
            PaymentEvent::VoidRequested { void_id, .. } => {
                Arc::make_mut(&mut self.voids).push(Void {
                    void_id: *void_id,
                    attempt: Attempt::Open,
                });
            }
            PaymentEvent::PaymentVoided { void_id } => {
                (self.is_voided, self.was_voided) = (true, true);
                // Whatever was asked for is so, by whoever's doing.
                let open = self.voids.last().filter(|v| v.attempt.is_open());
                if let Some(id) = void_id.or(open.map(|v| v.void_id)) {
                    self.settle_void(id, Attempt::Done);
                }
            }
            PaymentEvent::VoidFailed {
                void_id, definite, ..
            } => self.settle_void(*void_id, failed(*definite)),
            PaymentEvent::RefundRequested(requested) => {
                Arc::make_mut(&mut self.refunds).push(Refund {
                    requested: requested.clone(),
                    attempt: Attempt::Open,
                });
            }
            PaymentEvent::PaymentRefunded { refund_id, .. } => {
                self.settle_refund(*refund_id, Attempt::Done);
            }
            PaymentEvent::RefundFailed {
                refund_id,
                definite,
                ..
            } => self.settle_refund(*refund_id, failed(*definite)),
            PaymentEvent::RefundOutcomeUnknown { refund_id, .. } => {
                self.settle_refund(*refund_id, Attempt::Unknown);
            }
            PaymentEvent::PaymentAttentionRaised { what, tried } => {
                let (what, tried) = (what.clone(), tried.clone());
                self.attention = Some(Arc::new(Attention { what, tried }));
            }
            PaymentEvent::PaymentAttentionSettled { decision, .. } => self.attended(*decision),
        }
    }

    fn attended(&mut self, decision: AttentionDecision) {
        self.attention = None;
        self.is_left = decision == AttentionDecision::Leave;
        if decision == AttentionDecision::Retry {
            self.forgiven = Forgiven {
                captures: self.captures.len(),
                voids: self.voids.len(),
                refunds: self.refunds.len(),
            };
        }
    }

    fn evolve_authorization(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::AuthorizationRequested { auth_id } => {
                self.authorize(*auth_id, AuthorizationOutcome::Open);
            }
            PaymentEvent::PaymentActionRequired {
                auth_id,
                gateway_ref,
                next_url,
            } => {
                let outcome = AuthorizationOutcome::ActionRequired {
                    gateway_ref: gateway_ref.clone(),
                    next_url: next_url.clone(),
                };
                self.authorize(*auth_id, outcome);
            }
            PaymentEvent::PaymentAuthorized {
                auth_id,
                amount,
                expires_at,
                gateway_ref,
            } => {
                let outcome = AuthorizationOutcome::Authorized(Authorized {
                    amount: *amount,
                    expires_at: *expires_at,
                    gateway_ref: gateway_ref.clone(),
                });
                self.authorize(*auth_id, outcome);
                self.is_voided = false;
            }
            PaymentEvent::PaymentDeclined { auth_id, code } => {
                let code = code.clone();
                self.authorize(*auth_id, AuthorizationOutcome::Declined { code });
            }
            PaymentEvent::AuthorizationOutcomeUnknown { auth_id, .. } => {
                self.authorize(*auth_id, AuthorizationOutcome::Unknown);
            }
            _ => {}
        }
    }
}

fn failed_in_a_row(attempts: impl DoubleEndedIterator<Item = Attempt>) -> usize {
    let failed = attempts.rev().take_while(|a| *a == Attempt::Failed);
    failed.count()
}

const fn failed(definite: bool) -> Attempt {
    if definite {
        Attempt::Failed
    } else {
        Attempt::Failing
    }
}
