//! A planted breach for each rule about money, returns and deadlines, and none where there is none.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::order::{LineShare, OrderCommand, OrderEvent};
use crate::ordering::*;
use crate::payment::*;
use crate::stock::StockEvent;
use crate::testing::*;
use crate::value::*;

type Journal = Vec<(&'static str, String, u64, Event)>;

const PAID: OrderId = OrderId(uuid::Uuid::from_u128(61));
const WAITING: OrderId = OrderId(uuid::Uuid::from_u128(62));
const TOTAL: i64 = 2_380 + 396;

fn tell(world: &mut World, order: OrderId, command: PaymentCommand) {
    world.payment_command(order, command).unwrap();
}

fn place_and_begin(world: &mut World, order: OrderId) {
    let lines = vec![wanted("A", 2), wanted("B", 1)];
    let wish = PlaceOrder {
        payment: Some(by_card()),
        ..PlaceOrder::new(order, Currency::EUR, lines, HOLD)
    };
    world.place(wish, &at(0)).unwrap();
    let payment = Payment::default();
    world
        .compose(order, |o, _| begin_payment(o, &payment))
        .unwrap();
    let held = PaymentCommand::RecordAuthorized {
        auth_id: order.payment().authorization(),
        amount: eur(TOTAL),
        expires_at: None,
        gateway_ref: text("pi_1"),
    };
    tell(world, order, held);
}

/// One order is paid, shipped, and one of its two A came back and was refunded; another one's
/// money is held, and it waits.
fn world() -> World {
    let mut world = World::with(&[("A", 1_000, 9), ("B", 333, 9)]);
    place_and_begin(&mut world, PAID);
    let payment = world.payment(PAID);
    let policy = CapturePolicy::OnConfirm;
    world
        .compose(PAID, |o, s| conclude(o, s, &payment, policy, &at(1)))
        .unwrap();
    tell(
        &mut world,
        PAID,
        PaymentCommand::RecordCaptured {
            capture_id: PAID.payment().capture(0),
            amount: eur(TOTAL),
            gateway_ref: None,
        },
    );
    let shipment = ShipLines {
        shipment_id: ShipmentId(uuid(1)),
        lines: vec![],
        carrier: None,
        tracking: None,
    };
    world
        .compose(PAID, |o, s| ship(o, s, shipment, &at(2)))
        .unwrap();
    give_back_one(&mut world);
    place_and_begin(&mut world, WAITING);
    world
}

fn give_back_one(world: &mut World) {
    let (return_id, reason) = (ReturnId(uuid(2)), None);
    let lines = vec![crate::order::LineQuantity {
        sku: sku("A"),
        quantity: qty(1),
    }];
    let announce = OrderCommand::RequestReturn {
        return_id,
        lines,
        reason,
    };
    world
        .compose(PAID, |order, _| {
            Ok(OrderingOutcome {
                order: crate::order::decide(order, announce, &at(3))?,
                ..OrderingOutcome::default()
            })
        })
        .unwrap();
    let received = ReceiveReturn {
        return_id,
        lines: vec![],
    };
    world
        .compose(PAID, |o, s| receive_return(o, s, received, &at(3)))
        .unwrap();
    let payment = world.payment(PAID);
    world
        .compose(PAID, |o, _| settle(o, &payment, CapturePolicy::OnConfirm))
        .unwrap();
    let refunded = PaymentCommand::RecordRefunded {
        refund_id: PAID.payment().refund(0),
        amount: eur(1_190),
        gateway_ref: None,
    };
    tell(world, PAID, refunded);
}

/// Each event with the second at which it was recorded.
fn breaches_at(journal: &Journal, second: impl Fn(usize) -> u64) -> Vec<(u8, u64, String)> {
    let mut verifier = Verifier::new();
    for (number, (aggregate_type, aggregate_id, sequence, event)) in journal.iter().enumerate() {
        verifier.post(RecordedFact {
            position: number as u64 + 1,
            aggregate_type,
            aggregate_id,
            sequence: *sequence,
            event_type: event.event_type(),
            event,
            recorded_at: at(second(number)).now,
        });
    }
    let found = verifier.finish().breaches.into_iter();
    found.map(|b| (b.rule, b.position, b.stream)).collect()
}

fn append(journal: &mut Journal, aggregate_id: &str, event: impl Into<Event>) {
    let event = event.into();
    let kind = event.aggregate_type();
    let before = journal
        .iter()
        .filter(|e| e.0 == kind && e.1 == aggregate_id);
    let sequence = before.count() as u64 + 1;
    journal.push((kind, aggregate_id.into(), sequence, event));
}

/// Appends events to the payment of `order`, and expects the last to break `rule`.
fn planted(order: OrderId, events: Vec<PaymentEvent>, rule: u8) {
    let mut journal = world().journal;
    let id = order.payment().to_string();
    for event in events {
        append(&mut journal, &id, event);
    }
    expect(&journal, rule, &format!("payment-{id}"));
}

fn planted_in_order(order: OrderId, event: OrderEvent, rule: u8) {
    let mut journal = world().journal;
    append(&mut journal, &order.to_string(), event);
    expect(&journal, rule, &format!("order-{order}"));
}

fn expect(journal: &Journal, rule: u8, stream: &str) {
    let found = breaches_at(journal, |_| 0);
    let expected = (rule, journal.len() as u64, stream.to_owned());
    assert!(
        found.contains(&expected),
        "{expected:?} is not in {found:?}"
    );
}

fn capture(order: OrderId, number: usize, minor: i64) -> Vec<PaymentEvent> {
    let capture_id = order.payment().capture(number);
    vec![
        PaymentEvent::CaptureRequested {
            capture_id,
            amount: eur(minor),
        },
        PaymentEvent::PaymentCaptured {
            capture_id,
            amount: eur(minor),
            gateway_ref: None,
        },
    ]
}

fn refund(number: usize, money: Money, reason: RefundReason) -> Vec<PaymentEvent> {
    let refund_id = PAID.payment().refund(number);
    vec![
        PaymentEvent::RefundRequested(RefundRequested {
            refund_id,
            amount: money,
            reason,
            lines: vec![],
            note: None,
        }),
        PaymentEvent::PaymentRefunded {
            refund_id,
            amount: money,
            reason,
            lines: vec![],
            gateway_ref: None,
        },
    ]
}

fn void(number: usize) -> PaymentEvent {
    PaymentEvent::VoidRequested {
        void_id: WAITING.payment().void(number),
        reason: None,
    }
}

#[test]
fn a_journal_that_was_decided_is_clean() {
    assert_eq!(breaches_at(&world().journal, |_| 0), []);
}

#[test]
fn rule_3_sees_more_come_back_than_was_sent() {
    planted_in_order(PAID, came_back(2, 2_000, 380), 3);
}

#[test]
fn rule_6_sees_units_come_back_with_more_than_they_left_with() {
    planted_in_order(PAID, came_back(1, 1_001, 190), 6);
    planted_in_order(PAID, came_back(1, 1_000, 189), 6);
    let shipped = OrderEvent::OrderShipped {
        shipment_id: ShipmentId(uuid(5)),
        lines: vec![],
        shipping: 1,
        carrier: None,
        tracking: None,
    };
    planted_in_order(PAID, shipped, 6);
}

fn came_back(units: u32, net: i64, tax: i64) -> OrderEvent {
    OrderEvent::ReturnReceived {
        return_id: ReturnId(uuid(3)),
        lines: vec![LineShare {
            line_id: PAID.line(&sku("A")),
            sku: sku("A"),
            quantity: qty(units),
            gross: net,
            discount: 0,
            net,
            tax,
        }],
    }
}

#[test]
fn rule_4_sees_a_capture_without_confirmation_or_commitment() {
    planted(WAITING, capture(WAITING, 0, TOTAL), 4);
    let mut journal = world().journal;
    let confirmed = OrderEvent::OrderConfirmed {
        authorized: eur(TOTAL),
        renewed: vec![],
    };
    append(&mut journal, &WAITING.to_string(), confirmed);
    for event in capture(WAITING, 0, TOTAL) {
        append(&mut journal, &WAITING.payment().to_string(), event);
    }
    expect(&journal, 4, &format!("payment-{}", WAITING.payment()));
    // With every line committed it is as it should be.
    let before = journal.len() - 2;
    let mut committed: Journal = journal[..before].to_vec();
    for name in ["A", "B"] {
        let event = StockEvent::ReservationCommitted {
            reservation_id: WAITING.reservation(&sku(name)),
            order_id: WAITING,
            line_id: WAITING.line(&sku(name)),
            quantity: qty(if name == "A" { 2 } else { 1 }),
        };
        append(&mut committed, &format!("{name}@main"), event);
    }
    for event in capture(WAITING, 0, TOTAL) {
        append(&mut committed, &WAITING.payment().to_string(), event);
    }
    assert_eq!(breaches_at(&committed, |_| 0), []);
}

#[test]
fn rule_4_lets_money_rest_that_a_person_looks_after() {
    let rejected = OrderEvent::OrderRejected {
        reason: crate::order::RejectReason::Timeout,
    };
    let mut asked = world().journal;
    append(&mut asked, &WAITING.to_string(), rejected);
    let from = asked.len();
    let payment = WAITING.payment().to_string();
    let (what, tried) = (text("refused"), text("3 voids"));
    let raised = PaymentEvent::PaymentAttentionRaised { what, tried };
    append(&mut asked, &payment, raised);
    let settled = |decision| {
        let mut journal = asked.clone();
        let reason = text("asked the gateway");
        let settled = PaymentEvent::PaymentAttentionSettled { decision, reason };
        append(&mut journal, &payment, settled);
        journal
    };
    let minutes = |number: usize| (number.saturating_sub(from) as u64) * 60;
    let is_breach = |mut journal: Journal| {
        (0..20).for_each(|_| append(&mut journal, "A@main", received()));
        breaches_at(&journal, minutes).iter().any(|b| b.0 == 4)
    };
    assert!(!is_breach(asked.clone()));
    assert!(!is_breach(settled(AttentionDecision::Leave)));
    assert!(is_breach(settled(AttentionDecision::Retry)));
}

#[test]
fn rule_4_lets_money_rest_of_which_nobody_knows_whether_it_was_taken() {
    let mut journal = world().journal;
    let payment = WAITING.payment();
    let capture_id = payment.capture(0);
    let requested = PaymentEvent::CaptureRequested {
        capture_id,
        amount: eur(TOTAL),
    };
    append(&mut journal, &payment.to_string(), requested);
    let rejected = OrderEvent::OrderRejected {
        reason: crate::order::RejectReason::Timeout,
    };
    append(&mut journal, &WAITING.to_string(), rejected);
    let from = journal.len();
    let minutes = |number: usize| (number.saturating_sub(from) as u64) * 60;
    let is_breach = |mut journal: Journal| {
        (0..20).for_each(|_| append(&mut journal, "A@main", received()));
        breaches_at(&journal, minutes).iter().any(|b| b.0 == 4)
    };
    assert!(!is_breach(journal.clone()));
    let (code, definite) = (text("refused"), true);
    let failed = PaymentEvent::CaptureFailed {
        capture_id,
        definite,
        code,
    };
    append(&mut journal, &payment.to_string(), failed);
    assert!(is_breach(journal));
}

#[test]
fn rule_4_sees_money_of_a_rejected_order_that_nobody_gives_back() {
    let rejected = OrderEvent::OrderRejected {
        reason: crate::order::RejectReason::Timeout,
    };
    let mut journal = world().journal;
    append(&mut journal, &WAITING.to_string(), rejected);
    let at_fault = journal.len();
    let mut let_go = journal.clone();
    append(&mut let_go, &WAITING.payment().to_string(), void(0));
    for _ in 0..20 {
        append(&mut journal, "A@main", received());
        append(&mut let_go, "A@main", received());
    }
    // An event a minute; nothing before.
    let minutes = |number: usize| (number.saturating_sub(at_fault - 1) as u64) * 60;
    let stream = format!("order-{WAITING}");
    let expected = (4, at_fault as u64, stream);
    assert!(breaches_at(&journal, minutes).contains(&expected));
    let about_money = |journal| breaches_at(journal, minutes).iter().any(|b| b.0 == 4);
    assert!(!about_money(&let_go));
    // Soon after, nobody can say that it will not be.
    journal.truncate(at_fault + 4);
    assert!(!about_money(&journal));
}

fn received() -> StockEvent {
    StockEvent::StockReceived {
        sku: sku("A"),
        location: Location::default(),
        quantity: qty(1),
        reference: None,
    }
}

#[test]
fn rule_5_sees_money_that_moves_twice_or_too_much() {
    // More than is held, more than was captured, twice under one id, never asked for.
    planted(PAID, capture(PAID, 1, 1)[..1].to_vec(), 5);
    planted(
        PAID,
        refund(1, eur(TOTAL), RefundReason::Goodwill)[..1].to_vec(),
        5,
    );
    let again = refund(0, eur(1), RefundReason::Goodwill).remove(1);
    planted(PAID, vec![again], 5);
    let captured = capture(WAITING, 0, TOTAL).remove(1);
    planted(WAITING, vec![captured], 5);
    // Another amount than was asked for.
    let mut other = capture(WAITING, 0, 100);
    if let PaymentEvent::PaymentCaptured { amount, .. } = &mut other[1] {
        amount.minor = 101;
    }
    planted(WAITING, other, 5);
    // Two open at once.
    planted(WAITING, vec![void(0), void(1)], 5);
    let mut requested = vec![void(0)];
    requested.extend(capture(WAITING, 0, 1).into_iter().take(1));
    planted(WAITING, requested, 5);
}

#[test]
fn rule_5_sees_an_id_that_settles_after_its_definite_failure() {
    let mut events = capture(WAITING, 0, 100);
    let failed = |definite| PaymentEvent::CaptureFailed {
        capture_id: WAITING.payment().capture(0),
        definite,
        code: text("no"),
    };
    events.insert(1, failed(true));
    planted(WAITING, events.clone(), 5);
    // One that is not definite keeps it open.
    events[1] = failed(false);
    let mut journal = world().journal;
    for event in events {
        append(&mut journal, &WAITING.payment().to_string(), event);
    }
    assert!(breaches_at(&journal, |_| 0).iter().all(|b| b.0 != 5));
}

#[test]
fn rule_7_sees_money_given_back_for_nothing_and_in_another_currency() {
    planted(PAID, refund(1, eur(1), RefundReason::Returned), 7);
    planted(PAID, refund(1, eur(1), RefundReason::Cancelled), 7);
    let yen = Money::new(1, Currency::JPY);
    planted(PAID, refund(1, yen, RefundReason::Goodwill), 7);
    let mut journal = world().journal;
    for event in refund(1, eur(1), RefundReason::Goodwill) {
        append(&mut journal, &PAID.payment().to_string(), event);
    }
    assert_eq!(breaches_at(&journal, |_| 0), []);
}

#[test]
fn rule_9_sees_an_order_that_waits_on_after_its_deadline() {
    let mut journal = world().journal;
    let is_placed = |entry: &(_, String, _, Event)| {
        entry.1 == WAITING.to_string() && entry.3.event_type() == "OrderPlaced"
    };
    let placed = journal.iter().position(is_placed).unwrap() as u64 + 1;
    let base = journal.len();
    for _ in 0..30 {
        append(&mut journal, "A@main", received());
    }
    let minutes = |number: usize| (number.saturating_sub(base - 1) as u64) * 60;
    let stream = format!("order-{WAITING}");
    assert_eq!(breaches_at(&journal, minutes), [(9, placed, stream)]);
    // A night in which the shop was switched off is not held against it.
    let overnight = |number: usize| {
        if number < base {
            0
        } else {
            80_000 + number as u64
        }
    };
    assert_eq!(breaches_at(&journal, overnight), []);
    // Nor is an order late whose deadline was extended.
    let mut extended = world().journal;
    let deadline = at(86_400).now;
    let event = OrderEvent::OrderDeadlineExtended { deadline };
    append(&mut extended, &WAITING.to_string(), event);
    for _ in 0..29 {
        append(&mut extended, "A@main", received());
    }
    assert_eq!(breaches_at(&extended, minutes), []);
    // Nor one that was extended after its deadline, and is a moment late for the second: it is not the first that counts.
    let mut twice = world().journal;
    append(&mut twice, "A@main", received());
    let deadline = at(HOLD.as_secs() + 1_200).now;
    let event = OrderEvent::OrderDeadlineExtended { deadline };
    append(&mut twice, &WAITING.to_string(), event);
    (0..10).for_each(|_| append(&mut twice, "A@main", received()));
    let past_the_first = HOLD.as_secs() + 1;
    let seconds = |number: usize| match number.checked_sub(base) {
        None => 0,
        Some(0 | 1) => past_the_first,
        Some(after @ 2..=6) => past_the_first + after as u64 * 50,
        Some(after) => past_the_first + 1_200 + after as u64,
    };
    assert_eq!(breaches_at(&twice, seconds), []);
}

#[test]
fn rule_10_sees_what_is_applied_twice() {
    let held = PaymentEvent::PaymentAuthorized {
        auth_id: WAITING.payment().authorization(),
        amount: eur(TOTAL),
        expires_at: None,
        gateway_ref: text("pi_1"),
    };
    planted(WAITING, vec![held], 10);
    let requested = PaymentEvent::PaymentRequested(Arc::new(PaymentRequested {
        payment_id: PAID.payment(),
        order_id: WAITING,
        amount: eur(TOTAL),
        gateway: text("sandbox"),
        method: text("card"),
    }));
    planted(WAITING, vec![requested], 10);
    let announced = OrderEvent::ReturnRequested {
        return_id: ReturnId(uuid(2)),
        lines: vec![],
        reason: None,
    };
    planted_in_order(PAID, announced, 10);
}

#[test]
fn a_shop_that_sleeps_is_not_awake() {
    let mut clock = awake::Awake::default();
    assert_eq!(clock.at(at(0).now), Duration::ZERO);
    assert_eq!(clock.at(at(10).now), Duration::from_secs(10));
    assert_eq!(clock.at(at(90_000).now), Duration::from_secs(70));
    // A clock that is set back counts nothing.
    assert_eq!(clock.at(at(5).now), Duration::from_secs(70));
}
