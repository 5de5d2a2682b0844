//! What finance does with a payment.

use domain::payment::PaymentCommand;
use serde_json::{Value, json};

use crate::ask::{Answer, post_as};
use crate::world::{Paying, World};

fn usd(minor: i64) -> Value {
    json!({"amount": {"minor": minor, "currency": "USD"}})
}

fn id<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap()
}

async fn post(paying: &Paying<'_>, what: &str, body: &Value) -> Answer {
    let path = format!("{}/{what}", paying.path());
    paying.world.post(&path, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_taken_when_the_order_is_confirmed_and_not_before() {
    let world = World::new().await;
    world.sells("A-1", 1_000, 10).await;
    let paying = Paying::begun(&world, "A-1", 3).await;
    paying.authorized().await;
    let early = post(&paying, "captures", &json!({})).await;
    early.expect_problem(409, "payment-state");
    paying.confirmed().await;
    let most = post(&paying, "captures", &usd(3_001)).await;
    most.expect_problem(409, "payment-state");
    let foreign = json!({"amount": {"minor": 1, "currency": "EUR"}});
    let foreign = post(&paying, "captures", &foreign).await;
    foreign.expect_problem(422, "currency-mismatch");
    let some = post(&paying, "captures", &usd(1_000)).await.expect(201);
    assert_eq!(some.header("location"), paying.path());
    let body = some.json();
    assert_eq!(id(&body, "id"), paying.order.payment().to_string());
    let open = post(&paying, "captures", &json!({})).await;
    open.expect_problem(409, "payment-state");
    assert_eq!(paying.settled().await.minor, 1_000);
    let rest = post(&paying, "captures", &json!({}))
        .await
        .expect(201)
        .json();
    assert_ne!(id(&rest, "capture_id"), id(&body, "capture_id"));
    assert_eq!(paying.settled().await.minor, 2_000);
    let late = post(&paying, "voids", &json!({})).await;
    late.expect_problem(409, "payment-state");
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_is_held_can_be_let_go_of() {
    let world = World::new().await;
    world.sells("A-1", 1_000, 10).await;
    let paying = Paying::begun(&world, "A-1", 1).await;
    paying.authorized().await;
    let reason = json!({"reason": "the customer called"});
    let void = post(&paying, "voids", &reason).await.expect(201).json();
    let state = paying.state().await;
    assert_eq!(state.voids()[0].void_id.to_string(), id(&void, "void_id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_refund_is_one_and_two_of_one_amount_are_two() {
    let world = World::new().await;
    world.sells("A-1", 1_000, 10).await;
    let paying = Paying::begun(&world, "A-1", 1).await;
    paying.confirmed().await;
    let early = post(&paying, "refunds", &usd(100)).await;
    early.expect_problem(422, "refund-exceeds-captured");
    post(&paying, "captures", &json!({})).await.expect(201);
    paying.settled().await;

    let path = format!("{}/refunds", paying.path());
    let refund = async |key: &str| post_as(&world.router, &path, key, &usd(300)).await;
    let (first, again) = tokio::join!(refund("one"), refund("one"));
    let (first, again) = (first.expect(201), again.expect(201));
    assert_eq!(first.body, again.body);
    paying.settled().await;
    assert_eq!(refund("one").await.expect(201).body, first.body);
    let second = refund("two").await.expect(201);
    assert_ne!(
        id(&second.json(), "refund_id"),
        id(&first.json(), "refund_id")
    );
    paying.settled().await;
    let state = paying.state().await;
    assert_eq!((state.refunds().len(), state.refunded_minor()), (2, 600));

    let more = post(&paying, "refunds", &usd(401)).await;
    let problem = more.expect_problem(422, "refund-exceeds-captured");
    assert_eq!(problem["errors"][0]["pointer"], "/amount/minor");
    let none = post(&paying, "refunds", &usd(0)).await;
    none.expect_problem(422, "validation-failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_says_why_and_for_which_units() {
    let world = World::new().await;
    world.sells("A-1", 1_000, 10).await;
    let paying = Paying::begun(&world, "A-1", 2).await;
    paying.confirmed().await;
    post(&paying, "captures", &json!({})).await.expect(201);
    paying.settled().await;
    let mut body = usd(1_000);
    body["reason"] = json!("returned");
    let nothing = post(&paying, "refunds", &body).await;
    let problem = nothing.expect_problem(422, "validation-failed");
    assert_eq!(problem["errors"][0]["code"], "exceeds-returned");

    let order = format!("/v1/orders/{}", paying.order);
    let one = json!({"lines": [{"sku": "A-1", "quantity": 1}]});
    world
        .post(&format!("{order}/cancellations"), &one)
        .await
        .expect(201);
    body["reason"] = json!("cancelled");
    body["lines"] = one["lines"].clone();
    body["note"] = json!("by phone");
    post(&paying, "refunds", &body).await.expect(201);
    assert_eq!(paying.settled().await.minor, 1_000);
    let requested = paying.state().await.refunds()[0].requested.clone();
    assert_eq!(requested.lines[0].quantity.get(), 1);
    assert_eq!(requested.note.unwrap().to_string(), "by phone");

    body["reason"] = json!("because");
    let wrong = post(&paying, "refunds", &body).await;
    let problem = wrong.expect_problem(400, "malformed-request");
    assert_eq!(problem["errors"][0]["pointer"], "/reason");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_there_is_not_is_404() {
    let world = World::new().await;
    let nobody = "/v1/payments/0190163d-8694-739b-aea5-966c26f8ad91";
    for (what, body) in [
        ("captures", json!({})),
        ("voids", json!({})),
        ("refunds", usd(1)),
    ] {
        let answer = world.post(&format!("{nobody}/{what}"), &body).await;
        answer.expect_problem(404, "not-found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_decides_what_no_policy_can_settle() {
    let world = World::new().await;
    world.sells("A-1", 1_000, 10).await;
    let paying = Paying::begun(&world, "A-1", 1).await;
    let path = format!("/v1/attention/{}/decisions", paying.order.payment());
    let body = json!({"decision": "retry", "reason": "the gateway is back"});
    let nothing = world.post(&path, &body).await;
    nothing.expect_problem(409, "payment-state");
    paying
        .payment(PaymentCommand::RaiseAttention {
            what: "the gateway refuses".parse().unwrap(),
            tried: "three captures".parse().unwrap(),
        })
        .await;
    let wrong = world
        .post(&path, &json!({"decision": "forget", "reason": "x"}))
        .await;
    wrong.expect_problem(400, "malformed-request");
    let unfounded = world.post(&path, &json!({"decision": "leave"})).await;
    unfounded.expect_problem(400, "malformed-request");
    world.post(&path, &body).await.expect(201);
    assert!(paying.state().await.attention().is_none());
}
