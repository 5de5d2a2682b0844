//! What the tests share: times, ids, requests.

use std::time::Duration;

use domain::value::{Currency, Money, OrderId, Timestamp};
use processes::gateway::{
    Authorize, Capture, Method, Outcome, Query, Receipt, Refund, Rest, Secret, Void, stripe,
};
use uuid::Uuid;

pub const KEY: &str = "sk_test_tests";

/// `seconds` after some day in 2026.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((1_790_000_000 + seconds) * 1_000_000).unwrap()
}

pub fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub fn authorize(card: &str, minor: i64) -> Authorize {
    Authorize {
        id: Uuid::now_v7(),
        payment: Uuid::now_v7(),
        order: OrderId(Uuid::now_v7()),
        amount: euro(minor),
        method: Method::Token(card.to_owned()),
        return_url: Some("https://shop.example/return".to_owned()),
    }
}

pub fn capture(of: &Authorize, gateway_ref: &str, minor: i64) -> Capture {
    Capture {
        id: Uuid::now_v7(),
        payment: of.payment,
        gateway_ref: gateway_ref.to_owned(),
        amount: euro(minor),
        rest: Rest::Release,
    }
}

pub fn refund(of: &Authorize, gateway_ref: &str, minor: i64) -> Refund {
    Refund {
        id: Uuid::now_v7(),
        payment: of.payment,
        gateway_ref: gateway_ref.to_owned(),
        amount: euro(minor),
    }
}

pub fn void(of: &Authorize, gateway_ref: &str) -> Void {
    Void {
        id: Uuid::now_v7(),
        payment: of.payment,
        gateway_ref: gateway_ref.to_owned(),
        amount: of.amount,
    }
}

/// Asks by our id alone.
pub fn by_id(of: &Authorize) -> Query {
    Query {
        auth_id: of.id,
        gateway_ref: None,
        requested_at: at(0),
    }
}

#[track_caller]
pub fn done(outcome: Outcome) -> Receipt {
    match outcome {
        Outcome::Done(receipt) => receipt,
        other => panic!("not done: {other:?}"),
    }
}

#[track_caller]
pub fn failed(outcome: Outcome) -> String {
    match outcome {
        Outcome::Failed(refusal) => refusal.code,
        other => panic!("not failed: {other:?}"),
    }
}

/// Settings that give up quickly.
pub fn stripe_settings(api: String) -> stripe::Settings {
    let mut settings = stripe::Settings::new(Secret::new(KEY), vec![Secret::new("whsec_tests")]);
    settings.api = api;
    settings.attempt_timeout = Duration::from_secs(5);
    settings.pause = Duration::from_millis(2);
    settings.pause_max = Duration::from_millis(10);
    settings
}
