//! A line of Stripe's books: a balance transaction with what it came from.

use domain::value::Money;
use serde::Deserialize;
use serde_json::Value;

use crate::gateway::wire::amount::from_wire;
use crate::gateway::wire::{Intent, Unreadable, from_seconds};
use crate::gateway::{Movement, MovementKind};

#[derive(Deserialize)]
struct Transaction {
    amount: i64,
    currency: String,
    created: i64,
    #[serde(rename = "type")]
    kind: String,
    source: Option<Value>,
}

/// Reads a balance transaction.
pub(super) fn read(value: Value) -> Result<Movement, Unreadable> {
    let transaction: Transaction = serde_json::from_value(value)
        .map_err(|error| Unreadable(format!("balance transaction: {error}")))?;
    let kind = match transaction.kind.as_str() {
        "charge" | "payment" => MovementKind::Captured,
        "refund" | "payment_refund" => MovementKind::Refunded,
        "refund_failure" | "payment_failure_refund" => MovementKind::RefundReturned,
        other => MovementKind::Other(other.to_owned()),
    };
    let amount = amount(&transaction, &kind)?;
    let source = transaction.source.as_ref();
    let intent = source.and_then(|source| source.get("payment_intent"));
    let gateway_ref = intent.and_then(|of| of.as_str().or_else(|| of.get("id")?.as_str()));
    let id = match kind {
        MovementKind::Captured => intent.and_then(|intent| capture_of(intent, amount)),
        MovementKind::Refunded | MovementKind::RefundReturned => source.and_then(refund_of),
        MovementKind::Other(_) => None,
    };
    Ok(Movement {
        id,
        gateway_ref: gateway_ref.map(str::to_owned),
        amount,
        kind,
        at: from_seconds(transaction.created)?,
    })
}

/// In the payer's currency. A balance in another has been converted; the source has the amount then.
fn amount(transaction: &Transaction, kind: &MovementKind) -> Result<Money, Unreadable> {
    if matches!(kind, MovementKind::Other(_)) {
        return from_wire(transaction.amount, &transaction.currency);
    }
    let source = transaction.source.as_ref();
    let currency = source.and_then(|source| source.get("currency")?.as_str());
    let currency = currency.unwrap_or(&transaction.currency);
    if currency == transaction.currency {
        let amount = transaction.amount.checked_abs().unwrap_or(i64::MAX);
        return from_wire(amount, currency);
    }
    let field = match kind {
        MovementKind::Captured => "amount_captured",
        _ => "amount",
    };
    let amount = source.and_then(|source| source.get(field)?.as_i64());
    let amount = amount.ok_or_else(|| Unreadable(format!("a source without {field}")))?;
    from_wire(amount, currency)
}

/// Our capture, if exactly one of the payment's was of this amount.
fn capture_of(intent: &Value, amount: Money) -> Option<uuid::Uuid> {
    let state = Intent::read(intent.clone()).ok()?.state(Vec::new()).ok()?;
    let mut fitting = state.captures.iter().filter(|of| of.amount == amount);
    let only = fitting.next()?;
    fitting.next().is_none().then_some(only.id)?
}

fn refund_of(source: &Value) -> Option<uuid::Uuid> {
    crate::gateway::wire::Refund::read(source.clone())
        .ok()?
        .refund_id()
}

#[cfg(test)]
mod tests {
    use domain::value::Currency;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_capture_is_known_by_our_id() {
        let id = Uuid::from_u128(7);
        let key = format!("capture_{}", id.simple());
        let movement = read(json!({
            "amount": 500, "currency": "eur", "created": 1_700_000_000, "type": "charge",
            "source": {"object": "charge", "currency": "eur", "payment_intent": {
                "id": "pi_1", "amount": 900, "amount_received": 500, "currency": "eur",
                "created": 1_700_000_000, "status": "succeeded", "metadata": {key: "500"}}},
        }));
        let movement = movement.unwrap();
        assert_eq!(movement.id, Some(id));
        assert_eq!(movement.gateway_ref.as_deref(), Some("pi_1"));
        assert_eq!(movement.kind, MovementKind::Captured);
        assert_eq!(movement.amount, Money::new(500, Currency::EUR));
    }

    #[test]
    fn a_refund_in_another_currency_is_told_in_the_payers() {
        let id = Uuid::from_u128(8);
        let movement = read(json!({
            "amount": -455, "currency": "usd", "created": 1_700_000_000, "type": "refund",
            "source": {"id": "re_1", "object": "refund", "currency": "eur", "amount": 400,
                "status": "succeeded", "payment_intent": "pi_1", "metadata": {"refund_id": id}},
        }));
        let movement = movement.unwrap();
        assert_eq!(
            (movement.id, movement.kind),
            (Some(id), MovementKind::Refunded)
        );
        assert_eq!(movement.amount, Money::new(400, Currency::EUR));
    }

    #[test]
    fn what_no_call_of_ours_makes_is_listed_too() {
        let movement = read(json!({"amount": -1_500, "currency": "usd", "created": 1,
            "type": "adjustment", "source": null}));
        let movement = movement.unwrap();
        assert_eq!(movement.kind, MovementKind::Other("adjustment".to_owned()));
        assert_eq!(movement.amount.minor, -1_500);
    }
}
