//! The Stripe adapter against servers that answer late, wrongly or not at all.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use processes::gateway::stripe::Stripe;
use processes::gateway::{AskError, Doubt, Gateway, Outcome};
use serde_json::{Value, json};

use crate::face::{Face, Received};
use crate::world::{at, authorize, by_id, capture, done, failed, refund, stripe_settings, void};

type Answer = Option<(u16, Value)>;

/// A Stripe whose answers are these, one after the other, the last for ever; and what it received.
struct Scripted {
    stripe: Stripe,
    received: Arc<Mutex<Vec<Received>>>,
    _face: Face,
}

impl Scripted {
    async fn new(answers: impl Into<Vec<Answer>>) -> Self {
        let answers = Mutex::new(answers.into());
        Self::answering(move |_| {
            let mut answers = answers.lock().unwrap();
            let next = answers[0].clone();
            if answers.len() > 1 {
                answers.remove(0);
            }
            async move { next }.boxed()
        })
        .await
    }

    async fn answering<F>(answer: F) -> Self
    where
        F: Fn(Received) -> BoxFuture<'static, Answer> + Send + Sync + 'static,
    {
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = received.clone();
        let face = Face::answering(move |request| {
            log.lock().unwrap().push(request.clone());
            answer(request)
        })
        .await;
        let mut settings = stripe_settings(face.url());
        settings.attempt_timeout = Duration::from_millis(100);
        settings.call_timeout = Duration::from_secs(2);
        Self {
            stripe: Stripe::new(settings).unwrap(),
            received,
            _face: face,
        }
    }

    fn attempts(&self) -> usize {
        self.received.lock().unwrap().len()
    }
}

fn intent(status: &str) -> Value {
    json!({"id": "pi_1", "status": status, "amount": 900, "currency": "eur",
        "created": 1_790_000_000, "client_secret": "pi_1_secret_x", "metadata": {}})
}

fn stripe_error(kind: &str, code: &str) -> Value {
    json!({"error": {"type": kind, "code": code, "message": "no"}})
}

#[tokio::test]
async fn every_attempt_carries_the_same_key_and_body() {
    let ok = Some((200, intent("requires_capture")));
    let busy = Some((503, Value::Null));
    let world = Scripted::new([None, busy, ok]).await;
    let request = authorize("pm_card_visa", 900);
    done(world.stripe.authorize(&request, at(0)).await);
    let received = world.received.lock().unwrap();
    assert_eq!(received.len(), 3);
    for attempt in received.iter() {
        assert_eq!(attempt.headers["idempotency-key"], request.id.to_string());
        assert_eq!(attempt.form, received[0].form);
    }
}

#[tokio::test]
async fn attempts_have_an_end_and_then_it_is_unknown() {
    for (answer, doubt, attempts) in [
        (None, Doubt::NoAnswer, 3),
        (Some((503, Value::Null)), Doubt::GatewayError(503), 3),
        (
            Some((429, stripe_error("invalid_request_error", "rate_limit"))),
            Doubt::Busy,
            3,
        ),
        (
            Some((409, stripe_error("invalid_request_error", "x"))),
            Doubt::Pending,
            3,
        ),
        // Stripe keeps a 500 under the key: to repeat is no use.
        (
            Some((500, stripe_error("api_error", "x"))),
            Doubt::GatewayError(500),
            1,
        ),
        (
            Some((401, stripe_error("invalid_request_error", "x"))),
            Doubt::NotAuthenticated,
            1,
        ),
        (Some((302, Value::Null)), Doubt::GatewayError(302), 1),
    ] {
        let world = Scripted::new([answer]).await;
        let outcome = world
            .stripe
            .refund(&refund(&authorize("", 1), "pi_1", 1), at(0))
            .await;
        assert_eq!(outcome, Outcome::Unknown(doubt));
        assert_eq!(world.attempts(), attempts);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_waited_for_a_bounded_time() {
    let world = Scripted::answering(|_| futures::future::pending().boxed()).await;
    let started = Instant::now();
    let outcome = world
        .stripe
        .authorize(&authorize("pm_card_visa", 900), at(0))
        .await;
    assert_eq!(outcome, Outcome::Unknown(Doubt::NoAnswer));
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn nobody_there_is_unknown() {
    let stripe = Stripe::new(stripe_settings("http://127.0.0.1:1".to_owned())).unwrap();
    let outcome = stripe
        .authorize(&authorize("pm_card_visa", 900), at(0))
        .await;
    assert_eq!(outcome, Outcome::Unknown(Doubt::NoAnswer));
    let state = stripe.state(&by_id(&authorize("", 1)), at(0)).await;
    assert_eq!(state, Err(AskError::Unavailable(Doubt::NoAnswer)));
}

#[tokio::test]
async fn a_success_that_cannot_be_understood_is_unknown() {
    for body in [json!({}), json!([]), intent("new_in_2031"), Value::Null] {
        let world = Scripted::new([Some((200, body))]).await;
        let outcome = world
            .stripe
            .authorize(&authorize("pm_card_visa", 900), at(0))
            .await;
        assert!(
            matches!(outcome, Outcome::Unknown(Doubt::Unreadable(_))),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn what_is_still_worked_on_is_unknown() {
    let world = Scripted::new([Some((200, intent("processing")))]).await;
    let request = authorize("pm_card_visa", 900);
    let pending = Outcome::Unknown(Doubt::Pending);
    assert_eq!(world.stripe.authorize(&request, at(0)).await, pending);
    let take = capture(&request, "pi_1", 900);
    assert_eq!(world.stripe.capture(&take, at(0)).await, pending);
    let refund_body = json!({"id": "re_1", "amount": 1, "currency": "eur", "status": "pending"});
    let world = Scripted::new([Some((200, refund_body))]).await;
    let back = refund(&request, "pi_1", 1);
    assert_eq!(world.stripe.refund(&back, at(0)).await, pending);
}

#[tokio::test]
async fn a_capture_refused_because_it_happened_is_done() {
    // The key is forgotten, so Stripe looks at the payment, and that is captured: by this id or by another?
    let request = authorize("pm_card_visa", 900);
    let take = capture(&request, "pi_1", 900);
    let mut refused = stripe_error("invalid_request_error", "payment_intent_unexpected_state");
    let mut captured = intent("succeeded");
    captured["amount_received"] = 900.into();
    captured["metadata"][format!("capture_{}", take.id.simple())] = "900".into();
    refused["error"]["payment_intent"] = captured;
    let world = Scripted::new([Some((400, refused))]).await;
    assert_eq!(
        done(world.stripe.capture(&take, at(0)).await).amount,
        take.amount
    );
    let other = capture(&request, "pi_1", 900);
    let code = failed(world.stripe.capture(&other, at(0)).await);
    assert_eq!(code, "payment_intent_unexpected_state");
}

#[tokio::test]
async fn a_refund_refused_because_it_happened_is_done() {
    let request = authorize("pm_card_visa", 900);
    let back = refund(&request, "pi_1", 900);
    let ours = json!({"id": "re_1", "amount": 900, "currency": "eur", "status": "succeeded",
        "metadata": {"refund_id": back.id}});
    let world = Scripted::answering(move |received| {
        let refused = stripe_error("invalid_request_error", "charge_already_refunded");
        let list = json!({"data": [ours.clone()], "has_more": false});
        let answer = if received.method == "POST" {
            (400, refused)
        } else {
            (200, list)
        };
        async move { Some(answer) }.boxed()
    })
    .await;
    assert_eq!(
        done(world.stripe.refund(&back, at(0)).await).gateway_ref,
        "re_1"
    );
    let other = refund(&request, "pi_1", 900);
    let code = failed(world.stripe.refund(&other, at(0)).await);
    assert_eq!(code, "charge_already_refunded");
}

#[tokio::test]
async fn a_refund_refused_that_cannot_be_looked_up_stays_unknown() {
    let world = Scripted::answering(|received| {
        let refused = stripe_error("invalid_request_error", "charge_already_refunded");
        let answer = (received.method == "POST").then_some((400, refused));
        async move { answer }.boxed()
    })
    .await;
    let back = refund(&authorize("", 1), "pi_1", 1);
    let outcome = world.stripe.refund(&back, at(0)).await;
    assert_eq!(outcome, Outcome::Unknown(Doubt::NoAnswer));
}

#[tokio::test]
async fn a_card_error_on_a_capture_is_a_failure() {
    let error = stripe_error("card_error", "card_declined");
    let world = Scripted::new([Some((402, error))]).await;
    let take = capture(&authorize("", 1), "pi_1", 1);
    assert_eq!(
        failed(world.stripe.capture(&take, at(0)).await),
        "card_declined"
    );
}

#[tokio::test]
async fn what_is_no_name_of_stripes_is_not_sent() {
    let world = Scripted::new([Some((200, intent("canceled")))]).await;
    let request = authorize("pm_card_visa", 900);
    for name in ["pi_1/../../refunds", "", "pi 1"] {
        let code = failed(world.stripe.void(&void(&request, name), at(0)).await);
        assert_eq!(code, "not-a-stripe-name");
    }
    assert_eq!(world.attempts(), 0);
    done(world.stripe.void(&void(&request, "pi_1"), at(0)).await);
}

#[tokio::test]
async fn the_key_is_in_no_outcome() {
    for answer in [
        None,
        Some((401, json!({"error": {"type": "x", "message": "bad key"}}))),
    ] {
        let world = Scripted::new([answer]).await;
        let outcome = world
            .stripe
            .authorize(&authorize("pm_card_visa", 1), at(0))
            .await;
        let printed = format!("{outcome:?} {:?}", world.stripe);
        assert!(!printed.contains(crate::world::KEY), "{printed}");
    }
}
