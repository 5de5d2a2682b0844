//! Given, when, then, for what a person does with a payment by hand.

use super::*;
use crate::order::{LineQuantity, OrderCommand};
use crate::payment::{Payment, PaymentCommand, PaymentEvent, RefundReason};
use crate::testing::*;
use crate::value::*;

const ORDER: OrderId = OrderId(uuid::Uuid::from_u128(43));

/// 19.99 and 3.33 net, 19 % tax: 2.00 A and 1 B make 3998 + 760 + 333 + 63 + 499.
const TOTAL: i64 = 5_653;

/// One of the two A is worth its half of net and tax.
const ONE_A: i64 = 1_999 + 380;

/// Placed and authorized; money is taken when it leaves.
fn authorized() -> World {
    let mut world = World::with(&[("A", 1_999, 5), ("B", 333, 2)]);
    let lines = vec![wanted("A", 2), wanted("B", 1)];
    let wish = PlaceOrder {
        shipping: eur(499),
        payment: Some(by_card()),
        ..PlaceOrder::new(ORDER, Currency::EUR, lines, HOLD)
    };
    world.place(wish, &at(0)).unwrap();
    with_payment(&mut world, begin_payment).unwrap();
    let auth_id = ORDER.payment().authorization();
    let (amount, expires_at, gateway_ref) = (eur(TOTAL), None, text("pi_1"));
    let command = PaymentCommand::RecordAuthorized {
        auth_id,
        amount,
        expires_at,
        gateway_ref,
    };
    world.payment_command(ORDER, command).unwrap();
    world
}

fn confirmed() -> World {
    let mut world = authorized();
    let payment = world.payment(ORDER);
    let on_ship = CapturePolicy::OnShip;
    world
        .compose(ORDER, |o, s| conclude(o, s, &payment, on_ship, &at(1)))
        .unwrap();
    world
}

/// Confirmed, and everything captured by hand.
fn captured() -> World {
    let mut world = confirmed();
    capture(&mut world, 1, None).unwrap();
    settle_capture(&mut world);
    world
}

/// Captured, shipped, and both A came back.
fn returned() -> World {
    let mut world = captured();
    let ship = ShipLines {
        shipment_id: ShipmentId(uuid(1)),
        lines: Vec::new(),
        carrier: None,
        tracking: None,
    };
    world
        .compose(ORDER, |o, s| super::ship(o, s, ship, &at(2)))
        .unwrap();
    let request = OrderCommand::RequestReturn {
        return_id: ReturnId(uuid(2)),
        lines: vec![of("A", 2)],
        reason: None,
    };
    world
        .compose(ORDER, |order, _| {
            Ok(OrderingOutcome {
                order: crate::order::decide(order, request, &at(3))?,
                ..OrderingOutcome::default()
            })
        })
        .unwrap();
    let came = ReceiveReturn {
        return_id: ReturnId(uuid(2)),
        lines: Vec::new(),
    };
    world
        .compose(ORDER, |o, s| receive_return(o, s, came, &at(4)))
        .unwrap();
    world
}

fn with_payment(
    world: &mut World,
    compose: impl Fn(&crate::order::Order, &Payment) -> Result<OrderingOutcome, crate::Rejection>,
) -> Result<OrderingOutcome, crate::Rejection> {
    let payment = world.payment(ORDER);
    world.compose(ORDER, |order, _| compose(order, &payment))
}

fn capture(
    world: &mut World,
    number: u128,
    amount: Option<Money>,
) -> Result<OrderingOutcome, crate::Rejection> {
    let id = CaptureId(uuid(number));
    with_payment(world, |order, payment| {
        capture_by_hand(order, payment, id, amount)
    })
}

fn settle_capture(world: &mut World) {
    let capture = *world.payment(ORDER).captures().last().unwrap();
    let command = PaymentCommand::RecordCaptured {
        capture_id: capture.capture_id,
        amount: capture.amount,
        gateway_ref: None,
    };
    world.payment_command(ORDER, command).unwrap();
}

fn wish(number: u128, minor: i64, reason: RefundReason, lines: Vec<LineQuantity>) -> RefundWish {
    RefundWish {
        refund_id: RefundId(uuid(100 + number)),
        amount: eur(minor),
        reason,
        lines,
        note: None,
    }
}

fn refund(world: &mut World, wish: RefundWish) -> Result<OrderingOutcome, crate::Rejection> {
    with_payment(world, |order, payment| {
        refund_by_hand(order, payment, wish.clone())
    })
}

fn settle_refund(world: &mut World) {
    let payment = world.payment(ORDER);
    let requested = &payment.refunds().last().unwrap().requested;
    let command = PaymentCommand::RecordRefunded {
        refund_id: requested.refund_id,
        amount: requested.amount,
        gateway_ref: None,
    };
    world.payment_command(ORDER, command).unwrap();
}

fn of(name: &str, units: u32) -> LineQuantity {
    LineQuantity {
        sku: sku(name),
        quantity: qty(units),
    }
}

/// What was requested, as (minor units, the SKUs and units that it is for).
fn asked(outcome: &OrderingOutcome) -> (i64, Vec<(String, u32)>) {
    let events: Vec<&PaymentEvent> = outcome.payments.values().flatten().collect();
    match events.as_slice() {
        [PaymentEvent::CaptureRequested { amount, .. }] => (amount.minor, Vec::new()),
        [PaymentEvent::RefundRequested(requested)] => {
            let lines = requested.lines.iter();
            let lines = lines.map(|share| (share.sku.to_string(), share.quantity.get()));
            (requested.amount.minor, lines.collect())
        }
        other => panic!("{other:?}"),
    }
}

fn assert_clean(world: &World) {
    let report = world.verify();
    assert!(report.is_clean(), "{report:?}");
    assert!(world.books().trial_balance().values().all(|sum| *sum == 0));
}

#[test]
fn nothing_is_taken_before_the_order_is_confirmed() {
    let mut world = authorized();
    let refused = capture(&mut world, 1, None).unwrap_err();
    assert_eq!(refused.code(), "payment-state");
    assert!(refused.detail.contains("placed"), "{}", refused.detail);
}

#[test]
fn without_an_amount_all_that_is_due_is_taken_once() {
    let mut world = confirmed();
    assert_eq!(asked(&capture(&mut world, 1, None).unwrap()).0, TOTAL);
    assert!(capture(&mut world, 1, None).unwrap().is_empty());
    let open = capture(&mut world, 2, None).unwrap_err();
    assert!(open.detail.contains("is open"), "{}", open.detail);
    settle_capture(&mut world);
    let refused = capture(&mut world, 2, None).unwrap_err();
    assert_eq!(refused.code(), "validation-failed");
    assert_clean(&world);
}

#[test]
fn what_was_cancelled_is_not_due() {
    let mut world = confirmed();
    world
        .compose(ORDER, |o, s| {
            cancel_lines(o, s, vec![of("A", 1)], None, &at(2))
        })
        .unwrap();
    let refused = capture(&mut world, 1, Some(eur(TOTAL))).unwrap_err();
    assert_eq!(refused.fields[0].code, "capture-exceeds-due");
    assert_eq!(
        asked(&capture(&mut world, 1, None).unwrap()).0,
        TOTAL - ONE_A
    );
}

#[test]
fn kindness_is_bounded_by_what_was_taken_alone() {
    let mut world = captured();
    let kind = RefundReason::Goodwill;
    let some = refund(&mut world, wish(1, 500, kind, vec![of("A", 2)])).unwrap();
    assert_eq!(asked(&some), (500, vec![("A".into(), 2)]));
    settle_refund(&mut world);
    let refused = refund(&mut world, wish(2, TOTAL, kind, vec![])).unwrap_err();
    assert_eq!(refused.code(), "refund-exceeds-captured");
    let foreign = RefundWish {
        amount: Money::new(1, Currency::JPY),
        ..wish(2, 1, kind, vec![])
    };
    assert_eq!(
        refund(&mut world, foreign).unwrap_err().code(),
        "currency-mismatch"
    );
    let too_many = refund(&mut world, wish(2, 1, kind, vec![of("A", 3)])).unwrap_err();
    assert_eq!(too_many.code(), "quantity-exceeds-open");
    let unknown = refund(&mut world, wish(2, 1, kind, vec![of("Z", 1)])).unwrap_err();
    assert_eq!(unknown.fields[0].pointer, "/lines/0/sku");
    assert!(refund(&mut world, wish(2, 500, kind, vec![])).is_ok());
    settle_refund(&mut world);
    assert_eq!(world.payment(ORDER).refunded(), Some(eur(1_000)));
    assert_clean(&world);
}

#[test]
fn what_came_back_is_given_back_once_in_whatever_parts() {
    let mut world = returned();
    let back = RefundReason::Returned;
    let one = refund(&mut world, wish(1, ONE_A, back, vec![of("A", 1)])).unwrap();
    assert_eq!(asked(&one), (ONE_A, vec![("A".into(), 1)]));
    settle_refund(&mut world);
    for (lines, minor) in [(vec![], ONE_A + 1), (vec![of("A", 1)], ONE_A + 1)] {
        let refused = refund(&mut world, wish(2, minor, back, lines)).unwrap_err();
        assert_eq!(refused.fields[0].code, "exceeds-returned");
    }
    let too_many = refund(&mut world, wish(2, 1, back, vec![of("A", 2)])).unwrap_err();
    assert_eq!(too_many.code(), "quantity-exceeds-open");
    // The rest of it without a word which units: those that are left.
    let rest = refund(&mut world, wish(2, ONE_A, back, vec![])).unwrap();
    assert_eq!(asked(&rest), (ONE_A, vec![("A".into(), 1)]));
    settle_refund(&mut world);
    let payment = world.payment(ORDER);
    let step = money_step(&world.order(ORDER), &payment, CapturePolicy::OnConfirm);
    assert_eq!(
        step,
        MoneyStep::Nothing,
        "the shop gives nothing back a second time"
    );
    assert_clean(&world);
}

#[test]
fn what_was_not_cancelled_is_not_given_back_as_cancelled() {
    let mut world = captured();
    let refused = refund(&mut world, wish(1, 1, RefundReason::Cancelled, vec![])).unwrap_err();
    assert_eq!(refused.fields[0].code, "exceeds-cancelled");
    world
        .compose(ORDER, |o, s| {
            cancel_lines(o, s, vec![of("B", 1)], None, &at(2))
        })
        .unwrap();
    let some = refund(&mut world, wish(1, 396, RefundReason::Cancelled, vec![])).unwrap();
    assert_eq!(asked(&some), (396, vec![("B".into(), 1)]));
    settle_refund(&mut world);
    assert_clean(&world);
}

#[test]
fn the_same_refund_is_asked_for_once_and_another_of_its_id_is_a_mistake() {
    let mut world = captured();
    let kind = RefundReason::Goodwill;
    refund(&mut world, wish(1, 500, kind, vec![])).unwrap();
    assert!(
        refund(&mut world, wish(1, 500, kind, vec![]))
            .unwrap()
            .is_empty()
    );
    let other = refund(&mut world, wish(1, 501, kind, vec![])).unwrap_err();
    assert_eq!(other.code(), "validation-failed");
}

#[test]
fn a_payment_that_there_is_not_is_not_found() {
    let mut world = World::with(&[("A", 1_999, 5)]);
    let kind = RefundReason::Goodwill;
    let refused = refund(&mut world, wish(1, 500, kind, vec![])).unwrap_err();
    assert_eq!(refused.code(), "not-found");
    assert_eq!(
        capture(&mut world, 1, None).unwrap_err().code(),
        "not-found"
    );
}
