//! A refund of a payment intent.

use domain::value::Money;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::amount::from_wire;
use super::{Metadata, PAYMENT_ID, REFUND_ID, Unreadable, id_in, read};
use crate::gateway::{RefundStanding, RefundState, Refusal};

/// What is read of a refund.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::gateway) struct Refund {
    id: String,
    amount: i64,
    currency: String,
    status: Option<String>,
    failure_reason: Option<String>,
    #[serde(default)]
    metadata: Option<Metadata>,
    /// The payment intent's id, unless it was expanded.
    payment_intent: Option<Value>,
}

impl Refund {
    /// Reads the object.
    pub(in crate::gateway) fn read(value: Value) -> Result<Self, Unreadable> {
        read("refund", value)
    }

    /// Our payment.
    pub(in crate::gateway) fn payment_id(&self) -> Option<Uuid> {
        id_in(self.metadata.as_ref()?, PAYMENT_ID)
    }

    /// Our refund.
    pub(in crate::gateway) fn refund_id(&self) -> Option<Uuid> {
        id_in(self.metadata.as_ref()?, REFUND_ID)
    }

    /// The gateway's name for the payment.
    pub(in crate::gateway) fn payment_ref(&self) -> Option<String> {
        let of = self.payment_intent.as_ref()?;
        let id = of.as_str().or_else(|| of.get("id")?.as_str())?;
        Some(id.to_owned())
    }

    fn amount(&self) -> Result<Money, Unreadable> {
        from_wire(self.amount, &self.currency)
    }

    /// What it says.
    pub(in crate::gateway) fn state(&self) -> Result<RefundState, Unreadable> {
        Ok(RefundState {
            gateway_ref: self.id.clone(),
            id: self.refund_id(),
            amount: self.amount()?,
            standing: self.standing()?,
        })
    }

    fn standing(&self) -> Result<RefundStanding, Unreadable> {
        match self.status.as_deref() {
            Some("succeeded") => Ok(RefundStanding::Settled),
            Some("pending" | "requires_action") => Ok(RefundStanding::Pending),
            Some("failed" | "canceled") => {
                let reason = self.failure_reason.as_deref();
                let code = reason.unwrap_or("refund_failed");
                Ok(RefundStanding::Failed(Refusal::new(
                    code,
                    "the refund did not arrive",
                )))
            }
            other => Err(Unreadable(format!(
                "refund {}: unknown status {other:?}",
                self.id
            ))),
        }
    }
}
