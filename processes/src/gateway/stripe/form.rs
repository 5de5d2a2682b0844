//! What is sent: the forms of Stripe's requests.

use domain::value::Money;

use super::transport::Form;
use crate::gateway::wire::{self, amount};
use crate::gateway::{Authorize, Capture, Method, Refund, Rest};

/// Longest name of Stripe's that is sent back to it, in characters.
const NAME_CHARS_MAX: usize = 255;

/// A request that Stripe could not be sent.
#[derive(Debug)]
pub(super) struct Unsendable {
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// A payment intent that is confirmed at once where the method is known.
pub(super) fn authorize(request: &Authorize) -> Result<Form, Unsendable> {
    let mut form = vec![
        field("amount", wire_amount(request.amount)?),
        field("currency", amount::currency_code(request.amount.currency)),
        field("capture_method", "manual"),
        field("description", format!("Order {}", request.order)),
        metadata(wire::PAYMENT_ID, request.payment),
        metadata(wire::ORDER_ID, request.order),
        metadata(wire::AUTH_ID, request.id),
        field("expand[]", "latest_charge"),
        field("automatic_payment_methods[enabled]", "true"),
        // Where the account and the card have it, an order can be captured parcel by parcel.
        field(
            "payment_method_options[card][request_multicapture]",
            "if_available",
        ),
    ];
    if let Method::Token(method) = &request.method {
        form.push(field("payment_method", name(method)?));
        form.push(field("confirm", "true"));
        match &request.return_url {
            Some(url) => form.push(field("return_url", url)),
            None => form.push(field("automatic_payment_methods[allow_redirects]", "never")),
        }
    }
    Ok(form)
}

/// A capture; its id goes into the payment's metadata in the same step.
pub(super) fn capture(request: &Capture) -> Result<Form, Unsendable> {
    let amount = wire_amount(request.amount)?;
    let mut form = vec![
        field("amount_to_capture", &amount),
        metadata(&wire::capture_key(request.id), &amount),
    ];
    if request.rest == Rest::Keep {
        form.push(field("final_capture", "false"));
    }
    Ok(form)
}

/// A cancellation.
pub(super) fn void() -> Form {
    vec![field("cancellation_reason", "abandoned")]
}

/// A refund.
pub(super) fn refund(request: &Refund) -> Result<Form, Unsendable> {
    Ok(vec![
        field("payment_intent", name(&request.gateway_ref)?),
        field("amount", wire_amount(request.amount)?),
        metadata(wire::PAYMENT_ID, request.payment),
        metadata(wire::REFUND_ID, request.id),
    ])
}

/// The path of a payment intent.
pub(super) fn intent_path(gateway_ref: &str) -> Result<String, Unsendable> {
    Ok(format!("/v1/payment_intents/{}", name(gateway_ref)?))
}

/// A name that Stripe gave. Anything else must not get into a path.
pub(super) fn name(text: &str) -> Result<&str, Unsendable> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !text.is_empty() && text.len() <= NAME_CHARS_MAX && text.bytes().all(fits) {
        return Ok(text);
    }
    Err(Unsendable {
        code: "not-a-stripe-name",
        message:
            "a name of Stripe's is letters, digits and underscores such as pi_3Pg or pm_card_visa"
                .to_owned(),
    })
}

pub(super) fn field(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

fn metadata(key: &str, value: impl ToString) -> (String, String) {
    (format!("metadata[{key}]"), value.to_string())
}

fn wire_amount(money: Money) -> Result<String, Unsendable> {
    match amount::to_wire(money) {
        Some(amount) if amount > 0 => Ok(amount.to_string()),
        _ => Err(Unsendable {
            code: "amount-not-payable",
            message: format!("{money} cannot be paid by Stripe"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_name_gets_into_a_path() {
        assert_eq!(intent_path("pi_3Pg").unwrap(), "/v1/payment_intents/pi_3Pg");
        for text in ["", "pi_1/../../refunds", "pi?x=1", "pi%2f", "pi 1"] {
            assert!(intent_path(text).is_err(), "{text:?}");
        }
        assert!(name(&"x".repeat(NAME_CHARS_MAX + 1)).is_err());
    }

    #[test]
    fn metadata_keys_fit() {
        assert_eq!(wire::capture_key(uuid::Uuid::nil()).len(), 40);
    }
}
