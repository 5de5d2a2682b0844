//! What has happened to a payment.
//!
//! No event holds anything of a card, a secret of a gateway or a key: a gateway's reference, a
//! code and an amount are all that is ever needed again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::kind::event_kinds;
use crate::order::LineShare;
use crate::value::{
    AuthorizationId, CaptureId, Money, OrderId, PaymentId, Prose, RefundId, Text, Timestamp, VoidId,
};

/// An event of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum PaymentEvent {
    /// An amount is to be collected for an order.
    // Shared, because the state keeps it whole.
    PaymentRequested(Arc<PaymentRequested>),
    /// The gateway is about to be asked to authorize it.
    AuthorizationRequested {
        /// Names the request to the gateway.
        auth_id: AuthorizationId,
    },
    /// The gateway waits for the customer.
    PaymentActionRequired {
        /// Of which request.
        auth_id: AuthorizationId,
        /// The gateway's name for the payment, if it gave one already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gateway_ref: Option<Text>,
        /// The address that the customer has to open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_url: Option<Prose>,
    },
    /// The gateway holds the money.
    PaymentAuthorized {
        /// Of which request.
        auth_id: AuthorizationId,
        /// How much it holds.
        amount: Money,
        /// Until when, if it says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        /// The gateway's name for the payment.
        gateway_ref: Text,
    },
    /// The gateway refused.
    PaymentDeclined {
        /// Of which request.
        auth_id: AuthorizationId,
        /// Why, in the gateway's word.
        code: Text,
    },
    /// It is not known whether the gateway authorized it. The request stays open.
    AuthorizationOutcomeUnknown {
        /// Of which request.
        auth_id: AuthorizationId,
        /// What is known: time-out, connection lost.
        detail: Text,
    },
    /// The gateway is about to be asked for what it holds.
    CaptureRequested {
        /// Names the request to the gateway.
        capture_id: CaptureId,
        /// How much of it.
        amount: Money,
    },
    /// The gateway took it from the customer.
    PaymentCaptured {
        /// By which request.
        capture_id: CaptureId,
        /// How much.
        amount: Money,
        /// The gateway's name for the movement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gateway_ref: Option<Text>,
    },
    /// The gateway answered with an error.
    CaptureFailed {
        /// To which request.
        capture_id: CaptureId,
        /// Whether nothing was taken for sure: then the request is closed, else it stays open.
        definite: bool,
        /// Why, in the gateway's word.
        code: Text,
    },
    /// It is not known whether the gateway took it. The request stays open.
    CaptureOutcomeUnknown {
        /// Of which request.
        capture_id: CaptureId,
        /// What is known: time-out, connection lost.
        detail: Text,
    },
    /// The gateway is about to be asked to let go of the payment.
    VoidRequested {
        /// Names the request to the gateway.
        void_id: VoidId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    },
    /// The gateway holds nothing and will not.
    PaymentVoided {
        /// By which request; none if the gateway did it by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        void_id: Option<VoidId>,
    },
    /// The gateway answered with an error, or not at all.
    VoidFailed {
        /// To which request.
        void_id: VoidId,
        /// Whether nothing happened for sure: then the request is closed, else it stays open.
        definite: bool,
        /// Why, in the gateway's word.
        code: Text,
    },
    /// The gateway is about to be asked to give money back.
    RefundRequested(RefundRequested),
    /// The gateway gave it back. Says again what was asked for, so that the books need no more.
    PaymentRefunded {
        /// By which request.
        refund_id: RefundId,
        /// How much.
        amount: Money,
        /// Why.
        reason: RefundReason,
        /// For which units, if for any.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<LineShare>,
        /// The gateway's name for the movement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gateway_ref: Option<Text>,
    },
    /// The gateway answered with an error.
    RefundFailed {
        /// To which request.
        refund_id: RefundId,
        /// Whether nothing was given back for sure: then the request is closed, else it stays open.
        definite: bool,
        /// Why, in the gateway's word.
        code: Text,
    },
    /// It is not known whether the gateway gave it back. The request stays open.
    RefundOutcomeUnknown {
        /// Of which request.
        refund_id: RefundId,
        /// What is known: time-out, connection lost.
        detail: Text,
    },
    /// No policy can settle it: a person has to look at it.
    PaymentAttentionRaised {
        /// What is wrong.
        what: Text,
        /// What was tried.
        tried: Text,
    },
    /// A person has looked at it.
    PaymentAttentionSettled {
        /// What is to be done.
        decision: AttentionDecision,
        /// Why.
        reason: Text,
    },
}

event_kinds!(
    PaymentEvent,
    "payment",
    [
        PaymentRequested "1",
        AuthorizationRequested "1",
        PaymentActionRequired "1",
        PaymentAuthorized "1",
        PaymentDeclined "1",
        AuthorizationOutcomeUnknown "1",
        CaptureRequested "1",
        PaymentCaptured "1",
        CaptureFailed "1",
        CaptureOutcomeUnknown "1",
        VoidRequested "1",
        PaymentVoided "1",
        VoidFailed "1",
        RefundRequested "1",
        PaymentRefunded "1",
        RefundFailed "1",
        RefundOutcomeUnknown "1",
        PaymentAttentionRaised "1",
        PaymentAttentionSettled "1",
    ]
);

/// What is to be collected, for what and through whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PaymentRequested {
    /// Its id.
    pub payment_id: PaymentId,
    /// For which order.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
    /// Through which gateway.
    pub gateway: Text,
    /// With which of its methods.
    pub method: Text,
}

/// What is to be given back, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RefundRequested {
    /// Names the request to the gateway.
    pub refund_id: RefundId,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: RefundReason,
    /// For which units, with their share of their lines; none if it is for no units in particular.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineShare>,
    /// What whoever asked for it has to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

/// Why money is given back. It decides which account of the books bears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// Units that were paid for will not be sent: the customer's prepayment.
    Cancelled,
    /// Units came back: a sale that is undone.
    Returned,
    /// Out of kindness, or for a complaint: less was earned.
    Goodwill,
}

/// What a person decides about a payment that no policy could settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttentionDecision {
    /// Try again: what failed before no longer counts.
    Retry,
    /// It was settled outside: nothing more is done by itself.
    Leave,
}
