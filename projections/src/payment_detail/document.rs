//! What is told of one payment.
//!
//! Nothing of a card is in its events, and what staff say to each other about a refund is left out:
//! the customer may read this document.

use domain::Event;
use domain::order::LineShare;
use domain::payment::{Attempt, AttentionDecision, PaymentEvent, RefundReason, RefundRequested};
use domain::value::{
    AuthorizationId, CaptureId, Money, OrderId, RefundId, Text, Timestamp, VoidId,
};
use serde::{Deserialize, Serialize};

use crate::fold::StreamDocument;
use crate::payment_progress::{AuthorizationStatus, PaymentProgress};
use crate::projection::{PostError, Posting};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PaymentDocument {
    #[serde(flatten)]
    progress: PaymentProgress,
    order_id: OrderId,
    requested_at: Timestamp,
    updated_at: Timestamp,
    /// The gateway's name for the payment.
    gateway_ref: Option<Text>,
    authorizations: Vec<Authorization>,
    captures: Vec<Capture>,
    voids: Vec<Void>,
    refunds: Vec<Refund>,
    /// What a person has to look at.
    attention: Option<Attention>,
    /// Whether a person took it over: nothing more is done by itself.
    left: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Authorization {
    id: AuthorizationId,
    status: AuthorizationStatus,
    amount: Option<Money>,
    expires_at: Option<Timestamp>,
    code: Option<Text>,
    requested_at: Timestamp,
    settled_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Capture {
    id: CaptureId,
    amount: Money,
    #[serde(flatten)]
    request: Request,
}

#[derive(Debug, Serialize, Deserialize)]
struct Void {
    id: VoidId,
    reason: Option<Text>,
    #[serde(flatten)]
    request: Request,
}

#[derive(Debug, Serialize, Deserialize)]
struct Refund {
    id: RefundId,
    amount: Money,
    reason: RefundReason,
    lines: Vec<LineShare>,
    #[serde(flatten)]
    request: Request,
}

/// How far one request to the gateway is.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    status: Attempt,
    /// What the gateway last said of a failure, or what is known of it.
    code: Option<Text>,
    requested_at: Timestamp,
    settled_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Attention {
    what: Text,
    tried: Text,
    since: Timestamp,
}

impl StreamDocument for PaymentDocument {
    fn open(first: &Posting) -> Result<Self, PostError> {
        let progress = PaymentProgress::open(first)?;
        let Event::Payment(PaymentEvent::PaymentRequested(requested)) = &first.event else {
            return Err(first.poison("a payment begins with PaymentRequested"));
        };
        Ok(Self {
            progress,
            order_id: requested.order_id,
            requested_at: first.recorded_at,
            updated_at: first.recorded_at,
            gateway_ref: None,
            authorizations: Vec::new(),
            captures: Vec::new(),
            voids: Vec::new(),
            refunds: Vec::new(),
            attention: None,
            left: false,
        })
    }

    fn evolve(&mut self, posting: &Posting) {
        let Event::Payment(event) = &posting.event else {
            return;
        };
        self.progress.evolve(event, posting.sequence);
        self.updated_at = posting.recorded_at;
        self.authorization(event, posting.recorded_at);
        self.capture(event, posting.recorded_at);
        self.void(event, posting.recorded_at);
        self.refund(event, posting.recorded_at);
        self.attention(event, posting.recorded_at);
    }

    fn version(&self) -> u64 {
        self.progress.version
    }
}

impl PaymentDocument {
    fn authorization(&mut self, event: &PaymentEvent, at: Timestamp) {
        match event {
            PaymentEvent::AuthorizationRequested { auth_id } => {
                self.outcome(*auth_id, AuthorizationStatus::Open, at);
            }
            PaymentEvent::PaymentActionRequired {
                auth_id,
                gateway_ref,
                ..
            } => {
                self.outcome(*auth_id, AuthorizationStatus::ActionRequired, at);
                if gateway_ref.is_some() {
                    self.gateway_ref.clone_from(gateway_ref);
                }
            }
            PaymentEvent::PaymentAuthorized {
                auth_id,
                amount,
                expires_at,
                gateway_ref,
            } => {
                if let Some(asked) = self.outcome(*auth_id, AuthorizationStatus::Authorized, at) {
                    (asked.amount, asked.expires_at) = (Some(*amount), *expires_at);
                }
                self.gateway_ref = Some(gateway_ref.clone());
            }
            PaymentEvent::PaymentDeclined { auth_id, code } => {
                if let Some(asked) = self.outcome(*auth_id, AuthorizationStatus::Declined, at) {
                    asked.code = Some(code.clone());
                }
            }
            PaymentEvent::AuthorizationOutcomeUnknown { auth_id, detail } => {
                if let Some(asked) = self.outcome(*auth_id, AuthorizationStatus::Unknown, at) {
                    asked.code = Some(detail.clone());
                }
            }
            _ => {}
        }
    }

    /// Writes down what came of a request to hold the money.
    fn outcome(
        &mut self,
        id: AuthorizationId,
        status: AuthorizationStatus,
        at: Timestamp,
    ) -> Option<&mut Authorization> {
        if !self.authorizations.iter().any(|asked| asked.id == id) {
            self.authorizations.push(Authorization {
                id,
                status,
                amount: None,
                expires_at: None,
                code: None,
                requested_at: at,
                settled_at: None,
            });
        }
        let asked = self
            .authorizations
            .iter_mut()
            .find(|asked| asked.id == id)?;
        let is_settled = matches!(
            status,
            AuthorizationStatus::Authorized | AuthorizationStatus::Declined
        );
        asked.status = status;
        asked.code = None;
        asked.settled_at = is_settled.then_some(at);
        Some(asked)
    }

    fn capture(&mut self, event: &PaymentEvent, at: Timestamp) {
        let id = match event {
            PaymentEvent::CaptureRequested { capture_id, amount } => {
                self.captures.push(Capture {
                    id: *capture_id,
                    amount: *amount,
                    request: Request::made(at),
                });
                return;
            }
            PaymentEvent::PaymentCaptured { capture_id, .. }
            | PaymentEvent::CaptureFailed { capture_id, .. }
            | PaymentEvent::CaptureOutcomeUnknown { capture_id, .. } => *capture_id,
            _ => return,
        };
        if let Some(capture) = self.captures.iter_mut().find(|capture| capture.id == id) {
            capture.request.learn(event, at);
        }
    }

    fn void(&mut self, event: &PaymentEvent, at: Timestamp) {
        let id = match event {
            PaymentEvent::VoidRequested { void_id, reason } => {
                self.voids.push(Void {
                    id: *void_id,
                    reason: reason.clone(),
                    request: Request::made(at),
                });
                return;
            }
            PaymentEvent::PaymentVoided { void_id } => {
                // Whatever was asked for is so, by whoever's doing.
                let open = self.voids.last().filter(|v| v.request.status.is_open());
                void_id.or(open.map(|void| void.id))
            }
            PaymentEvent::VoidFailed { void_id, .. } => Some(*void_id),
            _ => return,
        };
        if let Some(void) = self.voids.iter_mut().find(|void| Some(void.id) == id) {
            void.request.learn(event, at);
        }
    }

    fn refund(&mut self, event: &PaymentEvent, at: Timestamp) {
        let id = match event {
            PaymentEvent::RefundRequested(requested) => {
                self.refunds.push(Refund::of(requested, at));
                return;
            }
            PaymentEvent::PaymentRefunded { refund_id, .. }
            | PaymentEvent::RefundFailed { refund_id, .. }
            | PaymentEvent::RefundOutcomeUnknown { refund_id, .. } => *refund_id,
            _ => return,
        };
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.id == id) {
            refund.request.learn(event, at);
        }
    }

    fn attention(&mut self, event: &PaymentEvent, at: Timestamp) {
        match event {
            PaymentEvent::PaymentAttentionRaised { what, tried } => {
                self.attention = Some(Attention {
                    what: what.clone(),
                    tried: tried.clone(),
                    since: at,
                });
            }
            PaymentEvent::PaymentAttentionSettled { decision, .. } => {
                self.attention = None;
                self.left = *decision == AttentionDecision::Leave;
            }
            _ => {}
        }
    }
}

impl Refund {
    fn of(requested: &RefundRequested, at: Timestamp) -> Self {
        Self {
            id: requested.refund_id,
            amount: requested.amount,
            reason: requested.reason,
            lines: requested.lines.clone(),
            request: Request::made(at),
        }
    }
}

impl Request {
    const fn made(at: Timestamp) -> Self {
        Self {
            status: Attempt::Open,
            code: None,
            requested_at: at,
            settled_at: None,
        }
    }

    /// Takes into account what an event says of this request.
    fn learn(&mut self, event: &PaymentEvent, at: Timestamp) {
        let (status, code) = match event {
            PaymentEvent::PaymentCaptured { .. }
            | PaymentEvent::PaymentVoided { .. }
            | PaymentEvent::PaymentRefunded { .. } => (Attempt::Done, None),
            PaymentEvent::CaptureFailed { definite, code, .. }
            | PaymentEvent::VoidFailed { definite, code, .. }
            | PaymentEvent::RefundFailed { definite, code, .. } => {
                let status = if *definite {
                    Attempt::Failed
                } else {
                    Attempt::Failing
                };
                (status, Some(code))
            }
            PaymentEvent::CaptureOutcomeUnknown { detail, .. }
            | PaymentEvent::RefundOutcomeUnknown { detail, .. } => (Attempt::Unknown, Some(detail)),
            _ => return,
        };
        self.status = status;
        self.code = code.cloned();
        self.settled_at = (!status.is_open()).then_some(at);
    }
}
