//! Given, when, then, for checkouts and the money of orders.

use super::*;
use crate::order::{LineQuantity, OrderStatus, RejectReason};
use crate::payment::{
    AttentionDecision, Payment, PaymentCommand, PaymentEvent, PaymentStatus, RefundReason,
};
use crate::stock::{Condition, StockCommand};
use crate::testing::*;
use crate::value::*;
use crate::{Facts, Rejection};

const ORDER: OrderId = OrderId(uuid::Uuid::from_u128(42));
const POLICY: CapturePolicy = CapturePolicy::OnConfirm;

/// 19.99 and 3.33 net, 19 % tax: 2.00 A and 1 B make 3998 + 760 + 333 + 63 + 499.
const TOTAL: i64 = 5_653;

/// Two A and one B are placed, and their payment is begun.
fn placed() -> World {
    let mut world = World::with(&[("A", 1_999, 5), ("B", 333, 2)]);
    let lines = vec![wanted("A", 2), wanted("B", 1)];
    let wish = PlaceOrder {
        shipping: eur(499),
        payment: Some(by_card()),
        ..PlaceOrder::new(ORDER, Currency::EUR, lines, HOLD)
    };
    world.place(wish, &at(0)).unwrap();
    begin(&mut world);
    world
}

fn begin(world: &mut World) -> OrderingOutcome {
    let payment = world.payment(ORDER);
    world
        .compose(ORDER, |order, _| begin_payment(order, &payment))
        .unwrap()
}

fn pay(world: &mut World, command: PaymentCommand) {
    world.payment_command(ORDER, command).unwrap();
}

fn authorize(world: &mut World, minor: i64) {
    let command = PaymentCommand::RecordAuthorized {
        auth_id: ORDER.payment().authorization(),
        amount: eur(minor),
        expires_at: None,
        gateway_ref: text("pi_1"),
    };
    pay(world, command);
}

fn decline(world: &mut World) {
    let command = PaymentCommand::RecordDeclined {
        auth_id: ORDER.payment().authorization(),
        code: text("insufficient-funds"),
    };
    pay(world, command);
}

fn conclude_in(world: &mut World, policy: CapturePolicy, facts: &Facts) -> OrderingOutcome {
    let payment = world.payment(ORDER);
    let concluded = world.compose(ORDER, |order, stock| {
        conclude(order, stock, &payment, policy, facts)
    });
    concluded.unwrap()
}

fn time_out_in(world: &mut World, facts: &Facts) -> OrderingOutcome {
    let payment = world.payment(ORDER);
    let timed_out = world.compose(ORDER, |order, stock| {
        time_out(order, stock, &payment, POLICY, facts)
    });
    timed_out.unwrap()
}

fn settle_in(world: &mut World, policy: CapturePolicy) -> Vec<&'static str> {
    let payment = world.payment(ORDER);
    let settled = world.compose(ORDER, |order, _| settle(order, &payment, policy));
    payment_names(&settled.unwrap())
}

fn step(world: &World, policy: CapturePolicy) -> MoneyStep {
    money_step(&world.order(ORDER), &world.payment(ORDER), policy)
}

fn captured(world: &mut World) {
    let capture = *world.payment(ORDER).captures().last().unwrap();
    let command = PaymentCommand::RecordCaptured {
        capture_id: capture.capture_id,
        amount: capture.amount,
        gateway_ref: None,
    };
    pay(world, command);
}

fn refunded(world: &mut World) {
    let payment = world.payment(ORDER);
    let requested = &payment.refunds().last().unwrap().requested;
    let command = PaymentCommand::RecordRefunded {
        refund_id: requested.refund_id,
        amount: requested.amount,
        gateway_ref: None,
    };
    pay(world, command);
}

/// Paid for, confirmed and captured.
fn paid() -> World {
    let mut world = placed();
    authorize(&mut world, TOTAL);
    conclude_in(&mut world, POLICY, &at(1));
    captured(&mut world);
    world
}

fn order_names(outcome: &OrderingOutcome) -> Vec<&'static str> {
    outcome.order.iter().map(OrderEvent::event_type).collect()
}

fn payment_names(outcome: &OrderingOutcome) -> Vec<&'static str> {
    let events = outcome.payments.values().flatten();
    events.map(PaymentEvent::event_type).collect()
}

fn of(name: &str, units: u32) -> LineQuantity {
    LineQuantity {
        sku: sku(name),
        quantity: qty(units),
    }
}

fn cancel_in(world: &mut World, lines: Vec<LineQuantity>) {
    world
        .compose(ORDER, |o, s| cancel_lines(o, s, lines, None, &at(2)))
        .unwrap();
}

fn ship_in(world: &mut World, number: u128, lines: Vec<LineQuantity>) {
    let command = ShipLines {
        shipment_id: ShipmentId(uuid(number)),
        lines,
        carrier: None,
        tracking: None,
    };
    world
        .compose(ORDER, |o, s| ship(o, s, command, &at(3)))
        .unwrap();
}

fn announce(world: &mut World, number: u128, lines: Vec<LineQuantity>) {
    let command = crate::order::OrderCommand::RequestReturn {
        return_id: ReturnId(uuid(number)),
        lines,
        reason: None,
    };
    world
        .compose(ORDER, |order, _| {
            let order = crate::order::decide(order, command, &at(4))?;
            Ok(OrderingOutcome {
                order,
                ..OrderingOutcome::default()
            })
        })
        .unwrap();
}

fn receive(
    world: &mut World,
    number: u128,
    lines: Vec<ReceivedLine>,
) -> Result<OrderingOutcome, Rejection> {
    let command = ReceiveReturn {
        return_id: ReturnId(uuid(number)),
        lines,
    };
    world.compose(ORDER, |o, s| receive_return(o, s, command, &at(5)))
}

fn assert_clean(world: &World) {
    let report = world.verify();
    assert!(report.is_clean(), "{report:?}");
    assert!(world.books().trial_balance().values().all(|sum| *sum == 0));
}

#[test]
fn a_payment_is_begun_once_of_what_is_due() {
    let mut world = placed();
    let payment = world.payment(ORDER);
    let requested = payment.requested().unwrap();
    assert_eq!((requested.amount, requested.order_id), (eur(TOTAL), ORDER));
    assert_eq!(payment.status(), Some(PaymentStatus::Authorizing));
    assert!(begin(&mut world).is_empty());
}

#[test]
fn a_customer_who_did_not_choose_how_to_pay_is_not_asked() {
    let mut world = World::with(&[("A", 1_999, 5)]);
    let wish = PlaceOrder::new(ORDER, Currency::EUR, vec![wanted("A", 1)], HOLD);
    world.place(wish, &at(0)).unwrap();
    assert!(begin(&mut world).is_empty());
}

#[test]
fn authorized_in_time_is_confirmed_committed_and_captured_at_once() {
    let mut world = placed();
    assert!(conclude_in(&mut world, POLICY, &at(1)).is_empty());
    authorize(&mut world, TOTAL);
    let outcome = conclude_in(&mut world, POLICY, &at(1));
    assert_eq!(order_names(&outcome), ["OrderConfirmed"]);
    assert_eq!(payment_names(&outcome), ["CaptureRequested"]);
    assert_eq!(world.item("A").committed(), 2);
    assert!(conclude_in(&mut world, POLICY, &at(2)).is_empty());
    assert_eq!(step(&world, POLICY), MoneyStep::Wait);
    captured(&mut world);
    assert_eq!(step(&world, POLICY), MoneyStep::Nothing);
    assert_eq!(world.payment(ORDER).captured(), Some(eur(TOTAL)));
    assert_clean(&world);
}

#[test]
fn declined_releases_and_rejects() {
    let mut world = placed();
    decline(&mut world);
    let outcome = conclude_in(&mut world, POLICY, &at(1));
    assert_eq!(
        outcome.order,
        [OrderEvent::OrderRejected {
            reason: RejectReason::PaymentDeclined
        }]
    );
    assert_eq!(payment_names(&outcome), [""; 0]);
    assert_eq!(
        (world.item("A").held(), world.item("A").available()),
        (0, 5)
    );
    assert_clean(&world);
}

#[test]
fn less_than_is_due_is_as_good_as_declined_and_let_go_of() {
    let mut world = placed();
    authorize(&mut world, TOTAL - 1);
    let outcome = conclude_in(&mut world, POLICY, &at(1));
    assert_eq!(order_names(&outcome), ["OrderRejected"]);
    assert_eq!(payment_names(&outcome), ["VoidRequested"]);
}

#[test]
fn a_hold_that_lapsed_is_taken_anew_or_the_money_is_let_go_of() {
    for (left, expected) in [(5, "OrderConfirmed"), (1, "OrderRejected")] {
        let mut world = placed();
        world
            .stock_command("A", StockCommand::ExpireReservations, &at(901))
            .unwrap();
        let adjust = StockCommand::AdjustStock {
            delta: left - 5,
            reason: text("counted"),
            force: false,
        };
        world.stock_command("A", adjust, &at(901)).unwrap();
        authorize(&mut world, TOTAL);
        let outcome = conclude_in(&mut world, POLICY, &at(902));
        assert_eq!(order_names(&outcome), [expected]);
        if left == 1 {
            assert_eq!(
                outcome.order,
                [OrderEvent::OrderRejected {
                    reason: RejectReason::OutOfStock
                }]
            );
            assert_eq!(payment_names(&outcome), ["VoidRequested"]);
            assert_eq!(world.item("B").held(), 0);
        }
        assert_clean(&world);
    }
}

#[test]
fn the_deadline_rejects_and_lets_go_and_an_early_timer_does_no_harm() {
    let mut world = placed();
    assert!(time_out_in(&mut world, &at(899)).is_empty());
    let outcome = time_out_in(&mut world, &at(900));
    assert_eq!(
        outcome.order,
        [OrderEvent::OrderRejected {
            reason: RejectReason::Timeout
        }]
    );
    assert_eq!(payment_names(&outcome), ["VoidRequested"]);
    assert!(time_out_in(&mut world, &at(901)).is_empty());
    // The answer to the authorization comes late: nothing is confirmed, and the void is open.
    authorize(&mut world, TOTAL);
    assert!(conclude_in(&mut world, POLICY, &at(902)).is_empty());
    assert_eq!(step(&world, POLICY), MoneyStep::Wait);
    pay(
        &mut world,
        PaymentCommand::RecordVoided {
            void_id: Some(ORDER.payment().void(0)),
        },
    );
    assert_eq!(step(&world, POLICY), MoneyStep::Nothing);
    assert_clean(&world);
}

#[test]
fn what_was_authorized_in_time_is_confirmed_by_a_late_timer() {
    let mut world = placed();
    authorize(&mut world, TOTAL);
    let outcome = time_out_in(&mut world, &at(2_000));
    assert_eq!(order_names(&outcome), ["OrderConfirmed"]);
}

#[test]
fn a_customer_who_is_busy_paying_gets_more_time_once() {
    let mut world = placed();
    let extend_in = |world: &mut World, until| {
        world.compose(ORDER, |o, s| extend(o, s, at(until).now, &at(10)))
    };
    let outcome = extend_in(&mut world, 1_800).unwrap();
    assert_eq!(order_names(&outcome), ["OrderDeadlineExtended"]);
    assert_eq!(outcome.stock.len(), 2);
    assert!(extend_in(&mut world, 1_800).unwrap().is_empty());
    let again = extend_in(&mut world, 2_700).unwrap_err();
    assert_eq!(again.code(), "order-state");
    let too_long = extend_in(&mut world, 10_000_000).unwrap_err();
    assert_eq!(too_long.code(), "validation-failed");
    world
        .stock_command("A", StockCommand::ExpireReservations, &at(1_000))
        .unwrap();
    assert_eq!(world.item("A").held(), 2);
    assert!(time_out_in(&mut world, &at(1_799)).is_empty());
    assert!(!time_out_in(&mut world, &at(1_800)).is_empty());
    assert_clean(&world);
}

#[test]
fn nothing_is_confirmed_on_a_payment_that_was_let_go_of() {
    let mut world = placed();
    let void_id = ORDER.payment().void(0);
    let reason = None;
    pay(&mut world, PaymentCommand::RequestVoid { void_id, reason });
    assert!(conclude_in(&mut world, POLICY, &at(1)).is_empty());
    let void_id = Some(void_id);
    pay(&mut world, PaymentCommand::RecordVoided { void_id });
    authorize(&mut world, TOTAL);
    let outcome = conclude_in(&mut world, POLICY, &at(1));
    assert_eq!(order_names(&outcome), ["OrderRejected"]);
    assert_eq!(payment_names(&outcome), ["VoidRequested"]);
}

#[test]
fn what_is_free_needs_no_payment() {
    let mut world = World::with(&[("A", 0, 5)]);
    let wish = PlaceOrder::new(ORDER, Currency::EUR, vec![wanted("A", 1)], HOLD);
    world.place(wish, &at(0)).unwrap();
    assert!(begin(&mut world).is_empty());
    let outcome = conclude_in(&mut world, POLICY, &at(1));
    assert_eq!(order_names(&outcome), ["OrderConfirmed"]);
    assert_clean(&world);
}

#[test]
fn cancelling_before_the_capture_captures_less() {
    let mut world = placed();
    cancel_in(&mut world, vec![of("B", 1)]);
    authorize(&mut world, TOTAL);
    conclude_in(&mut world, POLICY, &at(1));
    let amount = world.payment(ORDER).captures()[0].amount;
    assert_eq!(amount, eur(TOTAL - 333 - 63));
}

#[test]
fn cancelling_after_the_capture_refunds_the_exact_share() {
    let mut world = paid();
    cancel_in(&mut world, vec![of("A", 1)]);
    let expected = world.order(ORDER).line(&sku("A")).unwrap().progress;
    assert_eq!(settle_in(&mut world, POLICY), ["RefundRequested"]);
    // Asked again while it is open: once.
    assert_eq!(settle_in(&mut world, POLICY), [""; 0]);
    let refund = world.payment(ORDER).refunds()[0].requested.clone();
    assert_eq!(refund.amount, eur(1_999 + 380));
    assert_eq!(refund.amount, eur(expected.cancelled_total));
    assert_eq!(
        (refund.reason, refund.lines.len()),
        (RefundReason::Cancelled, 1)
    );
    refunded(&mut world);
    assert_eq!(settle_in(&mut world, POLICY), [""; 0]);
    // The rest, and with it the shipping.
    cancel_in(&mut world, vec![of("A", 1), of("B", 1)]);
    assert_eq!(world.order(ORDER).status(), Some(OrderStatus::Cancelled));
    assert_eq!(settle_in(&mut world, POLICY), ["RefundRequested"]);
    let refund = world.payment(ORDER).refunds()[1].requested.clone();
    assert_eq!(refund.amount, eur(TOTAL - 1_999 - 380));
    assert_eq!(refund.lines.len(), 2);
    refunded(&mut world);
    assert_eq!(world.payment(ORDER).status(), Some(PaymentStatus::Refunded));
    let books = world.books();
    for account in crate::ledger::Account::ALL {
        assert_eq!(books.balance(account, Currency::EUR), 0, "{account:?}");
    }
    assert_clean(&world);
}

#[test]
fn tax_that_does_not_divide_evenly_is_refunded_whole() {
    let mut world = World::with(&[("A", 1, 9)]);
    // Seven units of a cent each, with one cent of tax on all of them together; with a discount
    // too: `order/share_tests.rs`.
    let wish = PlaceOrder {
        payment: Some(by_card()),
        ..PlaceOrder::new(ORDER, Currency::EUR, vec![wanted("A", 7)], HOLD)
    };
    world.place(wish, &at(0)).unwrap();
    begin(&mut world);
    let total = world.order(ORDER).due().unwrap().minor;
    authorize(&mut world, total);
    conclude_in(&mut world, POLICY, &at(1));
    captured(&mut world);
    for units in [1, 2, 1, 3] {
        cancel_in(&mut world, vec![of("A", units)]);
        if settle_in(&mut world, POLICY) == ["RefundRequested"] {
            refunded(&mut world);
        }
    }
    assert_eq!(world.payment(ORDER).refunded(), Some(eur(total)));
    assert_clean(&world);
}

#[test]
fn a_return_is_restocked_or_written_off_and_refunded_with_its_tax() {
    let mut world = paid();
    ship_in(&mut world, 1, vec![of("A", 2), of("B", 1)]);
    announce(&mut world, 7, vec![of("A", 2)]);
    assert_eq!(settle_in(&mut world, POLICY), [""; 0]);
    let line = |condition| ReceivedLine {
        sku: sku("A"),
        quantity: qty(1),
        condition,
    };
    let broken = Condition::WrittenOff {
        reason: text("broken"),
    };
    let lines = vec![line(Condition::Saleable), line(broken)];
    let outcome = receive(&mut world, 7, lines.clone()).unwrap();
    let stock = outcome.stock[&stock_id("A")].iter();
    let stock: Vec<_> = stock.map(StockEvent::event_type).collect();
    assert_eq!(stock, ["StockRestocked", "StockWrittenOff"]);
    assert_eq!(world.item("A").on_hand(), 4);
    assert!(receive(&mut world, 7, lines).unwrap().is_empty());
    assert_eq!(settle_in(&mut world, POLICY), ["RefundRequested"]);
    refunded(&mut world);
    let books = world.books();
    let balance = |account| books.balance(account, Currency::EUR);
    assert_eq!(balance(crate::ledger::Account::SalesReturns), 3_998);
    assert_eq!(balance(crate::ledger::Account::TaxPayable), -63);
    assert_eq!(balance(crate::ledger::Account::CustomerPrepayments), 0);
    assert_clean(&world);
}

#[test]
fn what_was_shipped_is_captured_as_it_leaves_if_so_agreed() {
    let policy = CapturePolicy::OnShip;
    let mut world = placed();
    authorize(&mut world, TOTAL);
    let outcome = conclude_in(&mut world, policy, &at(1));
    assert_eq!(payment_names(&outcome), [""; 0]);
    ship_in(&mut world, 1, vec![of("A", 1)]);
    let first = eur(1_999 + 380 + 499);
    assert_eq!(step(&world, policy), MoneyStep::Capture(first));
    assert_eq!(settle_in(&mut world, policy), ["CaptureRequested"]);
    // More leaves while the first is open: it waits its turn.
    ship_in(&mut world, 2, vec![of("A", 1)]);
    assert_eq!(step(&world, policy), MoneyStep::Wait);
    captured(&mut world);
    cancel_in(&mut world, vec![of("B", 1)]);
    assert_eq!(step(&world, policy), MoneyStep::Capture(eur(1_999 + 380)));
    assert_eq!(settle_in(&mut world, policy), ["CaptureRequested"]);
    captured(&mut world);
    assert_eq!(step(&world, policy), MoneyStep::Nothing);
    assert_eq!(world.payment(ORDER).captured(), world.order(ORDER).due());
    assert_clean(&world);
}

#[test]
fn what_fails_for_good_again_and_again_is_left_to_a_person() {
    let mut world = paid();
    cancel_in(&mut world, vec![of("A", 1)]);
    for _ in 0..FAILURES_IN_A_ROW_MAX {
        assert_eq!(settle_in(&mut world, POLICY), ["RefundRequested"]);
        let refund_id = world
            .payment(ORDER)
            .refunds()
            .last()
            .unwrap()
            .requested
            .refund_id;
        let command = PaymentCommand::RecordRefundFailed {
            refund_id,
            definite: true,
            code: text("charge-disputed"),
        };
        pay(&mut world, command);
    }
    assert_eq!(settle_in(&mut world, POLICY), [""; 0]);
    assert!(matches!(step(&world, POLICY), MoneyStep::Stuck { .. }));
    let ids: std::collections::BTreeSet<_> = world
        .payment(ORDER)
        .refunds()
        .iter()
        .map(|refund| refund.requested.refund_id)
        .collect();
    assert_eq!(ids.len(), FAILURES_IN_A_ROW_MAX);
    let raise = PaymentCommand::RaiseAttention {
        what: text("refunds are refused"),
        tried: text("three refunds"),
    };
    pay(&mut world, raise.clone());
    assert_eq!(world.payment_command(ORDER, raise).unwrap(), 0);
    assert!(matches!(step(&world, POLICY), MoneyStep::Stuck { .. }));
    decide_attention(&mut world, AttentionDecision::Retry);
    assert_eq!(settle_in(&mut world, POLICY), ["RefundRequested"]);
}

fn decide_attention(world: &mut World, decision: AttentionDecision) {
    let reason = text("the dispute was withdrawn");
    pay(world, PaymentCommand::SettleAttention { decision, reason });
    assert_eq!(world.payment(ORDER).attention(), None);
}

#[test]
fn what_a_person_settled_outside_is_left_alone() {
    let mut world = placed();
    authorize(&mut world, TOTAL);
    conclude_in(&mut world, CapturePolicy::OnShip, &at(1));
    let raise = PaymentCommand::RaiseAttention {
        what: text("the gateway's total is another"),
        tried: text("asked three times"),
    };
    pay(&mut world, raise);
    decide_attention(&mut world, AttentionDecision::Leave);
    assert_eq!(step(&world, POLICY), MoneyStep::Nothing);
    let again = PaymentCommand::SettleAttention {
        decision: AttentionDecision::Retry,
        reason: text("twice"),
    };
    assert!(world.payment_command(ORDER, again).is_err());
}

#[test]
fn a_confirmed_order_whose_hold_lapsed_at_the_gateway_is_left_to_a_person() {
    let policy = CapturePolicy::OnShip;
    let mut world = placed();
    authorize(&mut world, TOTAL);
    conclude_in(&mut world, policy, &at(1));
    pay(&mut world, PaymentCommand::RecordVoided { void_id: None });
    ship_in(&mut world, 1, vec![of("A", 1)]);
    assert!(matches!(step(&world, policy), MoneyStep::Stuck { .. }));
}

#[test]
fn a_payment_of_another_order_is_no_matter() {
    let world = paid();
    let other = crate::order::Order::default();
    let nothing = money_step(&other, &world.payment(ORDER), POLICY);
    assert_eq!(nothing, MoneyStep::Nothing);
    let none = money_step(&world.order(ORDER), &Payment::default(), POLICY);
    assert_eq!(none, MoneyStep::Nothing);
}
