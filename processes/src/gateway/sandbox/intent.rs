//! A payment as the sandbox keeps it, and as it is written for others: Stripe's payment intent.

use domain::value::{Money, OrderId, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Card;
use crate::gateway::wire::{self, amount};

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Waits for the customer to choose a method.
    NoMethod,
    /// Waits for the customer to approve.
    ActionRequired,
    Declined(&'static str),
    Authorized,
    Captured,
    Voided,
}

/// A refund that happened.
#[derive(Debug, Clone)]
pub(super) struct Refunded {
    pub(super) id: Uuid,
    pub(super) amount: i64,
}

/// A payment.
#[derive(Debug, Clone)]
pub(super) struct Intent {
    pub(super) reference: String,
    pub(super) auth_id: Uuid,
    pub(super) payment: Uuid,
    pub(super) order: OrderId,
    pub(super) amount: Money,
    /// The same in the units of the wire.
    pub(super) wire_amount: i64,
    pub(super) card: Option<Card>,
    pub(super) created: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) stage: Stage,
    pub(super) captures: Vec<(Uuid, i64)>,
    pub(super) refunds: Vec<Refunded>,
    /// How many events it has had, for their names.
    pub(super) events: u32,
    /// Whether the one failure of a card that fails once is over.
    pub(super) has_failed: bool,
}

impl Intent {
    /// Minor units captured.
    pub(super) fn captured(&self) -> i64 {
        self.captures.iter().map(|(_, amount)| amount).sum()
    }

    /// Minor units given back.
    pub(super) fn refunded(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.amount).sum()
    }

    /// Money of the payment's currency.
    pub(super) fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.amount.currency)
    }

    /// What the customer's browser authenticates with; it protects nothing here.
    fn client_secret(&self) -> String {
        format!("{}_secret_sandbox", self.reference)
    }

    fn status(&self) -> &'static str {
        match self.stage {
            Stage::NoMethod | Stage::Declined(_) => "requires_payment_method",
            Stage::ActionRequired => "requires_action",
            Stage::Authorized => "requires_capture",
            Stage::Captured => "succeeded",
            Stage::Voided => "canceled",
        }
    }

    /// As Stripe writes it; `page` is where its customer approves.
    pub(super) fn json(&self, page: &str) -> Value {
        let wire = |minor| amount::to_wire(self.money(minor)).unwrap_or(minor);
        let held = self.stage == Stage::Authorized;
        let captured = self.captured();
        let mut metadata = json!({
            wire::PAYMENT_ID: self.payment, wire::ORDER_ID: self.order, wire::AUTH_ID: self.auth_id,
        });
        for (id, minor) in &self.captures {
            metadata[wire::capture_key(*id)] = wire(*minor).to_string().into();
        }
        let error = match self.stage {
            Stage::Declined(code) => {
                json!({"type": "card_error", "code": "card_declined", "decline_code": code,
                    "message": "The sandbox's card was declined."})
            }
            _ => Value::Null,
        };
        let action = match self.stage {
            Stage::ActionRequired => json!({"type": "redirect_to_url", "redirect_to_url": {
                "url": format!("{page}/{}", self.reference)}}),
            _ => Value::Null,
        };
        json!({
            "id": self.reference, "object": "payment_intent", "status": self.status(),
            "amount": self.wire_amount, "currency": amount::currency_code(self.amount.currency),
            "amount_received": wire(captured),
            "amount_capturable": if held { wire(self.amount.minor - captured) } else { 0 },
            "capture_method": "manual", "created": wire::to_seconds(self.created),
            "client_secret": self.client_secret(), "metadata": metadata,
            "next_action": action, "last_payment_error": error,
            "latest_charge": {"payment_method_details": {"card": {
                "capture_before": wire::to_seconds(self.expires_at)}}},
        })
    }

    /// One of its refunds, as Stripe writes it.
    pub(super) fn refund_json(&self, refund: &Refunded) -> Value {
        let wire = amount::to_wire(self.money(refund.amount)).unwrap_or(refund.amount);
        json!({
            "id": refund_reference(refund.id), "object": "refund", "status": "succeeded",
            "amount": wire, "currency": amount::currency_code(self.amount.currency),
            "payment_intent": self.reference,
            "metadata": {wire::PAYMENT_ID: self.payment, wire::REFUND_ID: refund.id},
        })
    }
}

/// The sandbox's name for a refund.
pub(super) fn refund_reference(id: Uuid) -> String {
    format!("re_{}", id.simple())
}
