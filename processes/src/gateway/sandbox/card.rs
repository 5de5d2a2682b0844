//! Test cards: what a payment method's name makes the sandbox do.
//!
//! The first four are Stripe's own names, so that one test runs against both.

use serde::{Deserialize, Serialize};

/// A payment method of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// `pm_card_visa`: everything succeeds.
    Good,
    /// `pm_card_visa_chargeDeclined`: declined, code `card_declined`.
    Declined,
    /// `pm_card_visa_chargeDeclinedInsufficientFunds`: declined, code `insufficient_funds`.
    InsufficientFunds,
    /// `pm_card_authenticationRequired`: the customer must approve first, at an address.
    ActionRequired,
    /// `pm_sandbox_slow`: authorized, and the answer takes [`super::Settings::slow`].
    Slow,
    /// `pm_sandbox_unknown`: authorized, and no answer to the authorization ever comes back, however often it is repeated.
    /// Asking tells.
    Unknown,
    /// `pm_sandbox_lost`: no authorization ever arrives. Asking tells that there is none.
    Lost,
    /// `pm_sandbox_captureFailsOnce`: the first capture fails definitely; under a new id it succeeds.
    CaptureFailsOnce,
    /// `pm_sandbox_refundFailsOnce`: the first refund fails definitely; under a new id it succeeds.
    RefundFailsOnce,
}

impl Card {
    /// Every card with the name that a payment asks for it by.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("pm_card_visa", Self::Good),
        ("pm_card_visa_chargeDeclined", Self::Declined),
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            Self::InsufficientFunds,
        ),
        ("pm_card_authenticationRequired", Self::ActionRequired),
        ("pm_sandbox_slow", Self::Slow),
        ("pm_sandbox_unknown", Self::Unknown),
        ("pm_sandbox_lost", Self::Lost),
        ("pm_sandbox_captureFailsOnce", Self::CaptureFailsOnce),
        ("pm_sandbox_refundFailsOnce", Self::RefundFailsOnce),
    ];

    /// The card of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, card)| *card)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, card)| *card == self);
        found.map_or("", |(name, _)| name)
    }

    /// The code of its refusal, if it refuses.
    pub(super) const fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Declined => Some("card_declined"),
            Self::InsufficientFunds => Some("insufficient_funds"),
            _ => None,
        }
    }
}
