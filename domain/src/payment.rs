//! A payment: one attempt to collect one amount for one order.
//!
//! ```text
//! requested ─ RequestAuthorization ─▶ authorizing ─▶ authorized ─ RequestCapture ─▶ captured ─ RequestRefund ─▶ refunded
//!     │                                 │   ▲  │          │
//!     │                  action required ───┘  ├▶ declined│
//!     └──────────────── RequestVoid ───────────┴──────────┴▶ voided
//! ```
//!
//! Every call to the gateway is an intent with its own id, recorded before the call
//! (`…Requested`), and an outcome, recorded after it. Rules:
//!
//! * each id settles once: done, or failed for good. A *definite* failure closes the id, and a
//!   retry takes a new one; an *unknown* outcome, or a failure that is not definite, keeps it open;
//! * of captures, voids and refunds one is open at a time, in one currency;
//! * captured ≤ authorized and refunded ≤ captured, whatever is open counted in;
//! * an outcome that was learnt already appends nothing, whoever tells it and in what order: the
//!   answer, a webhook, the reconciler. That the gateway holds money outweighs that it declined,
//!   and that it let go of it outweighs both, so late news never hides money that is held.
//!
//! What no policy can settle is raised for a person's attention; the person decides whether it is
//! tried again or was settled outside, and says why.
//!
//! What a payment has to do with its order is composed in [`crate::ordering`].

mod command;
mod decide;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::PaymentCommand;
pub use decide::decide;
pub use event::{AttentionDecision, PaymentEvent, PaymentRequested, RefundReason, RefundRequested};
pub use state::{
    Attempt, Attention, Authorization, AuthorizationOutcome, Authorized, Capture, OpenRequest,
    Payment, PaymentStatus, Refund, Void,
};

use crate::cqrs::cqrs_aggregate;

/// The aggregate's type, as in stream ids.
pub const TYPE: &str = "payment";

cqrs_aggregate!(
    Payment,
    PaymentCommand,
    PaymentEvent,
    |state, command, _facts| decide(state, command)
);
