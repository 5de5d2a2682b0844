//! The Stripe adapter against Stripe's own stripe-mock, which checks every request against Stripe's specification, the API
//! version included, and answers with fixtures that are always the same: so what is proven here is that Stripe takes what we
//! send and that we can read its objects. What the answers mean is proven by the conformance suite.

use daybook_tests::stripe_mock_url;
use processes::gateway::stripe::{API_VERSION, Stripe};
use processes::gateway::{Doubt, Gateway, Method, MovementsQuery, Outcome, Query, Rest, Standing};

use crate::world::{at, authorize, by_id, capture, done, refund, stripe_settings, void};

fn stripe() -> Stripe {
    Stripe::new(stripe_settings(stripe_mock_url())).unwrap()
}

/// The request was taken: the mock refuses what Stripe's specification does not have with 400, which would be a failure. Its
/// fixtures have one status for every payment intent, so a capture succeeds with a payment that is not captured.
#[track_caller]
fn taken(outcome: &Outcome) {
    let is_taken = match outcome {
        Outcome::Done(_) | Outcome::Declined(_) | Outcome::ActionRequired { .. } => true,
        Outcome::Unknown(Doubt::Unreadable(what)) => what.contains("the payment is Declined"),
        _ => false,
    };
    assert!(is_taken, "{outcome:?}");
}

#[tokio::test]
async fn it_takes_every_authorization() {
    let mut request = authorize("pm_card_visa", 1_999);
    taken(&stripe().authorize(&request, at(0)).await);
    request.return_url = None;
    taken(&stripe().authorize(&request, at(0)).await);
    request.method = Method::InBrowser;
    taken(&stripe().authorize(&request, at(0)).await);
}

#[tokio::test]
async fn it_takes_captures_and_voids() {
    let request = authorize("pm_card_visa", 1_999);
    let mut take = capture(&request, "pi_1", 5);
    taken(&stripe().capture(&take, at(0)).await);
    take.rest = Rest::Keep;
    taken(&stripe().capture(&take, at(0)).await);
    taken(&stripe().void(&void(&request, "pi_1"), at(0)).await);
}

#[tokio::test]
async fn it_refunds() {
    let back = refund(&authorize("pm_card_visa", 1_999), "pi_1", 5);
    let receipt = done(stripe().refund(&back, at(0)).await);
    assert_eq!(receipt.amount.minor, 5);
    assert!(receipt.gateway_ref.starts_with("re_"));
}

#[tokio::test]
async fn it_tells_the_state_by_its_name_and_does_not_know_our_id() {
    let request = authorize("pm_card_visa", 1_999);
    let query = Query {
        gateway_ref: Some("pi_123".to_owned()),
        ..by_id(&request)
    };
    let state = stripe().state(&query, at(0)).await.unwrap().unwrap();
    assert_eq!(state.gateway_ref, "pi_123");
    assert!(matches!(state.standing, Standing::Declined(_)));
    // It keeps no metadata, so nothing in its list is ours.
    assert_eq!(stripe().state(&by_id(&request), at(0)).await, Ok(None));
}

#[tokio::test]
async fn it_lists_movements() {
    let query = MovementsQuery {
        from: at(0),
        until: at(60),
        cursor: Some("txn_1".to_owned()),
    };
    let page = stripe().movements(&query, at(0)).await.unwrap();
    assert_eq!(page.movements.len(), 1);
    assert_eq!(page.movements[0].amount.minor, 100);
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn it_refuses_what_stripe_does_not_have() {
    // That the mock does check, or the tests above would prove nothing.
    let mut settings = stripe_settings(stripe_mock_url());
    settings.api_key = processes::gateway::Secret::new("none");
    let stranger = Stripe::new(settings).unwrap();
    let request = authorize("pm_card_visa", 1);
    let outcome = stranger.authorize(&request, at(0)).await;
    assert_eq!(outcome, Outcome::Unknown(Doubt::NotAuthenticated));
    let post = |version: &'static str, form: &'static str| {
        let url = format!("{}/v1/payment_intents", stripe_mock_url());
        let request = reqwest::Client::new()
            .post(url)
            .bearer_auth(crate::world::KEY);
        let request = request.header("stripe-version", version).body(form);
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .send()
    };
    for (version, form, status) in [
        (API_VERSION, "amount=5&currency=eur", 200),
        (API_VERSION, "amount=5&currency=eur&invented=1", 400),
        ("2020-08-27", "amount=5&currency=eur", 400),
    ] {
        let answer = post(version, form).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{version} {form}");
    }
}
