//! What an answer that is no success means for the id.
//!
//! Definite is only what Stripe says after having looked at the request itself. Whatever may be
//! said by something in front of it, or about another request under the same key, is unknown.

use serde::Deserialize;
use serde_json::Value;

use super::transport::Answer;
use crate::gateway::{Doubt, Outcome, Refusal};

/// The error object of Stripe's answers.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Failure {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    message: Option<String>,
    /// The payment as it stands, with errors about one.
    pub(super) payment_intent: Option<Value>,
}

impl Failure {
    /// The error in an answer's body; an empty one if there is none.
    pub(super) fn of(answer: &mut Answer) -> Self {
        let error = answer.body.get_mut("error").map(Value::take);
        error
            .and_then(|error| serde_json::from_value(error).ok())
            .unwrap_or_default()
    }

    /// Stripe's code, more exact for declines.
    pub(super) fn code(&self) -> Option<&str> {
        self.decline_code.as_deref().or(self.code.as_deref())
    }

    /// What it means.
    pub(super) fn outcome(&self, status: u16) -> Outcome {
        let refusal = || {
            let code = self.code().or(self.kind.as_deref());
            let message = self.message.as_deref().unwrap_or_default();
            Refusal::new(code.unwrap_or("invalid_request_error"), message)
        };
        match (status, self.kind.as_deref()) {
            // Before the kinds: these are said without looking at the key.
            (401 | 403, _) => Outcome::Unknown(Doubt::NotAuthenticated),
            (429, _) => Outcome::Unknown(Doubt::Busy),
            (500.., _) => Outcome::Unknown(Doubt::GatewayError(status)),
            (_, Some("idempotency_error")) => Outcome::Unknown(Doubt::KeyReused),
            // Another request with this key is being worked on.
            (409, _) => Outcome::Unknown(Doubt::Pending),
            (402, _) | (400..500, Some("card_error")) => Outcome::Declined(refusal()),
            // An error without Stripe's error object is not Stripe's.
            (400..500, Some(_)) => Outcome::Failed(refusal()),
            _ => Outcome::Unknown(Doubt::GatewayError(status)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(status: u16, error: Value) -> Outcome {
        let mut answer = Answer {
            status,
            should_retry: None,
            retry_after: None,
            body: json!({ "error": error }),
        };
        Failure::of(&mut answer).outcome(status)
    }

    #[test]
    fn a_card_that_is_refused_is_declined_with_the_exact_code() {
        let error = json!({"type": "card_error", "code": "card_declined",
            "decline_code": "insufficient_funds", "message": "Your card has insufficient funds."});
        let Outcome::Declined(refusal) = outcome(402, error) else {
            panic!("not declined");
        };
        assert_eq!(refusal.code, "insufficient_funds");
        let error = json!({"type": "card_error", "code": "expired_card"});
        assert!(matches!(outcome(402, error), Outcome::Declined(r) if r.code == "expired_card"));
    }

    #[test]
    fn a_wrong_request_is_definite() {
        let error = json!({"type": "invalid_request_error", "code": "resource_missing"});
        for status in [400, 404] {
            let failed = outcome(status, error.clone());
            assert!(matches!(failed, Outcome::Failed(r) if r.code == "resource_missing"));
        }
    }

    #[test]
    fn what_says_nothing_about_the_request_is_unknown() {
        let invalid = || json!({"type": "invalid_request_error"});
        for (status, error, doubt) in [
            (401, invalid(), Doubt::NotAuthenticated),
            (403, invalid(), Doubt::NotAuthenticated),
            (429, invalid(), Doubt::Busy),
            (409, invalid(), Doubt::Pending),
            (400, json!({"type": "idempotency_error"}), Doubt::KeyReused),
            (409, json!({"type": "idempotency_error"}), Doubt::KeyReused),
            (500, json!({"type": "api_error"}), Doubt::GatewayError(500)),
            (503, Value::Null, Doubt::GatewayError(503)),
            (404, Value::Null, Doubt::GatewayError(404)),
            (302, Value::Null, Doubt::GatewayError(302)),
        ] {
            assert_eq!(outcome(status, error), Outcome::Unknown(doubt), "{status}");
        }
    }
}
