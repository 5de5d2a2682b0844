//! Given, when, then, for a payment by itself.

use std::sync::Arc;

use cqrs_es::test::TestFramework;
use proptest::prelude::*;

use super::*;
use crate::testing::*;
use crate::value::*;
use crate::{Event, FactSource, Rejection};

const ID: PaymentId = PaymentId(uuid::Uuid::from_u128(7));

fn request(minor: i64) -> PaymentCommand {
    PaymentCommand::RequestPayment(Arc::new(PaymentRequested {
        payment_id: ID,
        order_id: OrderId(uuid(1)),
        amount: eur(minor),
        gateway: text("sandbox"),
        method: text("card"),
    }))
}

fn ask() -> PaymentCommand {
    let auth_id = ID.authorization();
    PaymentCommand::RequestAuthorization { auth_id }
}

fn action_required(next_url: Option<&str>) -> PaymentCommand {
    PaymentCommand::RecordActionRequired {
        auth_id: ID.authorization(),
        gateway_ref: Some(text("pi_1")),
        next_url: next_url.map(|url| Prose::new(url).unwrap()),
    }
}

fn authorized(minor: i64) -> PaymentCommand {
    PaymentCommand::RecordAuthorized {
        auth_id: ID.authorization(),
        amount: eur(minor),
        expires_at: None,
        gateway_ref: text("pi_1"),
    }
}

fn declined() -> PaymentCommand {
    PaymentCommand::RecordDeclined {
        auth_id: ID.authorization(),
        code: text("insufficient-funds"),
    }
}

fn auth_unknown() -> PaymentCommand {
    PaymentCommand::RecordAuthorizationUnknown {
        auth_id: ID.authorization(),
        detail: text("time-out"),
    }
}

fn capture(number: usize, minor: i64) -> PaymentCommand {
    PaymentCommand::RequestCapture {
        capture_id: ID.capture(number),
        amount: eur(minor),
    }
}

fn captured(number: usize, minor: i64) -> PaymentCommand {
    PaymentCommand::RecordCaptured {
        capture_id: ID.capture(number),
        amount: eur(minor),
        gateway_ref: None,
    }
}

fn capture_failed(number: usize, definite: bool) -> PaymentCommand {
    PaymentCommand::RecordCaptureFailed {
        capture_id: ID.capture(number),
        definite,
        code: text("no"),
    }
}

fn capture_unknown(number: usize) -> PaymentCommand {
    PaymentCommand::RecordCaptureUnknown {
        capture_id: ID.capture(number),
        detail: text("time-out"),
    }
}

fn void(number: usize) -> PaymentCommand {
    PaymentCommand::RequestVoid {
        void_id: ID.void(number),
        reason: None,
    }
}

fn voided(number: Option<usize>) -> PaymentCommand {
    PaymentCommand::RecordVoided {
        void_id: number.map(|number| ID.void(number)),
    }
}

fn void_failed(number: usize, definite: bool) -> PaymentCommand {
    PaymentCommand::RecordVoidFailed {
        void_id: ID.void(number),
        definite,
        code: text("no"),
    }
}

fn refund(number: usize, minor: i64) -> PaymentCommand {
    PaymentCommand::RequestRefund(RefundRequested {
        refund_id: ID.refund(number),
        amount: eur(minor),
        reason: RefundReason::Goodwill,
        lines: vec![],
        note: None,
    })
}

fn refunded(number: usize, minor: i64) -> PaymentCommand {
    PaymentCommand::RecordRefunded {
        refund_id: ID.refund(number),
        amount: eur(minor),
        gateway_ref: None,
    }
}

fn refund_failed(number: usize, definite: bool) -> PaymentCommand {
    PaymentCommand::RecordRefundFailed {
        refund_id: ID.refund(number),
        definite,
        code: text("no"),
    }
}

fn refund_unknown(number: usize) -> PaymentCommand {
    PaymentCommand::RecordRefundUnknown {
        refund_id: ID.refund(number),
        detail: text("time-out"),
    }
}

fn given(commands: Vec<PaymentCommand>) -> Payment {
    let mut payment = Payment::default();
    for command in commands {
        let name = command.name();
        let events = decide(&payment, command).unwrap_or_else(|error| panic!("{name}: {error}"));
        events.iter().for_each(|event| payment.evolve(event));
    }
    payment
}

fn held() -> Vec<PaymentCommand> {
    vec![request(1_000), ask(), authorized(1_000)]
}

fn taken() -> Vec<PaymentCommand> {
    [held(), vec![capture(0, 1_000), captured(0, 1_000)]].concat()
}

fn names(result: Result<Vec<PaymentEvent>, Rejection>) -> Vec<&'static str> {
    result
        .unwrap()
        .iter()
        .map(PaymentEvent::event_type)
        .collect()
}

fn code_of(payment: &Payment, command: PaymentCommand) -> &'static str {
    decide(payment, command).unwrap_err().code()
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_payment_goes_from_request_to_refund() {
    let mut all = taken();
    all.extend([refund(0, 400), refunded(0, 400)]);
    let expected = [
        PaymentStatus::Requested,
        PaymentStatus::Authorizing,
        PaymentStatus::Authorized,
        PaymentStatus::Authorized,
        PaymentStatus::Captured,
        PaymentStatus::Captured,
        PaymentStatus::PartiallyRefunded,
    ];
    for (count, status) in (1..).zip(expected) {
        assert_eq!(given(all[..count].to_vec()).status(), Some(status));
    }
    let payment = given(all.clone());
    assert_eq!(payment.captured(), Some(eur(1_000)));
    assert_eq!(payment.refunded(), Some(eur(400)));
    assert_eq!(payment.gateway_ref(), Some(&text("pi_1")));
    all.extend([refund(1, 600), refunded(1, 600)]);
    assert_eq!(given(all).status(), Some(PaymentStatus::Refunded));
}

#[test]
fn nothing_is_known_of_a_payment_that_was_never_requested() {
    for command in [ask(), capture(0, 1), refunded(0, 1), voided(None)] {
        assert_eq!(code_of(&Payment::default(), command), "not-found");
    }
    assert_eq!(Payment::default().status(), None);
    assert_eq!(
        code_of(&Payment::default(), request(0)),
        "validation-failed"
    );
}

#[test]
fn requesting_twice_is_once_and_other_terms_are_refused() {
    let payment = given(vec![request(1_000)]);
    assert_eq!(names(decide(&payment, request(1_000))), NOTHING);
    assert_eq!(code_of(&payment, request(999)), "payment-state");
    let payment = given(held());
    assert_eq!(names(decide(&payment, ask())), NOTHING);
    let other = PaymentCommand::RequestAuthorization {
        auth_id: AuthorizationId(uuid(99)),
    };
    assert_eq!(code_of(&payment, other), "payment-state");
}

#[test]
fn every_outcome_that_is_told_again_appends_nothing() {
    let cases: Vec<(Vec<PaymentCommand>, Vec<PaymentCommand>)> = vec![
        (
            held(),
            vec![
                authorized(1_000),
                declined(),
                action_required(None),
                auth_unknown(),
            ],
        ),
        (
            vec![request(1), ask(), declined()],
            vec![declined(), action_required(None), auth_unknown()],
        ),
        (
            vec![request(1), ask(), action_required(Some("https://a"))],
            vec![
                action_required(Some("https://a")),
                action_required(None),
                auth_unknown(),
            ],
        ),
        (
            taken(),
            vec![
                captured(0, 1_000),
                capture(0, 1_000),
                capture_unknown(0),
                capture_failed(0, false),
            ],
        ),
        (
            [held(), vec![void(0), voided(Some(0))]].concat(),
            vec![
                voided(Some(0)),
                voided(None),
                void(0),
                void(1),
                void_failed(0, false),
                authorized(1_000),
            ],
        ),
        (
            [taken(), vec![refund(0, 1_000), refunded(0, 1_000)]].concat(),
            vec![
                refunded(0, 1_000),
                refund(0, 1_000),
                refund_unknown(0),
                refund_failed(0, false),
            ],
        ),
        (
            [taken(), vec![refund(0, 1_000), refund_failed(0, true)]].concat(),
            vec![
                refund_failed(0, true),
                refund_failed(0, false),
                refund_unknown(0),
            ],
        ),
    ];
    for (before, again) in cases {
        let payment = given(before);
        for command in again {
            let name = command.name();
            assert_eq!(
                names(decide(&payment, command)),
                NOTHING,
                "{name}: {payment:?}"
            );
        }
    }
}

#[test]
fn a_hold_learnt_of_late_is_seen_so_that_it_is_let_go_of() {
    let refused = given(vec![request(1_000), ask(), declined()]);
    assert_eq!(
        names(decide(&refused, authorized(1_000))),
        ["PaymentAuthorized"]
    );
    let let_go = given(vec![request(1_000), ask(), void(0), voided(Some(0))]);
    assert_eq!(let_go.status(), Some(PaymentStatus::Voided));
    assert_eq!(
        names(decide(&let_go, authorized(1_000))),
        ["PaymentAuthorized"]
    );
    let held = given(vec![
        request(1_000),
        ask(),
        void(0),
        voided(Some(0)),
        authorized(1_000),
    ]);
    assert!(held.is_held() && held.was_voided());
    assert_eq!(names(decide(&held, void(1))), ["VoidRequested"]);
}

#[test]
fn a_definite_failure_closes_the_id_and_a_retry_takes_a_new_one() {
    let payment = given([held(), vec![capture(0, 1_000), capture_failed(0, true)]].concat());
    assert_eq!(payment.open_operation(), None);
    assert_eq!(code_of(&payment, capture(0, 1_000)), "payment-state");
    assert_eq!(code_of(&payment, captured(0, 1_000)), "payment-state");
    assert_eq!(
        names(decide(&payment, capture(1, 1_000))),
        ["CaptureRequested"]
    );
    let payment = given([taken(), vec![refund(0, 300), refund_failed(0, true)]].concat());
    assert_eq!(names(decide(&payment, refund(1, 300))), ["RefundRequested"]);
    let payment = given([held(), vec![void(0), void_failed(0, true)]].concat());
    assert_eq!(code_of(&payment, void(0)), "payment-state");
    assert_eq!(names(decide(&payment, void(1))), ["VoidRequested"]);
}

#[test]
fn an_unknown_outcome_keeps_the_id_open_and_nothing_else_begins() {
    for news in [capture_unknown(0), capture_failed(0, false)] {
        let payment = given([held(), vec![capture(0, 600), news]].concat());
        let open = payment.open_operation().unwrap();
        assert_eq!(open.0, OpenRequest::Capture(ID.capture(0)));
        assert_eq!(code_of(&payment, capture(1, 100)), "payment-state");
        assert_eq!(code_of(&payment, void(0)), "payment-state");
        assert_eq!(
            names(decide(&payment, captured(0, 600))),
            ["PaymentCaptured"]
        );
        assert_eq!(
            names(decide(&payment, capture_failed(0, true))),
            ["CaptureFailed"]
        );
    }
    let payment = given([taken(), vec![refund(0, 300), refund_unknown(0)]].concat());
    assert_eq!(code_of(&payment, refund(1, 300)), "payment-state");
    assert_eq!(
        names(decide(&payment, refunded(0, 300))),
        ["PaymentRefunded"]
    );
}

#[test]
fn an_unknown_answer_is_noted_a_bounded_number_of_times() {
    let mut payment = given([held(), vec![capture(0, 600)]].concat());
    let mut appended = 0;
    for turn in 0..20 {
        let news = match turn % 2 {
            0 => capture_failed(0, false),
            _ => capture_unknown(0),
        };
        let events = decide(&payment, news).unwrap();
        events.iter().for_each(|event| payment.evolve(event));
        appended += events.len();
    }
    assert_eq!(appended, 2);
}

#[test]
fn captured_is_at_most_authorized_and_refunded_at_most_captured() {
    let payment = given(held());
    let rejection = decide(&payment, capture(0, 1_001)).unwrap_err();
    assert_eq!(rejection.code(), "payment-state");
    assert_eq!(rejection.fields[0].code, "capture-exceeds-authorized");
    let payment = given([held(), vec![capture(0, 400), captured(0, 400)]].concat());
    assert_eq!(code_of(&payment, capture(1, 601)), "payment-state");
    assert_eq!(
        names(decide(&payment, capture(1, 600))),
        ["CaptureRequested"]
    );
    let rejection = decide(&payment, refund(0, 401)).unwrap_err();
    assert_eq!(rejection.code(), "refund-exceeds-captured");
    assert_eq!(rejection.fields[0].pointer, "/amount/minor");
    assert_eq!(
        code_of(&given(held()), refund(0, 1)),
        "refund-exceeds-captured"
    );
    assert_eq!(code_of(&payment, refund(0, 0)), "validation-failed");
}

#[test]
fn two_refunds_of_one_amount_are_two_and_one_told_twice_is_one() {
    let mut all = taken();
    all.extend([
        refund(0, 300),
        refund(0, 300),
        refunded(0, 300),
        refunded(0, 300),
    ]);
    all.extend([refund(1, 300), refunded(1, 300)]);
    let payment = given(all);
    assert_eq!(payment.refunded(), Some(eur(600)));
    assert_eq!(code_of(&payment, refund(1, 299)), "validation-failed");
}

#[test]
fn one_currency_only() {
    let payment = given(held());
    let yen = Money::new(1_000, Currency::JPY);
    let commands = [
        PaymentCommand::RequestCapture {
            capture_id: ID.capture(0),
            amount: yen,
        },
        PaymentCommand::RecordAuthorized {
            auth_id: ID.authorization(),
            amount: yen,
            expires_at: None,
            gateway_ref: text("pi_1"),
        },
        PaymentCommand::RequestRefund(RefundRequested {
            refund_id: ID.refund(0),
            amount: yen,
            reason: RefundReason::Goodwill,
            lines: vec![],
            note: None,
        }),
    ];
    for command in commands {
        assert_eq!(code_of(&payment, command), "currency-mismatch");
    }
}

#[test]
fn what_contradicts_a_settled_movement_is_refused() {
    let payment = given(taken());
    assert_eq!(code_of(&payment, captured(0, 999)), "payment-state");
    assert_eq!(code_of(&payment, capture_failed(0, true)), "payment-state");
    assert_eq!(code_of(&payment, captured(5, 1_000)), "not-found");
    let other = PaymentCommand::RecordDeclined {
        auth_id: AuthorizationId(uuid(99)),
        code: text("no"),
    };
    assert_eq!(code_of(&payment, other), "not-found");
}

#[test]
fn a_void_needs_something_that_is_held_and_not_taken() {
    assert_eq!(
        names(decide(&given(vec![request(1)]), void(0))),
        ["VoidRequested", "PaymentVoided"]
    );
    assert_eq!(code_of(&given(taken()), void(0)), "payment-state");
    let refused = given(vec![request(1), ask(), declined()]);
    assert_eq!(code_of(&refused, void(0)), "payment-state");
    let gone = given(vec![request(1), void(0)]);
    assert_eq!(code_of(&gone, ask()), "payment-state");
    let lapsed = given([held(), vec![voided(None)]].concat());
    assert_eq!(lapsed.status(), Some(PaymentStatus::Voided));
    assert_eq!(code_of(&lapsed, capture(0, 1)), "payment-state");
    let asked = given([held(), vec![void(0), voided(None)]].concat());
    assert_eq!(asked.voids()[0].attempt, Attempt::Done);
}

#[test]
fn what_an_executor_has_to_do_is_listed() {
    let payment = given(vec![request(1), ask(), auth_unknown()]);
    let expected = (
        OpenRequest::Authorization(ID.authorization()),
        Attempt::Unknown,
    );
    assert_eq!(payment.open_requests(), [expected]);
    let payment = given(vec![request(1), ask(), action_required(None), void(0)]);
    assert_eq!(payment.open_requests().len(), 2);
    assert_eq!(given(taken()).open_requests(), []);
}

#[test]
fn it_runs_in_the_framework_of_cqrs_es() {
    let PaymentCommand::RequestPayment(requested) = request(5) else {
        unreachable!()
    };
    TestFramework::<Payment>::with(FactSource::fixed(at(0)))
        .given(vec![PaymentEvent::PaymentRequested(requested)])
        .when(ask())
        .then_expect_events(vec![PaymentEvent::AuthorizationRequested {
            auth_id: ID.authorization(),
        }]);
}

fn any_command() -> impl Strategy<Value = PaymentCommand> {
    let number = || 0_usize..4;
    let minor = || prop_oneof![Just(300_i64), Just(400), Just(1_000), -1_i64..1_200];
    prop_oneof![
        Just(ask()),
        Just(authorized(1_000)),
        Just(declined()),
        Just(auth_unknown()),
        Just(action_required(Some("https://a"))),
        (number(), minor()).prop_map(|(n, m)| capture(n, m)),
        (number(), minor()).prop_map(|(n, m)| captured(n, m)),
        (number(), any::<bool>()).prop_map(|(n, d)| capture_failed(n, d)),
        number().prop_map(capture_unknown),
        number().prop_map(void),
        prop::option::of(number()).prop_map(voided),
        (number(), any::<bool>()).prop_map(|(n, d)| void_failed(n, d)),
        (number(), minor()).prop_map(|(n, m)| refund(n, m)),
        (number(), minor()).prop_map(|(n, m)| refunded(n, m)),
        (number(), any::<bool>()).prop_map(|(n, d)| refund_failed(n, d)),
        number().prop_map(refund_unknown),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Invariants 5 and 10, by the state and, independently, by the rules over the journal; and
    /// whatever was answered with events is answered with none when it is asked again.
    #[test]
    fn whatever_is_told_money_moves_once(
        commands in prop::collection::vec(any_command(), 1..60),
    ) {
        let (mut payment, mut journal) = (Payment::default(), Vec::new());
        for command in [vec![request(1_000), ask(), authorized(1_000)], commands].concat() {
            let Ok(events) = decide(&payment, command.clone()) else { continue };
            for event in events {
                payment.evolve(&event);
                let sequence = journal.len() as u64 + 1;
                journal.push((TYPE, ID.aggregate_id(), sequence, Event::from(event)));
            }
            // A request that the gateway settled at once is over; all else is a repeat.
            match decide(&payment, command) {
                Ok(again) => prop_assert_eq!(again, vec![]),
                Err(rejection) => prop_assert_eq!(rejection.code(), "payment-state"),
            }
            let held = payment.authorized().map_or(0, |held| held.amount.minor);
            prop_assert!(payment.captured_minor() <= held);
            prop_assert!(payment.refunded_minor() <= payment.captured_minor());
            let open = payment.captures().iter().filter(|c| c.attempt.is_open()).count()
                + payment.voids().iter().filter(|v| v.attempt.is_open()).count()
                + payment.refunds().iter().filter(|r| r.attempt.is_open()).count();
            prop_assert_eq!(open, usize::from(payment.open_operation().is_some()));
        }
        let json = serde_json::to_string(&payment).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Payment>(&json).unwrap(), &payment);
        let broken = verify(&journal).breaches.into_iter();
        let broken: Vec<_> = broken.filter(|breach| [5, 10].contains(&breach.rule)).collect();
        prop_assert!(broken.is_empty(), "{:?}", broken);
    }

    /// Whatever order the outcomes of one authorization arrive in, however often, what is known in
    /// the end is the same.
    #[test]
    fn the_order_of_arrival_does_not_matter(
        news in Just(vec![declined(), authorized(1_000), action_required(None), auth_unknown()])
            .prop_shuffle(),
        again in prop::collection::vec(0_usize..4, 0..8),
    ) {
        let repeated = again.iter().map(|at| news[*at].clone()).collect();
        let payment = given([vec![request(1_000), ask()], news.clone(), repeated].concat());
        prop_assert_eq!(payment.status(), Some(PaymentStatus::Authorized));
    }
}
