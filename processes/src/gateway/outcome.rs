//! What a call to a gateway can come to. Nothing else: every error of the way there is one of these.

use std::fmt;

use domain::value::{Money, Timestamp};

use super::{PaymentState, Secret, Standing};

/// Longest message of a gateway that is kept, in characters.
const MESSAGE_CHARS_MAX: usize = 200;

/// The outcome of one call, for the id that the call carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It happened. Repeating the call with the same id gives the same answer and moves nothing.
    Done(Receipt),
    /// The payer's bank or the gateway's rules said no. Definite: the id is closed.
    Declined(Refusal),
    /// The customer must do something first. The id stays open; a webhook or asking tells how it ended.
    ActionRequired {
        /// The gateway's name for the payment.
        gateway_ref: String,
        /// What the customer is to be given.
        action: Action,
    },
    /// It did not and will not happen under this id. Definite: a retry takes a new id.
    Failed(Refusal),
    /// Perhaps it happened. The id stays: ask, then repeat with the same id. Never take a new one.
    Unknown(Doubt),
}

/// What a gateway confirms when it has done something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The gateway's name for it: of the payment for authorize, capture and void, of the refund for refund.
    pub gateway_ref: String,
    /// How much was authorized, captured or refunded; for a void the amount that is held no longer.
    pub amount: Money,
    /// Until when an authorization can be captured. Only with authorize.
    pub expires_at: Option<Timestamp>,
}

/// Why a gateway refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A stable code: the gateway's own where it has one (`card_declined`, `insufficient_funds`), else kebab-case of ours.
    pub code: String,
    /// What the gateway says about it, shortened; for operators, not for customers.
    pub message: String,
}

impl Refusal {
    /// A refusal; an overlong message is cut.
    #[must_use]
    pub fn new(code: impl Into<String>, message: &str) -> Self {
        Self {
            code: code.into(),
            message: message.chars().take(MESSAGE_CHARS_MAX).collect(),
        }
    }
}

/// Why an outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// No answer in time, or the connection broke.
    NoAnswer,
    /// The gateway answered with an error of its own (HTTP status 5xx).
    GatewayError(u16),
    /// Too many requests; this one was probably not looked at.
    Busy,
    /// The gateway works on it and will say later.
    Pending,
    /// The id was used for another request before; what became of that one has to be asked.
    KeyReused,
    /// The gateway does not accept our credentials. An operator must act; nothing is lost meanwhile.
    NotAuthenticated,
    /// An answer came that cannot be understood; what it lacked.
    Unreadable(String),
}

impl fmt::Display for Doubt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer => out.write_str("no answer in time"),
            Self::GatewayError(status) => write!(out, "the gateway failed with status {status}"),
            Self::Busy => out.write_str("the gateway is busy"),
            Self::Pending => out.write_str("the gateway is still at work on it"),
            Self::KeyReused => out.write_str("this id was used for another request before"),
            Self::NotAuthenticated => out.write_str("the gateway refuses our credentials"),
            Self::Unreadable(what) => write!(out, "the answer cannot be understood: {what}"),
        }
    }
}

/// What the customer needs to go on. Both may authenticate the customer, hence secret: hand them to
/// the customer's browser, keep them out of events and logs, and ask the gateway again when needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// An address to send the browser to.
    Redirect(Secret),
    /// A token for the gateway's own page script.
    Token(Secret),
}

/// What the state of a payment means for whoever authorized it.
pub(super) fn of_authorization(state: PaymentState) -> Outcome {
    let (gateway_ref, amount) = (state.gateway_ref, state.amount);
    let done = |expires_at| {
        Outcome::Done(Receipt {
            gateway_ref: gateway_ref.clone(),
            amount,
            expires_at,
        })
    };
    match state.standing {
        Standing::Authorized { expires_at } => done(Some(expires_at)),
        Standing::Captured => done(None),
        Standing::Declined(refusal) => Outcome::Declined(refusal),
        Standing::Voided => Outcome::Failed(Refusal::new("canceled", "the payment was cancelled")),
        Standing::Pending => Outcome::Unknown(Doubt::Pending),
        Standing::ActionRequired(action) => Outcome::ActionRequired {
            gateway_ref,
            action,
        },
    }
}
