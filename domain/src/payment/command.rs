//! What may be asked of a payment. `Request…` are intents, recorded before the gateway is called;
//! `Record…` are what was learnt from it, by its answer, a webhook or asking.

use std::sync::Arc;

use super::event::{AttentionDecision, PaymentRequested, RefundRequested};
use crate::value::{AuthorizationId, CaptureId, Money, Prose, RefundId, Text, Timestamp, VoidId};

/// A command to a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentCommand {
    /// Collect an amount for an order.
    RequestPayment(Arc<PaymentRequested>),
    /// Have the gateway hold the amount.
    RequestAuthorization {
        /// Names the request to the gateway.
        auth_id: AuthorizationId,
    },
    /// The gateway waits for the customer.
    RecordActionRequired {
        /// Of which request.
        auth_id: AuthorizationId,
        /// The gateway's name for the payment, if it gave one already.
        gateway_ref: Option<Text>,
        /// The address that the customer has to open.
        next_url: Option<Prose>,
    },
    /// The gateway holds the money.
    RecordAuthorized {
        /// Of which request.
        auth_id: AuthorizationId,
        /// How much it holds.
        amount: Money,
        /// Until when, if it says so.
        expires_at: Option<Timestamp>,
        /// The gateway's name for the payment.
        gateway_ref: Text,
    },
    /// The gateway refused.
    RecordDeclined {
        /// Of which request.
        auth_id: AuthorizationId,
        /// Why, in the gateway's word.
        code: Text,
    },
    /// It is not known what the gateway did.
    RecordAuthorizationUnknown {
        /// Of which request.
        auth_id: AuthorizationId,
        /// What is known.
        detail: Text,
    },
    /// Take what the gateway holds.
    RequestCapture {
        /// Names the request to the gateway.
        capture_id: CaptureId,
        /// How much of it.
        amount: Money,
    },
    /// The gateway took it.
    RecordCaptured {
        /// By which request.
        capture_id: CaptureId,
        /// How much, as the gateway says.
        amount: Money,
        /// The gateway's name for the movement.
        gateway_ref: Option<Text>,
    },
    /// The gateway answered a capture with an error.
    RecordCaptureFailed {
        /// To which request.
        capture_id: CaptureId,
        /// Whether nothing was taken for sure.
        definite: bool,
        /// Why, in the gateway's word.
        code: Text,
    },
    /// It is not known whether the gateway took it.
    RecordCaptureUnknown {
        /// Of which request.
        capture_id: CaptureId,
        /// What is known.
        detail: Text,
    },
    /// Have the gateway let go of it.
    RequestVoid {
        /// Names the request to the gateway.
        void_id: VoidId,
        /// Why.
        reason: Option<Text>,
    },
    /// The gateway let go of it.
    RecordVoided {
        /// By which request; none if the gateway did it by itself.
        void_id: Option<VoidId>,
    },
    /// The gateway answered a void with an error, or not at all.
    RecordVoidFailed {
        /// To which request.
        void_id: VoidId,
        /// Whether nothing happened for sure.
        definite: bool,
        /// Why, in the gateway's word.
        code: Text,
    },
    /// Give money back.
    RequestRefund(RefundRequested),
    /// The gateway gave it back.
    RecordRefunded {
        /// By which request.
        refund_id: RefundId,
        /// How much, as the gateway says.
        amount: Money,
        /// The gateway's name for the movement.
        gateway_ref: Option<Text>,
    },
    /// The gateway answered a refund with an error.
    RecordRefundFailed {
        /// To which request.
        refund_id: RefundId,
        /// Whether nothing was given back for sure.
        definite: bool,
        /// Why, in the gateway's word.
        code: Text,
    },
    /// It is not known whether the gateway gave it back.
    RecordRefundUnknown {
        /// Of which request.
        refund_id: RefundId,
        /// What is known.
        detail: Text,
    },
    /// Have a person look at it.
    RaiseAttention {
        /// What is wrong.
        what: Text,
        /// What was tried.
        tried: Text,
    },
    /// Say what is to be done about it.
    SettleAttention {
        /// What.
        decision: AttentionDecision,
        /// Why.
        reason: Text,
    },
}

impl PaymentCommand {
    /// Its name, as recorded.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RequestPayment(_) => "RequestPayment",
            Self::RequestAuthorization { .. } => "RequestAuthorization",
            Self::RecordActionRequired { .. } => "RecordActionRequired",
            Self::RecordAuthorized { .. } => "RecordAuthorized",
            Self::RecordDeclined { .. } => "RecordDeclined",
            Self::RecordAuthorizationUnknown { .. } => "RecordAuthorizationUnknown",
            Self::RequestCapture { .. } => "RequestCapture",
            Self::RecordCaptured { .. } => "RecordCaptured",
            Self::RecordCaptureFailed { .. } => "RecordCaptureFailed",
            Self::RecordCaptureUnknown { .. } => "RecordCaptureUnknown",
            Self::RequestVoid { .. } => "RequestVoid",
            Self::RecordVoided { .. } => "RecordVoided",
            Self::RecordVoidFailed { .. } => "RecordVoidFailed",
            Self::RequestRefund(_) => "RequestRefund",
            Self::RecordRefunded { .. } => "RecordRefunded",
            Self::RecordRefundFailed { .. } => "RecordRefundFailed",
            Self::RecordRefundUnknown { .. } => "RecordRefundUnknown",
            Self::RaiseAttention { .. } => "RaiseAttention",
            Self::SettleAttention { .. } => "SettleAttention",
        }
    }
}
