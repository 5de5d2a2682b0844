//! The sandbox's own promises: one movement per id whatever goes wrong, books that add up, the same again for the same seed.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::value::Timestamp;
use futures::FutureExt as _;
use futures::future::ready;
use processes::gateway::sandbox::{
    CallFault, Card, CustomerAnswer, Faults, Operation, Plan, Rates, Sandbox, Settings, Webhook,
};
use processes::gateway::signature::{self, SignatureError};
use processes::gateway::{
    Authorize, Capture, Doubt, Gateway, MovementKind, News, Notice, NoticeError, Outcome,
    PaymentState, Query, Refund, Rest, Secret, Standing, Void,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::world::{at, authorize, by_id, capture, done, euro, failed, refund, void};

/// The sandbox never waits here, so nothing of it is ever pending.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("an answer at once")
}

/// A step of a shop that knows a few payments and asks again and again.
#[derive(Debug, Clone)]
enum Step {
    Authorize { payment: u8 },
    Capture { payment: u8, id: u8, minor: i64 },
    Void { payment: u8, id: u8 },
    Refund { payment: u8, id: u8, minor: i64 },
    Pass { seconds: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let payment = 0_u8..4;
    let id = 0_u8..5;
    let minor = prop_oneof![Just(250_i64), Just(1_000), 1_i64..1_100];
    prop_oneof![
        3 => payment.clone().prop_map(|payment| Step::Authorize { payment }),
        4 => (payment.clone(), id.clone(), minor.clone())
            .prop_map(|(payment, id, minor)| Step::Capture { payment, id, minor }),
        1 => (payment.clone(), id.clone()).prop_map(|(payment, id)| Step::Void { payment, id }),
        4 => (payment, id, minor)
            .prop_map(|(payment, id, minor)| Step::Refund { payment, id, minor }),
        // In all less than keys are held.
        1 => (0_i64..900).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

fn id(kind: u128, payment: u8, number: u8) -> Uuid {
    Uuid::from_u128(kind << 64 | u128::from(payment) << 8 | u128::from(number))
}

fn request(payment: u8) -> Authorize {
    let cards = Card::ALL;
    Authorize {
        id: id(1, payment, 0),
        payment: id(9, payment, 0),
        order: domain::value::OrderId(id(8, payment, 0)),
        amount: euro(1_000),
        method: processes::gateway::Method::Token(
            // Good ones mostly; one that fails once, one that never answers.
            cards[[0, 0, 7, 5][usize::from(payment)]].0.to_owned(),
        ),
        return_url: None,
    }
}

fn reference(payment: u8) -> String {
    format!("pi_{}", id(1, payment, 0).simple())
}

struct Run {
    sandbox: Sandbox,
    outcomes: Vec<Outcome>,
    clock: i64,
}

fn run(seed: u64, steps: &[Step]) -> Run {
    let plan = Plan::seeded(seed, Rates::all(120));
    let mut run = Run {
        sandbox: Sandbox::new(Settings::default(), plan),
        outcomes: Vec::new(),
        clock: 0,
    };
    for step in steps {
        run.take(step);
    }
    run
}

impl Run {
    fn take(&mut self, step: &Step) {
        let (gateway, time) = (&self.sandbox, at(self.clock));
        let outcome = match *step {
            Step::Authorize { payment } => now(gateway.authorize(&request(payment), time)),
            Step::Capture {
                payment,
                id: number,
                minor,
            } => {
                let take = Capture {
                    id: id(2, payment, number),
                    payment: id(9, payment, 0),
                    gateway_ref: reference(payment),
                    amount: euro(minor),
                    rest: if number == 0 {
                        Rest::Release
                    } else {
                        Rest::Keep
                    },
                };
                now(gateway.capture(&take, time))
            }
            Step::Void {
                payment,
                id: number,
            } => {
                let void = Void {
                    id: id(3, payment, number),
                    payment: id(9, payment, 0),
                    gateway_ref: reference(payment),
                    amount: euro(1_000),
                };
                now(gateway.void(&void, time))
            }
            Step::Refund {
                payment,
                id: number,
                minor,
            } => {
                let back = Refund {
                    id: id(4, payment, number),
                    payment: id(9, payment, 0),
                    gateway_ref: reference(payment),
                    amount: euro(minor),
                };
                now(gateway.refund(&back, time))
            }
            Step::Pass { seconds } => {
                self.clock += seconds;
                return;
            }
        };
        self.outcomes.push(outcome);
    }

    fn state(&self, payment: u8) -> Option<PaymentState> {
        self.sandbox.set_plan(Plan::none());
        let query = Query {
            auth_id: id(1, payment, 0),
            gateway_ref: None,
            requested_at: at(0),
        };
        now(self.sandbox.state(&query, at(self.clock))).unwrap()
    }

    fn webhooks(&self) -> Vec<Webhook> {
        let late = at(self.clock + 3_600);
        std::iter::from_fn(|| self.sandbox.next_webhook(late)).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn one_id_is_one_movement_and_the_books_add_up(
        seed in any::<u64>(), steps in prop::collection::vec(step(), 1..120),
    ) {
        let run = run(seed, &steps);
        let books = run.sandbox.books();
        let mut per_id: BTreeMap<Uuid, u32> = BTreeMap::new();
        let mut per_payment: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for movement in books.movements() {
            *per_id.entry(movement.id.unwrap()).or_default() += 1;
            let sums = per_payment.entry(movement.gateway_ref.clone().unwrap()).or_default();
            match movement.kind {
                MovementKind::Captured => sums.0 += movement.amount.minor,
                _ => sums.1 += movement.amount.minor,
            }
            prop_assert!(movement.amount.minor > 0);
            prop_assert!(sums.1 <= sums.0 && sums.0 <= 1_000, "{sums:?}");
        }
        prop_assert!(per_id.values().all(|count| *count == 1));
        let totals = books.totals(euro(0).currency);
        let captured: i64 = per_payment.values().map(|sums| sums.0).sum();
        let refunded: i64 = per_payment.values().map(|sums| sums.1).sum();
        prop_assert_eq!(totals.captured, i128::from(captured));
        prop_assert_eq!(totals.refunded, i128::from(refunded));
        prop_assert_eq!(totals.balance(), i128::from(captured - refunded));
    }

    #[test]
    fn whoever_asks_is_told_what_the_books_say(
        seed in any::<u64>(), steps in prop::collection::vec(step(), 1..120),
    ) {
        let run = run(seed, &steps);
        let books = run.sandbox.books();
        for payment in 0..4 {
            let Some(state) = run.state(payment) else { continue };
            let told = state.captures.iter().map(|of| (of.id, of.amount))
                .chain(state.refunds.iter().map(|of| (of.id, of.amount)));
            let mut told: Vec<_> = told.map(|(id, amount)| (id, amount.minor)).collect();
            let of_it = books.movements().filter(|of| of.gateway_ref.as_ref() == Some(&state.gateway_ref));
            let mut booked: Vec<_> = of_it.map(|of| (of.id, of.amount.minor)).collect();
            told.sort();
            booked.sort();
            prop_assert_eq!(told, booked);
        }
    }

    #[test]
    fn a_definite_answer_is_true(
        seed in any::<u64>(), steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut run = run(seed, &[]);
        for step in steps {
            let before = run.outcomes.len();
            run.take(&step);
            let moved = |of: Uuid| run.sandbox.books().movements().any(|m| m.id == Some(of));
            let call = match step {
                Step::Capture { payment, id: number, .. } => id(2, payment, number),
                Step::Refund { payment, id: number, .. } => id(4, payment, number),
                _ => continue,
            };
            match &run.outcomes[before] {
                Outcome::Done(_) => prop_assert!(moved(call)),
                // The amounts of a repeat differ here, which is a reused key, never a failure.
                Outcome::Failed(_) => prop_assert!(!moved(call)),
                _ => {}
            }
        }
    }

    #[test]
    fn the_same_seed_is_the_same_run(
        seed in any::<u64>(), steps in prop::collection::vec(step(), 1..60),
    ) {
        let (one, other) = (run(seed, &steps), run(seed, &steps));
        prop_assert_eq!(&one.outcomes, &other.outcomes);
        prop_assert_eq!(one.webhooks(), other.webhooks());
    }

    #[test]
    fn webhooks_tell_the_same_in_whatever_order_they_come(
        seed in any::<u64>(), steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut rates = Rates::all(200);
        rates.webhook_dropped = 0;
        let run = run(seed, &[]);
        run.sandbox.set_plan(Plan::seeded(seed, rates));
        let mut run = run;
        for step in &steps {
            run.take(step);
        }
        let mut told: BTreeMap<Option<Uuid>, i64> = BTreeMap::new();
        for webhook in run.webhooks() {
            let time = at(run.clock + 3_600);
            let notice = run.sandbox.notice(&webhook.signature, &webhook.body, time).unwrap();
            match notice.news {
                News::Payment(state) => told.extend(state.captures.iter().map(|of| (of.id, of.amount.minor))),
                News::Refund { refund, .. } => { told.insert(refund.id, refund.amount.minor); }
                News::Other(kind) => prop_assert!(false, "{kind}"),
            }
        }
        let books = run.sandbox.books();
        let booked: BTreeMap<_, _> = books.movements().map(|of| (of.id, of.amount.minor)).collect();
        prop_assert_eq!(told, booked);
    }
}

#[test]
fn a_forgotten_key_moves_money_again() {
    // As at a real gateway; that is why one asks first.
    let sandbox = Sandbox::default();
    let request = authorize("pm_card_visa", 900);
    let held = now(sandbox.authorize(&request, at(0)));
    let reference = done(held).gateway_ref;
    done(now(
        sandbox.capture(&capture(&request, &reference, 900), at(0))
    ));
    let back = refund(&request, &reference, 100);
    let day = 24 * 3_600;
    for time in [0, 1, day, day + 1] {
        done(now(sandbox.refund(&back, at(time))));
    }
    assert_eq!(sandbox.books().totals(euro(0).currency).refunded, 200);
}

#[test]
fn money_is_not_held_for_ever() {
    let sandbox = Sandbox::default();
    let request = authorize("pm_card_visa", 900);
    let held = done(now(sandbox.authorize(&request, at(0))));
    let late = at(7 * 24 * 3_600 + 1);
    let take = capture(&request, &held.gateway_ref, 900);
    failed(now(sandbox.capture(&take, late)));
    let state = now(sandbox.state(&by_id(&request), late)).unwrap();
    assert_eq!(state.unwrap().standing, Standing::Voided);
}

#[test]
fn an_unknown_card_is_known_to_whoever_asks() {
    let sandbox = Sandbox::default();
    let request = authorize("pm_sandbox_unknown", 900);
    for _ in 0..2 {
        let outcome = now(sandbox.authorize(&request, at(0)));
        assert_eq!(outcome, Outcome::Unknown(Doubt::NoAnswer));
    }
    let state = now(sandbox.state(&by_id(&request), at(0)))
        .unwrap()
        .unwrap();
    assert!(matches!(state.standing, Standing::Authorized { .. }));
    done(now(sandbox.void(&void(&request, &state.gateway_ref), at(0))));
}

#[test]
fn a_slow_card_waits_in_the_callers_time() {
    let waited = std::sync::Arc::new(std::sync::Mutex::new(Duration::ZERO));
    let clock = waited.clone();
    let sandbox = Sandbox::default().waiting(std::sync::Arc::new(move |how_long| {
        *clock.lock().unwrap() += how_long;
        ready(()).boxed()
    }));
    done(now(
        sandbox.authorize(&authorize("pm_sandbox_slow", 900), at(0))
    ));
    assert_eq!(*waited.lock().unwrap(), Duration::from_secs(3));
    sandbox.inject(Operation::State, Faults::call(CallFault::Slow));
    let state = now(sandbox.state(&by_id(&authorize("", 1)), at(0)));
    assert_eq!(state, Ok(None));
    assert_eq!(*waited.lock().unwrap(), Duration::from_secs(6));
}

#[test]
fn calls_are_counted_the_lost_ones_too() {
    let sandbox = Sandbox::default();
    let lost = Faults::call(CallFault::LostRequest);
    sandbox.inject(Operation::Authorize, lost);
    let request = authorize("pm_card_visa", 900);
    let outcome = now(sandbox.authorize(&request, at(0)));
    assert_eq!(outcome, Outcome::Unknown(Doubt::NoAnswer));
    done(now(sandbox.authorize(&request, at(0))));
    assert_eq!(sandbox.calls(Operation::Authorize), 2);
    assert_eq!(sandbox.calls(Operation::Refund), 0);
}

fn notice(sandbox: &Sandbox, time: Timestamp) -> Option<Notice> {
    let webhook = sandbox.next_webhook(time)?;
    Some(
        sandbox
            .notice(&webhook.signature, &webhook.body, time)
            .unwrap(),
    )
}

#[test]
fn webhooks_come_twice_late_and_never() {
    let sandbox = Sandbox::default();
    let request = authorize("pm_card_visa", 900);
    let late = Duration::from_secs(60);
    sandbox.inject(Operation::Authorize, Faults::deliveries([late]));
    sandbox.inject(Operation::Capture, Faults::deliveries([Duration::ZERO; 3]));
    sandbox.inject(Operation::Refund, Faults::deliveries([]));
    let held = done(now(sandbox.authorize(&request, at(0))));
    done(now(
        sandbox.capture(&capture(&request, &held.gateway_ref, 900), at(0))
    ));
    done(now(
        sandbox.refund(&refund(&request, &held.gateway_ref, 900), at(0))
    ));
    let captured: Vec<_> = std::iter::from_fn(|| notice(&sandbox, at(0))).collect();
    assert_eq!(captured.len(), 3);
    assert!(captured.iter().all(|of| *of == captured[0]));
    assert_eq!(captured[0].payment, Some(request.payment));
    assert_eq!(sandbox.next_webhook_due(), Some(at(60)));
    let authorized = notice(&sandbox, at(60)).unwrap();
    assert_ne!(authorized.event_id, captured[0].event_id);
    let News::Payment(state) = authorized.news else {
        panic!("not about the payment");
    };
    assert!(matches!(state.standing, Standing::Authorized { .. }));
    assert_eq!(sandbox.next_webhook(at(9_999)), None);
}

#[test]
fn webhooks_are_signed_when_they_are_handed_out() {
    let sandbox = Sandbox::default();
    done(now(
        sandbox.authorize(&authorize("pm_card_visa", 900), at(0))
    ));
    let webhook = sandbox.next_webhook(at(100)).unwrap();
    let check = |body: &[u8], time| sandbox.notice(&webhook.signature, body, at(time));
    assert!(check(&webhook.body, 400).is_ok());
    let stale = NoticeError::Signature(SignatureError::Stale);
    assert_eq!(check(&webhook.body, 401), Err(stale));
    let mut changed = webhook.body.clone();
    changed.push(b' ');
    let mismatch = NoticeError::Signature(SignatureError::Mismatch);
    assert_eq!(check(&changed, 100), Err(mismatch));
    let unsigned = sandbox.notice("", &webhook.body, at(100));
    assert_eq!(
        unsigned,
        Err(NoticeError::Signature(SignatureError::Malformed))
    );
    assert_eq!(check(&vec![b' '; 300_000], 100), Err(NoticeError::TooLarge));
}

#[test]
fn what_is_signed_and_not_understood_is_said_so() {
    let (sandbox, secret) = (Sandbox::default(), Secret::new("whsec_sandbox"));
    let read = |body: &str| {
        let header = signature::sign(&secret, body.as_bytes(), at(0));
        sandbox.notice(&header, body.as_bytes(), at(0))
    };
    for body in [
        "",
        "{}",
        "[",
        r#"{"id":"evt_1","created":1,"type":"refund.created","data":{"object":{}}}"#,
    ] {
        assert!(
            matches!(read(body), Err(NoticeError::Unreadable(_))),
            "{body}"
        );
    }
    let other = r#"{"id":"evt_1","created":1,"type":"customer.created","data":{"object":{}}}"#;
    let news = read(other).unwrap().news;
    assert_eq!(news, News::Other("customer.created".to_owned()));
}

#[test]
fn a_file_is_one_sandbox_for_several_and_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.jsonl");
    let open = || Sandbox::open(&path, Settings::default(), Plan::none()).unwrap();
    let (one, other) = (open(), open());
    let request = authorize("pm_card_authenticationRequired", 900);
    let outcome = now(one.authorize(&request, at(0)));
    let Outcome::ActionRequired { gateway_ref, .. } = outcome else {
        panic!("no action required: {outcome:?}");
    };
    other
        .customer(&gateway_ref, CustomerAnswer::Approves, at(1))
        .unwrap();
    let take = capture(&request, &gateway_ref, 900);
    other.inject(Operation::Capture, Faults::call(CallFault::LostAnswer));
    let lost = now(other.capture(&take, at(2)));
    assert_eq!(lost, Outcome::Unknown(Doubt::NoAnswer));
    done(now(one.capture(&take, at(3))));
    // Each webhook goes to one of them.
    let first = one.next_webhook(at(3)).unwrap();
    let second = other.next_webhook(at(3)).unwrap();
    assert_ne!(first, second);

    // A process is killed in the middle of a line; the next one goes on after the whole ones.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(b"{\"at\":\"2026-");
    std::fs::write(&path, &bytes).unwrap();
    let again = open();
    assert_eq!(again.books().totals(euro(0).currency).captured, 900);
    done(now(
        again.refund(&refund(&request, &gateway_ref, 400), at(4))
    ));
    for sandbox in [&one, &other, &again, &open()] {
        assert_eq!(sandbox.books().totals(euro(0).currency).refunded, 400);
        assert_eq!(sandbox.books().movements().count(), 2);
    }
    assert!(again.next_webhook(at(4)).is_some());
}

#[test]
fn sandboxes_on_one_file_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.jsonl");
    let open = || Sandbox::open(&path, Settings::default(), Plan::none()).unwrap();
    let request = authorize("pm_card_visa", 900);
    let reference = done(now(open().authorize(&request, at(0)))).gateway_ref;
    done(now(
        open().capture(&capture(&request, &reference, 900), at(0))
    ));
    let same = refund(&request, &reference, 1);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let sandbox = open();
                for _ in 0..50 {
                    done(now(sandbox.refund(&same, at(0))));
                    done(now(sandbox.refund(&refund(&request, &reference, 1), at(0))));
                }
            });
        }
    });
    assert_eq!(open().books().totals(euro(0).currency).refunded, 201);
}

#[test]
fn a_file_of_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.jsonl");
    std::fs::write(&path, "hello\n").unwrap();
    let refused = Sandbox::open(&path, Settings::default(), Plan::none());
    assert!(refused.is_err());
}
