//! A payment intent: one attempt to collect one amount.

use std::time::Duration;

use domain::value::{Money, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::amount::from_wire;
use super::{AUTH_ID, CAPTURE_PREFIX, Metadata, PAYMENT_ID, Unreadable, from_seconds, id_in, read};
use crate::gateway::{Action, PaymentState, RefundState, Refusal, Secret, Settlement, Standing};

/// How long an authorization holds when the gateway does not say: Stripe's seven days for most cards.
pub(in crate::gateway) const AUTHORIZATION_HOLDS: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is read of a payment intent.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::gateway) struct Intent {
    pub(in crate::gateway) id: String,
    amount: i64,
    currency: String,
    #[serde(default)]
    amount_received: i64,
    created: i64,
    pub(in crate::gateway) status: String,
    #[serde(default)]
    metadata: Option<Metadata>,
    client_secret: Option<Secret>,
    next_action: Option<Value>,
    last_payment_error: Option<PaymentError>,
    /// An object where it was asked for, else an id.
    latest_charge: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct PaymentError {
    code: Option<String>,
    decline_code: Option<String>,
    message: Option<String>,
}

impl Intent {
    /// Reads the object.
    pub(in crate::gateway) fn read(value: Value) -> Result<Self, Unreadable> {
        read("payment intent", value)
    }

    /// The authorization of ours that it was made for.
    pub(in crate::gateway) fn auth_id(&self) -> Option<Uuid> {
        id_in(self.metadata.as_ref()?, AUTH_ID)
    }

    /// The payment of ours that it belongs to.
    pub(in crate::gateway) fn payment_id(&self) -> Option<Uuid> {
        id_in(self.metadata.as_ref()?, PAYMENT_ID)
    }

    /// What it says, with the refunds that were asked for separately.
    pub(in crate::gateway) fn state(
        &self,
        refunds: Vec<RefundState>,
    ) -> Result<PaymentState, Unreadable> {
        Ok(PaymentState {
            gateway_ref: self.id.clone(),
            auth_id: self.auth_id(),
            standing: self.standing()?,
            amount: self.amount()?,
            captures: self.captures()?,
            refunds,
        })
    }

    /// How much was asked for.
    pub(in crate::gateway) fn amount(&self) -> Result<Money, Unreadable> {
        from_wire(self.amount, &self.currency)
    }

    /// Where it stands.
    pub(in crate::gateway) fn standing(&self) -> Result<Standing, Unreadable> {
        match self.status.as_str() {
            "requires_capture" => Ok(Standing::Authorized {
                expires_at: self.expires_at()?,
            }),
            "succeeded" => Ok(Standing::Captured),
            "canceled" => Ok(Standing::Voided),
            "processing" | "requires_confirmation" => Ok(Standing::Pending),
            "requires_action" => self.action().map(Standing::ActionRequired),
            "requires_payment_method" => self.without_method(),
            other => Err(Unreadable(format!(
                "payment intent {}: unknown status {other:?}",
                self.id
            ))),
        }
    }

    /// Nothing was tried yet, or what was tried was refused.
    fn without_method(&self) -> Result<Standing, Unreadable> {
        let Some(error) = &self.last_payment_error else {
            return self.token().map(Standing::ActionRequired);
        };
        let code = error.decline_code.as_ref().or(error.code.as_ref());
        Ok(Standing::Declined(Refusal::new(
            code.map_or("declined", String::as_str),
            error.message.as_deref().unwrap_or_default(),
        )))
    }

    fn action(&self) -> Result<Action, Unreadable> {
        let url = self
            .next_action
            .as_ref()
            .and_then(|action| action.pointer("/redirect_to_url/url")?.as_str());
        match url {
            Some(url) => Ok(Action::Redirect(Secret::new(url))),
            None => self.token(),
        }
    }

    fn token(&self) -> Result<Action, Unreadable> {
        let token = self.client_secret.clone().map(Action::Token);
        token.ok_or_else(|| Unreadable(format!("payment intent {}: no client_secret", self.id)))
    }

    /// The charge says until when it can be captured, if it was sent along.
    fn expires_at(&self) -> Result<Timestamp, Unreadable> {
        const CAPTURE_BEFORE: &str = "/payment_method_details/card/capture_before";
        let charge = self.latest_charge.as_ref();
        match charge.and_then(|charge| charge.pointer(CAPTURE_BEFORE)?.as_i64()) {
            Some(seconds) => from_seconds(seconds),
            None => Ok(from_seconds(self.created)?.saturating_add(AUTHORIZATION_HOLDS)),
        }
    }

    /// The captures that its metadata names, and what was received besides.
    fn captures(&self) -> Result<Vec<Settlement>, Unreadable> {
        let mut captures = Vec::new();
        let mut unnamed = self.amount_received;
        for (key, value) in self.metadata.iter().flatten() {
            let id = key.strip_prefix(CAPTURE_PREFIX).map(Uuid::try_parse);
            let (Some(Ok(id)), Ok(amount)) = (id, value.parse::<i64>()) else {
                continue;
            };
            unnamed = unnamed.saturating_sub(amount);
            captures.push(Settlement {
                id: Some(id),
                amount: from_wire(amount, &self.currency)?,
            });
        }
        if unnamed > 0 {
            captures.push(Settlement {
                id: None,
                amount: from_wire(unnamed, &self.currency)?,
            });
        }
        Ok(captures)
    }
}
