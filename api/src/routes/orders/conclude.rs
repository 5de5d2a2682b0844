//! `Prefer: wait=…` on `POST /v1/orders`: the answer comes when the order is confirmed or rejected, or after that long.
//!
//! Confirmed is 201. A payment that was declined, or that needs the customer, is 402 and names the order, which exists
//! all the same. The position and version of the answer are those of what became of the order, so whatever is read from
//! there on shows it.

use std::time::Instant;

use axum::response::{IntoResponse, Response};
use commands::watch::{Conclusion, Fate};
use commands::{Commands, Context, Receipt};
use domain::order::RejectReason;
use domain::ordering::PlaceOrder;
use domain::value::{Prose, Text};

use super::COLLECTION;
use crate::answer::Accepted;
use crate::problem::{Code, Problem};
use crate::request::{PREFERENCE_APPLIED, Wait};

/// Places an order and waits for what becomes of it.
pub async fn place_and_wait(
    commands: &Commands,
    order: PlaceOrder,
    context: Context,
    wait: Wait,
) -> Result<Response, Problem> {
    let deadline = Instant::now() + wait.duration();
    let watch = commands.watch(order.order_id)?;
    let receipt = commands.place_order(order, context).await?;
    let concluded = watch.concluded(&receipt, deadline).await?;
    let mut response = answer(receipt, concluded);
    let applied = wait.applied();
    response.headers_mut().insert(PREFERENCE_APPLIED, applied);
    Ok(response)
}

fn answer(receipt: Receipt, concluded: Option<Conclusion>) -> Response {
    let Some(concluded) = concluded else {
        return with_status(receipt, "placed").into_response();
    };
    let receipt = concluded.advance(receipt);
    match concluded.fate {
        Fate::Confirmed => with_status(receipt, "confirmed").into_response(),
        Fate::Cancelled => with_status(receipt, "cancelled").into_response(),
        Fate::Rejected {
            reason: RejectReason::PaymentDeclined,
            code,
        } => declined(receipt, code),
        Fate::Rejected { reason, .. } => with_status(receipt, "rejected")
            .with("reason", name(reason))
            .into_response(),
        Fate::ActionRequired { next_url } => action_required(receipt, next_url),
    }
}

fn with_status(receipt: Receipt, status: &str) -> Accepted {
    Accepted::created(receipt, COLLECTION).with("status", status)
}

fn declined(receipt: Receipt, code: Option<Text>) -> Response {
    let detail = "the payment was declined; the order is rejected and its stock released";
    let mut problem = Problem::new(Code::PaymentDeclined, detail);
    if let Some(code) = code {
        problem = problem.with("decline_code", code);
    }
    of_order(problem, receipt)
}

fn action_required(receipt: Receipt, next_url: Option<Prose>) -> Response {
    let detail = "the order is placed, and the customer has to approve the payment first; `next_url` is where";
    let mut problem = Problem::new(Code::PaymentActionRequired, detail);
    if let Some(next_url) = next_url {
        problem = problem.with("next_url", next_url);
    }
    of_order(problem, receipt)
}

/// A problem with an order that exists: it has the headers of its receipt.
fn of_order(problem: Problem, receipt: Receipt) -> Response {
    let problem = problem.with("order_id", &receipt.subject().aggregate_id);
    let headers = Accepted::created(receipt, COLLECTION).headers();
    let mut response = problem.into_response();
    response.headers_mut().extend(headers);
    response
}

const fn name(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::OutOfStock => "out_of_stock",
        RejectReason::PaymentDeclined => "payment_declined",
        RejectReason::Timeout => "timeout",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use commands::StreamId;

    use super::*;

    fn concluded(fate: Fate) -> Response {
        let receipt = Receipt {
            position: 5,
            streams: vec![(StreamId::new("order", "o-1"), 1)],
            events: 2,
            replayed: true,
        };
        let (position, version) = (9, 2);
        let concluded = Conclusion {
            fate,
            position,
            version,
        };
        answer(receipt, Some(concluded))
    }

    async fn body(response: Response) -> String {
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_receipt_says_what_became_of_it() {
        for (fate, expected) in [
            (
                Fate::Confirmed,
                r#"{"id":"o-1","version":2,"position":9,"status":"confirmed"}"#,
            ),
            (
                Fate::Cancelled,
                r#"{"id":"o-1","version":2,"position":9,"status":"cancelled"}"#,
            ),
            (
                Fate::Rejected {
                    reason: RejectReason::OutOfStock,
                    code: None,
                },
                r#"{"id":"o-1","version":2,"position":9,"reason":"out_of_stock","status":"rejected"}"#,
            ),
        ] {
            let response = concluded(fate);
            assert_eq!(response.status(), 201);
            assert_eq!(response.headers()["daybook-position"], "9");
            assert_eq!(body(response).await, expected);
        }
    }

    #[tokio::test]
    async fn a_payment_that_failed_names_its_order() {
        let action = Fate::ActionRequired {
            next_url: Some("https://bank.example/3ds".parse().unwrap()),
        };
        let declined = Fate::Rejected {
            reason: RejectReason::PaymentDeclined,
            code: Some("card_declined".parse().unwrap()),
        };
        for (fate, code) in [
            (action, Code::PaymentActionRequired),
            (declined, Code::PaymentDeclined),
        ] {
            let response = concluded(fate);
            assert_eq!(response.status(), 402);
            assert_eq!(response.headers()["location"], "/v1/orders/o-1");
            assert_eq!(response.headers()["idempotency-replayed"], "true");
            let problem = response.extensions().get::<Problem>().unwrap();
            assert_eq!(problem.code(), code);
        }
    }
}
