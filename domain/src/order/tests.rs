//! Given, when, then, for an order by itself. With stock: `ordering/tests.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use cqrs_es::test::TestFramework;

use super::*;
use crate::testing::*;
use crate::value::*;
use crate::{FactSource, Rejection};

/// Three A of 10.00 in all and two B of 5.01, taxed at 19 %, 4.00 shipping.
fn placed() -> OrderPlaced {
    OrderPlaced {
        order_id: OrderId(uuid(1)),
        customer: None,
        channel: None,
        currency: Currency::EUR,
        location: Location::default(),
        lines: vec![line("A", 3, 1_000, 0), line("B", 2, 501, 0)],
        shipping: 400,
        placed_at: at(0).now,
        deadline: at(900).now,
        paid: None,
        payment: None,
    }
}

fn line(name: &str, units: u32, gross: i64, discount: i64) -> PlacedLine {
    let (order, rate) = (OrderId(uuid(1)), TaxRate::new(1_900).unwrap());
    PlacedLine {
        line_id: order.line(&sku(name)),
        sku: sku(name),
        product_id: ProductId(uuid(2)),
        product_version: 7,
        quantity: qty(units),
        gross,
        discount,
        net: gross - discount,
        tax_bp: rate,
        tax: rate.on(gross - discount),
        coupon: 0,
        reservation_id: order.reservation(&sku(name)),
    }
}

fn place(placed: OrderPlaced) -> OrderCommand {
    OrderCommand::PlaceOrder(Arc::new(placed))
}

fn given(commands: Vec<OrderCommand>) -> Order {
    let mut order = Order::default();
    for command in commands {
        for event in when(&order, command).unwrap() {
            order.evolve(&event);
        }
    }
    order
}

fn when(order: &Order, command: OrderCommand) -> Result<Vec<OrderEvent>, Rejection> {
    decide(order, command, &at(60))
}

fn confirm(authorized: i64) -> OrderCommand {
    let lines = placed().lines;
    OrderCommand::ConfirmOrder {
        authorized: eur(authorized),
        committed: lines
            .iter()
            .map(|l| (l.line_id, l.reservation_id))
            .collect(),
    }
}

/// 1000 + 501 + 190 + 95 + 400.
const TOTAL: i64 = 2_186;

fn of(name: &str, units: u32) -> LineQuantity {
    LineQuantity {
        sku: sku(name),
        quantity: qty(units),
    }
}

fn cancel(lines: Vec<LineQuantity>) -> OrderCommand {
    OrderCommand::CancelLines {
        lines,
        reason: None,
    }
}

fn ship(number: u128, lines: Vec<LineQuantity>) -> OrderCommand {
    OrderCommand::ShipLines {
        shipment_id: ShipmentId(uuid(number)),
        lines,
        carrier: None,
        tracking: None,
    }
}

fn names(events: &[OrderEvent]) -> Vec<&'static str> {
    events.iter().map(OrderEvent::event_type).collect()
}

fn code_of(result: Result<Vec<OrderEvent>, Rejection>) -> &'static str {
    result.unwrap_err().code()
}

fn pointers(rejection: &Rejection) -> Vec<(&str, &str)> {
    let fields = rejection.fields.iter();
    fields
        .map(|f| (f.pointer.as_str(), f.code.as_str()))
        .collect()
}

#[test]
fn placing_gives_totals_and_placing_again_is_refused() {
    let order = given(vec![place(placed())]);
    assert_eq!(order.status(), Some(OrderStatus::Placed));
    let totals = order.totals().unwrap();
    assert_eq!((totals.units, totals.net, totals.tax), (5, 1_501, 285));
    assert_eq!((totals.shipping, totals.total), (400, TOTAL));
    assert_eq!(order.due(), Some(eur(TOTAL)));
    assert_eq!(code_of(when(&order, place(placed()))), "order-state");
    assert_eq!(
        code_of(when(&Order::default(), OrderCommand::CompleteOrder)),
        "not-found"
    );
}

#[test]
fn placing_names_every_line_that_does_not_add_up() {
    let mut wrong = placed();
    wrong.lines[0].net = 999;
    wrong.lines[1].discount = -1;
    wrong.lines.push(line("A", 1, 1, 0));
    wrong.lines.push(line("C", UNITS_PER_LINE_MAX + 1, 1, 0));
    wrong.shipping = -1;
    let rejection = when(&Order::default(), place(wrong)).unwrap_err();
    assert_eq!(
        pointers(&rejection),
        [
            ("/lines/0/net", "amounts-inconsistent"),
            ("/lines/1/discount", "out-of-range"),
            ("/lines/2/sku", "duplicate-sku"),
            ("/lines/3/quantity", "too-large"),
            ("/shipping/minor", "out-of-range"),
        ]
    );
}

#[test]
fn placing_needs_lines_within_limits_and_a_total_that_fits() {
    let with = |lines| OrderPlaced { lines, ..placed() };
    let check = |lines: Vec<PlacedLine>, code: &str| {
        let rejection = when(&Order::default(), place(with(lines))).unwrap_err();
        assert_eq!(pointers(&rejection), [("/lines", code)]);
    };
    check(vec![], "empty");
    let many = (0..=LINES_PER_ORDER_MAX).map(|at| line(&format!("S{at}"), 1, 1, 0));
    check(many.collect(), "too-many");
    check(
        vec![line("A", 1, i64::MAX, 0), line("B", 1, 1, 0)],
        "too-large",
    );
}

#[test]
fn confirming_needs_enough_money_and_every_line() {
    let order = given(vec![place(placed())]);
    assert_eq!(code_of(when(&order, confirm(TOTAL - 1))), "payment-state");
    let yen = OrderCommand::ConfirmOrder {
        authorized: Money::new(TOTAL, Currency::JPY),
        committed: BTreeMap::new(),
    };
    assert_eq!(code_of(when(&order, yen)), "currency-mismatch");
    let none = OrderCommand::ConfirmOrder {
        authorized: eur(TOTAL),
        committed: BTreeMap::new(),
    };
    assert_eq!(code_of(when(&order, none)), "reservation-expired");
    assert_eq!(
        names(&when(&order, confirm(TOTAL)).unwrap()),
        ["OrderConfirmed"]
    );
    let confirmed = given(vec![place(placed()), confirm(TOTAL)]);
    assert_eq!(when(&confirmed, confirm(TOTAL)), Ok(vec![]));
}

#[test]
fn only_a_placed_order_is_rejected() {
    let reject = OrderCommand::RejectOrder {
        reason: RejectReason::Timeout,
    };
    let rejected = given(vec![place(placed()), reject.clone()]);
    assert_eq!(rejected.status(), Some(OrderStatus::Rejected));
    assert_eq!(rejected.due(), Some(eur(0)));
    assert_eq!(when(&rejected, reject.clone()), Ok(vec![]));
    assert_eq!(code_of(when(&rejected, confirm(TOTAL))), "order-state");
    let confirmed = given(vec![place(placed()), confirm(TOTAL)]);
    assert_eq!(code_of(when(&confirmed, reject)), "order-state");
}

#[test]
fn cancelled_units_carry_their_exact_share_away() {
    let mut order = given(vec![place(placed())]);
    let mut sum = (0, 0);
    for (units, net, tax) in [(1, 334, 64), (2, 666, 126)] {
        let events = when(&order, cancel(vec![of("A", units)])).unwrap();
        let OrderEvent::OrderLinesCancelled { lines, .. } = &events[0] else {
            panic!("{events:?}");
        };
        assert_eq!((lines[0].net, lines[0].tax), (net, tax));
        sum = (sum.0 + net, sum.1 + tax);
        events.iter().for_each(|event| order.evolve(event));
    }
    assert_eq!(sum, (1_000, 190));
    assert_eq!(order.due(), Some(eur(TOTAL - 1_190)));
    assert_eq!(order.status(), Some(OrderStatus::Placed));
}

#[test]
fn cancelling_the_last_open_unit_cancels_the_order() {
    let order = given(vec![place(placed()), cancel(vec![of("A", 3)])]);
    let events = when(&order, cancel(vec![of("B", 1), of("B", 1)])).unwrap();
    assert_eq!(names(&events), ["OrderLinesCancelled", "OrderCancelled"]);
    let whole = OrderCommand::CancelOrder { reason: None };
    let cancelled = given(vec![place(placed()), whole.clone()]);
    assert_eq!(cancelled.status(), Some(OrderStatus::Cancelled));
    assert_eq!(cancelled.due(), Some(eur(0)));
    assert_eq!(when(&cancelled, whole), Ok(vec![]));
    assert_eq!(
        code_of(when(&cancelled, cancel(vec![of("A", 1)]))),
        "order-state"
    );
}

#[test]
fn cancelling_more_than_is_open_names_each_line() {
    let order = given(vec![place(placed())]);
    let lines = vec![of("A", 2), of("B", 3), of("A", 2)];
    let rejection = when(&order, cancel(lines)).unwrap_err();
    assert_eq!(rejection.code(), "quantity-exceeds-open");
    let code = "quantity-exceeds-open";
    assert_eq!(
        pointers(&rejection),
        [("/lines/0/quantity", code), ("/lines/1/quantity", code)]
    );
    let rejection = when(&order, cancel(vec![of("Z", 1)])).unwrap_err();
    assert_eq!(pointers(&rejection), [("/lines/0/sku", "unknown-sku")]);
    assert_eq!(code_of(when(&order, cancel(vec![]))), "validation-failed");
}

#[test]
fn shipping_goes_line_by_line_until_the_order_completes() {
    let mut order = given(vec![place(placed())]);
    assert_eq!(
        code_of(when(&order, ship(1, vec![of("A", 1)]))),
        "order-state"
    );
    let mut run = |command: OrderCommand| {
        let events = when(&order, command).unwrap();
        events.iter().for_each(|event| order.evolve(event));
        (names(&events), order.fulfilment())
    };
    run(confirm(TOTAL));
    assert_eq!(
        run(ship(1, vec![of("A", 1)])).1,
        Fulfilment::PartiallyShipped
    );
    assert_eq!(
        run(ship(1, vec![of("A", 1)])).0,
        [""; 0],
        "the same shipment again"
    );
    run(cancel(vec![of("A", 2)]));
    assert_eq!(run(ship(2, vec![of("B", 2)])).1, Fulfilment::Shipped);
    for number in [1, 2] {
        run(OrderCommand::RecordDelivery {
            shipment_id: ShipmentId(uuid(number)),
            delivered_at: None,
        });
    }
    assert_eq!(order.fulfilment(), Fulfilment::Delivered);
    let events = when(&order, OrderCommand::CompleteOrder).unwrap();
    order.evolve(&events[0]);
    assert_eq!(order.status(), Some(OrderStatus::Completed));
    assert_eq!(when(&order, OrderCommand::CompleteOrder), Ok(vec![]));
    let cancel = OrderCommand::CancelOrder { reason: None };
    assert_eq!(code_of(when(&order, cancel)), "order-state");
}

#[test]
fn completing_waits_for_every_unit() {
    let order = given(vec![place(placed()), confirm(TOTAL)]);
    let rejection = when(&order, OrderCommand::CompleteOrder).unwrap_err();
    assert!(rejection.to_string().contains("5 units"), "{rejection}");
    let delivery = OrderCommand::RecordDelivery {
        shipment_id: ShipmentId(uuid(1)),
        delivered_at: None,
    };
    assert_eq!(code_of(when(&order, delivery)), "not-found");
}

#[test]
fn cancelling_what_was_not_sent_leaves_the_order_confirmed() {
    let order = given(vec![
        place(placed()),
        confirm(TOTAL),
        ship(1, vec![of("A", 1)]),
    ]);
    let events = when(&order, OrderCommand::CancelOrder { reason: None }).unwrap();
    assert_eq!(names(&events), ["OrderLinesCancelled"]);
}

#[test]
fn a_snapshot_is_the_state() {
    let order = given(vec![
        place(placed()),
        confirm(TOTAL),
        ship(1, vec![of("A", 1)]),
    ]);
    let json = serde_json::to_string(&order).unwrap();
    assert_eq!(serde_json::from_str::<Order>(&json).unwrap(), order);
}

#[test]
fn it_runs_in_the_framework_of_cqrs_es() {
    let note = Prose::new("Called.").unwrap();
    TestFramework::<Order>::with(FactSource::fixed(at(0)))
        .given(vec![OrderEvent::OrderPlaced(Arc::new(placed()))])
        .when(OrderCommand::AddNote { note: note.clone() })
        .then_expect_events(vec![OrderEvent::OrderNoteAdded { note }]);
    TestFramework::<Order>::with(FactSource::fixed(at(0)))
        .given_no_previous_events()
        .when(OrderCommand::CompleteOrder)
        .then_expect_error_message("there is no such order");
}

fn announce(number: u128, lines: Vec<LineQuantity>) -> OrderCommand {
    OrderCommand::RequestReturn {
        return_id: ReturnId(uuid(number)),
        lines,
        reason: None,
    }
}

fn receive(number: u128, lines: Vec<LineQuantity>) -> OrderCommand {
    OrderCommand::ReceiveReturn {
        return_id: ReturnId(uuid(number)),
        lines,
    }
}

fn decline(number: u128) -> OrderCommand {
    OrderCommand::DeclineReturn {
        return_id: ReturnId(uuid(number)),
        reason: None,
    }
}

fn shipped() -> Vec<OrderCommand> {
    vec![
        place(placed()),
        confirm(TOTAL),
        ship(1, vec![of("A", 2), of("B", 1)]),
    ]
}

#[test]
fn what_was_shipped_can_come_back_and_no_more() {
    let order = given(shipped());
    let rejection = when(&order, announce(7, vec![of("A", 3)])).unwrap_err();
    assert_eq!(rejection.code(), "quantity-exceeds-open");
    assert_eq!(
        pointers(&rejection),
        [("/lines/0/quantity", "quantity-exceeds-open")]
    );
    let events = when(&order, announce(7, vec![of("A", 1), of("A", 1)])).unwrap();
    assert_eq!(names(&events), ["ReturnRequested"]);
    // What is announced cannot be announced again, until it is declined.
    let order = given([shipped(), vec![announce(7, vec![of("A", 2)])]].concat());
    assert_eq!(when(&order, announce(7, vec![of("A", 2)])), Ok(vec![]));
    assert_eq!(
        code_of(when(&order, announce(8, vec![of("A", 1)]))),
        "quantity-exceeds-open"
    );
    let order = given([shipped(), vec![announce(7, vec![of("A", 2)]), decline(7)]].concat());
    assert!(when(&order, announce(8, vec![of("A", 2)])).is_ok());
    let nothing_left = given(vec![place(placed())]);
    assert_eq!(
        code_of(when(&nothing_left, announce(7, vec![of("A", 1)]))),
        "order-state"
    );
}

#[test]
fn units_come_back_with_what_they_left_with() {
    // 334, 333 and 333 of A's 1000: the first is cancelled, the others are sent one by one.
    let before = vec![
        place(placed()),
        confirm(TOTAL),
        cancel(vec![of("A", 1)]),
        ship(1, vec![of("A", 1)]),
        announce(7, vec![of("A", 1)]),
        receive(7, vec![]),
        ship(2, vec![of("A", 1), of("B", 2)]),
        announce(8, vec![of("A", 1), of("B", 2)]),
    ];
    let order = given(before.clone());
    assert_eq!(order.returned_total(), 333 + 63);
    let events = when(&order, receive(8, vec![])).unwrap();
    let OrderEvent::ReturnReceived { lines, .. } = &events[0] else {
        panic!("{events:?}");
    };
    let amounts: Vec<_> = lines
        .iter()
        .map(|l| (l.quantity.get(), l.net, l.tax))
        .collect();
    assert_eq!(amounts, [(1, 333, 63), (2, 501, 95)]);
    let order = given([before, vec![receive(8, vec![])]].concat());
    // All that is left to be paid for is the shipping.
    assert_eq!(order.due(), Some(eur(400)));
    assert_eq!(order.shipped_total(), 666 + 126 + 501 + 95 + 400);
}

#[test]
fn a_return_is_received_or_declined_once_perhaps_in_part() {
    let announced = [shipped(), vec![announce(7, vec![of("A", 2), of("B", 1)])]].concat();
    let order = given(announced.clone());
    assert_eq!(code_of(when(&order, receive(8, vec![]))), "not-found");
    assert_eq!(
        code_of(when(&order, receive(7, vec![of("B", 2)]))),
        "quantity-exceeds-open"
    );
    let order = given([announced.clone(), vec![receive(7, vec![of("A", 1)])]].concat());
    assert_eq!(order.line(&sku("A")).unwrap().progress.returned, 1);
    assert_eq!(order.line(&sku("A")).unwrap().returnable(), 1);
    assert_eq!(when(&order, receive(7, vec![])), Ok(vec![]));
    assert_eq!(code_of(when(&order, decline(7))), "order-state");
    let order = given([announced, vec![decline(7)]].concat());
    assert_eq!(when(&order, decline(7)), Ok(vec![]));
    assert_eq!(code_of(when(&order, receive(7, vec![]))), "order-state");
}

#[test]
fn goods_come_back_after_the_order_is_completed_too() {
    let rest = ship(2, vec![of("A", 1), of("B", 1)]);
    let order = given([shipped(), vec![rest, OrderCommand::CompleteOrder]].concat());
    assert!(when(&order, announce(7, vec![of("A", 3)])).is_ok());
}

#[test]
fn the_charge_for_shipping_is_earned_with_the_first_shipment() {
    let order = given(vec![place(placed()), confirm(TOTAL)]);
    let shipping =
        |order: &Order, number| match &when(order, ship(number, vec![of("A", 1)])).unwrap()[..] {
            [OrderEvent::OrderShipped { shipping, .. }] => *shipping,
            other => panic!("{other:?}"),
        };
    assert_eq!(shipping(&order, 1), 400);
    assert_eq!(shipping(&given(shipped()), 2), 0);
}

#[test]
fn the_deadline_is_extended_once_and_never_brought_forward() {
    let extend = |seconds| OrderCommand::ExtendDeadline {
        deadline: at(seconds).now,
    };
    let order = given(vec![place(placed())]);
    assert_eq!(when(&order, extend(900)), Ok(vec![]));
    let order = given(vec![place(placed()), extend(1_800)]);
    assert_eq!(order.deadline(), Some(at(1_800).now));
    assert_eq!(when(&order, extend(1_800)), Ok(vec![]));
    assert_eq!(code_of(when(&order, extend(1_801))), "order-state");
    let confirmed = given(vec![place(placed()), confirm(TOTAL)]);
    assert_eq!(when(&confirmed, extend(1_800)), Ok(vec![]));
}
