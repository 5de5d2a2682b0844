//! Given, when, then, over several streams.

use std::time::Duration;

use super::*;
use crate::order::{LineQuantity, OrderStatus, Paid, RejectReason};
use crate::product::{NewVariant, ProductCommand};
use crate::stock::StockCommand;
use crate::testing::*;
use crate::value::*;
use crate::{Facts, Rejection};

const ORDER: OrderId = OrderId(uuid::Uuid::from_u128(42));

fn world() -> World {
    World::with(&[("A", 1_000, 5), ("B", 333, 2), ("C", 10, 0)])
}

fn wish(lines: Vec<WantedLine>) -> PlaceOrder {
    PlaceOrder::new(ORDER, Currency::EUR, lines, HOLD)
}

fn at_the_till(lines: Vec<WantedLine>) -> PlaceOrder {
    PlaceOrder {
        channel: Some(text("store-330")),
        paid: Some(Paid::External),
        placed_at: Some(Timestamp::parse("2016-12-31T12:00:00Z").unwrap()),
        ..wish(lines)
    }
}

fn pointers(rejection: &Rejection) -> Vec<(&str, &str)> {
    let fields = rejection.fields.iter();
    fields
        .map(|f| (f.pointer.as_str(), f.code.as_str()))
        .collect()
}

fn order_names(outcome: &OrderingOutcome) -> Vec<&'static str> {
    outcome.order.iter().map(OrderEvent::event_type).collect()
}

fn stock_names(outcome: &OrderingOutcome, name: &str) -> Vec<&'static str> {
    let events = outcome.stock.get(&stock_id(name));
    events
        .into_iter()
        .flatten()
        .map(StockEvent::event_type)
        .collect()
}

fn confirm_in(world: &mut World, facts: &Facts) -> Result<OrderingOutcome, Rejection> {
    let due = world.order(ORDER).due().unwrap();
    world.compose(ORDER, |order, stock| confirm(order, stock, due, facts))
}

fn cancel_in(world: &mut World, name: &str, units: u32) -> Result<OrderingOutcome, Rejection> {
    let lines = vec![LineQuantity {
        sku: sku(name),
        quantity: qty(units),
    }];
    world.compose(ORDER, |order, stock| {
        cancel_lines(order, stock, lines, None, &at(1))
    })
}

fn ship_in(world: &mut World, number: u128) -> Result<OrderingOutcome, Rejection> {
    let command = ShipLines {
        shipment_id: ShipmentId(uuid(number)),
        lines: vec![],
        carrier: None,
        tracking: None,
    };
    world.compose(ORDER, |order, stock| ship(order, stock, command, &at(1)))
}

#[test]
fn placing_reserves_every_line_and_prices_from_the_catalogue() {
    let mut world = world();
    let outcome = world
        .place(wish(vec![wanted("A", 2), wanted("B", 1)]), &at(0))
        .unwrap();
    assert_eq!(order_names(&outcome), ["OrderPlaced"]);
    assert_eq!(stock_names(&outcome, "A"), ["StockReserved"]);
    let order = world.order(ORDER);
    let placed = order.placed().unwrap();
    let line = &placed.lines[0];
    assert_eq!(
        (line.gross, line.net, line.tax, line.product_version),
        (2_000, 2_000, 380, 7)
    );
    assert_eq!(placed.deadline, at(900).now);
    assert_eq!(placed.totals().total, 2_333 + 380 + 63);
    assert_eq!(world.item("A").available(), 3);
    assert!(world.verify().is_clean());
}

#[test]
fn nothing_is_placed_if_one_line_is_short_and_each_short_line_is_named() {
    let mut world = world();
    let lines = vec![
        wanted("A", 6),
        wanted("B", 1),
        wanted("C", 1),
        wanted("A", 1),
    ];
    let rejection = world.place(wish(lines), &at(0)).unwrap_err();
    assert_eq!(rejection.code(), "out-of-stock");
    assert_eq!(
        pointers(&rejection),
        [
            ("/lines/0/quantity", "out-of-stock"),
            ("/lines/2/quantity", "out-of-stock")
        ]
    );
    assert_eq!(
        rejection.fields[0].detail,
        "SKU A: 7 requested, 5 available"
    );
    assert_eq!(
        rejection.fields[1].detail,
        "SKU C: 1 requested, 0 available"
    );
    assert_eq!(world.item("B").held(), 0);
}

#[test]
fn lines_of_one_sku_are_merged_into_the_first() {
    let mut world = world();
    let lines = vec![wanted("B", 1), wanted("A", 1), wanted("B", 1)];
    world.place(wish(lines), &at(0)).unwrap();
    let order = world.order(ORDER);
    let lines: Vec<_> = order
        .lines()
        .map(|l| (l.placed.sku.clone(), l.open()))
        .collect();
    assert_eq!(lines, [(sku("B"), 2), (sku("A"), 1)]);
}

#[test]
fn what_cannot_be_sold_is_named_by_line() {
    let mut world = world();
    let unpublished = crate::product::CreateProduct {
        published: false,
        ..new_product(9, vec![NewVariant::new(sku("DRAFT"), vec![eur(1)])])
    };
    world.create(unpublished);
    let product = world.products.get_mut(&sku("B")).unwrap();
    let command = ProductCommand::DiscontinueVariant { sku: sku("B") };
    for event in crate::product::decide(product, command, &at(0)).unwrap() {
        product.evolve(&event);
    }
    let lines = vec![
        wanted("NONE", 1),
        wanted("DRAFT", 1),
        wanted("B", 1),
        wanted("A", 1),
    ];
    let rejection = world.place(wish(lines), &at(0)).unwrap_err();
    assert_eq!(rejection.code(), "validation-failed");
    assert_eq!(
        pointers(&rejection),
        [
            ("/lines/0/sku", "unknown-sku"),
            ("/lines/1/sku", "not-published"),
            ("/lines/2/sku", "discontinued"),
        ]
    );
    let dollars = PlaceOrder::new(ORDER, Currency::USD, vec![wanted("A", 1)], HOLD);
    let rejection = world.place(dollars, &at(0)).unwrap_err();
    assert_eq!(pointers(&rejection), [("/lines/0/sku", "not-priced")]);
}

#[test]
fn an_expected_total_is_kept_to() {
    let expecting = |total| PlaceOrder {
        expected_total: Some(total),
        ..wish(vec![wanted("A", 1)])
    };
    let rejection = world().place(expecting(eur(1_000)), &at(0)).unwrap_err();
    assert_eq!(rejection.code(), "price-changed");
    assert!(
        rejection
            .to_string()
            .starts_with("the total is 11.90 EUR, not 10.00 EUR")
    );
    assert!(world().place(expecting(eur(1_190)), &at(0)).is_ok());
    let yen = expecting(Money::new(1_190, Currency::JPY));
    assert_eq!(
        world().place(yen, &at(0)).unwrap_err().code(),
        "currency-mismatch"
    );
}

#[test]
fn customers_may_not_state_what_a_sales_channel_may() {
    let command = PlaceOrder {
        channel: None,
        ..at_the_till(vec![paid_line("A", 1, 900, 0)])
    };
    let rejection = world().place(command, &at(0)).unwrap_err();
    let code = "channel-only";
    assert_eq!(
        pointers(&rejection),
        [
            ("/lines/0/gross", code),
            ("/placed_at", code),
            ("/paid", code)
        ]
    );
}

#[test]
fn limits_are_kept() {
    let command = PlaceOrder {
        hold: HOLD_MAX + Duration::from_secs(1),
        placed_at: Some(at(301).now),
        ..at_the_till(vec![wanted("A", 1); crate::order::LINES_PER_ORDER_MAX + 1])
    };
    let rejection = world().place(command, &at(0)).unwrap_err();
    assert_eq!(
        pointers(&rejection),
        [
            ("/lines", "too-many"),
            ("/hold", "too-long"),
            ("/placed_at", "in-future")
        ]
    );
    let huge = vec![
        wanted("B", 60_000_000),
        wanted("A", 60_000_000),
        wanted("A", 60_000_000),
    ];
    let rejection = world().place(wish(huge), &at(0)).unwrap_err();
    assert_eq!(pointers(&rejection), [("/lines/1/quantity", "too-large")]);
}

#[test]
fn a_sale_at_the_till_is_over_at_once() {
    let mut world = world();
    let lines = vec![
        paid_line("B", 1, 300, 50),
        paid_line("A", 2, 1_999, 0),
        paid_line("B", 1, 301, 0),
    ];
    let outcome = world.place(at_the_till(lines), &at(0)).unwrap();
    assert_eq!(
        order_names(&outcome),
        [
            "OrderPlaced",
            "OrderConfirmed",
            "OrderShipped",
            "OrderCompleted"
        ]
    );
    for name in ["A", "B"] {
        assert_eq!(
            stock_names(&outcome, name),
            ["StockReserved", "ReservationCommitted", "StockDispatched"]
        );
    }
    let order = world.order(ORDER);
    assert_eq!(order.status(), Some(OrderStatus::Completed));
    let totals = order.totals().unwrap();
    assert_eq!(
        (totals.gross, totals.discount, totals.net),
        (2_600, 50, 2_550)
    );
    assert_eq!((totals.tax, totals.total), (0, 2_550));
    assert_eq!(
        order.placed().unwrap().placed_at.to_string(),
        "2016-12-31T12:00:00.000000Z"
    );
    assert_eq!(
        (world.item("B").on_hand(), world.item("A").on_hand()),
        (0, 3)
    );
    let report = world.verify();
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn amounts_of_a_till_must_add_up_and_be_said_of_the_line_that_was_sent() {
    let mut wrong = paid_line("A", 1, 300, 50);
    wrong.amounts.as_mut().unwrap().net = 251;
    let lines = vec![paid_line("B", 1, 1, 0), paid_line("B", 1, 1, 0), wrong];
    let rejection = world().place(at_the_till(lines), &at(0)).unwrap_err();
    assert_eq!(
        pointers(&rejection),
        [("/lines/2/net", "amounts-inconsistent")]
    );
    let half = vec![paid_line("B", 1, 1, 0), wanted("B", 1)];
    let rejection = world().place(at_the_till(half), &at(0)).unwrap_err();
    assert_eq!(
        pointers(&rejection),
        [("/lines/1/gross", "amounts-incomplete")]
    );
}

#[test]
fn placing_again_under_one_id_is_refused() {
    let mut world = world();
    world.place(wish(vec![wanted("A", 1)]), &at(0)).unwrap();
    let rejection = world.place(wish(vec![wanted("A", 1)]), &at(0)).unwrap_err();
    assert_eq!(rejection.code(), "order-state");
}

#[test]
fn confirming_commits_every_line_once() {
    let mut world = world();
    world
        .place(wish(vec![wanted("A", 2), wanted("B", 1)]), &at(0))
        .unwrap();
    let outcome = confirm_in(&mut world, &at(1)).unwrap();
    assert_eq!(stock_names(&outcome, "B"), ["ReservationCommitted"]);
    assert_eq!(world.item("A").committed(), 2);
    assert!(confirm_in(&mut world, &at(2)).unwrap().is_empty());
}

fn expire_in(world: &mut World, name: &str) {
    world
        .stock_command(name, StockCommand::ExpireReservations, &at(901))
        .unwrap();
}

#[test]
fn a_lapsed_hold_is_taken_anew_while_stock_lasts() {
    let mut world = world();
    world
        .place(wish(vec![wanted("A", 2), wanted("B", 1)]), &at(0))
        .unwrap();
    expire_in(&mut world, "A");
    let outcome = confirm_in(&mut world, &at(902)).unwrap();
    assert_eq!(
        stock_names(&outcome, "A"),
        ["StockReserved", "ReservationCommitted"]
    );
    ship_in(&mut world, 1).unwrap();
    assert_eq!(world.item("A").on_hand(), 3);
    let report = world.verify();
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn a_lapsed_hold_whose_stock_is_gone_is_named_and_nothing_happens() {
    let mut world = world();
    world
        .place(wish(vec![wanted("A", 2), wanted("B", 2)]), &at(0))
        .unwrap();
    expire_in(&mut world, "B");
    let adjust = StockCommand::AdjustStock {
        delta: -1,
        reason: text("counted"),
        force: false,
    };
    world.stock_command("B", adjust, &at(902)).unwrap();
    let rejection = confirm_in(&mut world, &at(902)).unwrap_err();
    assert_eq!(rejection.code(), "reservation-expired");
    assert_eq!(
        pointers(&rejection),
        [("/lines/1/quantity", "reservation-expired")]
    );
    assert!(
        rejection.to_string().ends_with("2 requested, 1 available"),
        "{rejection}"
    );
    assert_eq!(world.item("A").committed(), 0);
    let reason = RejectReason::OutOfStock;
    let rejected = world
        .compose(ORDER, |o, s| reject(o, s, reason, &at(903)))
        .unwrap();
    assert_eq!(stock_names(&rejected, "A"), ["ReservationReleased"]);
    assert_eq!(stock_names(&rejected, "B"), [""; 0]);
    assert_eq!(
        confirm_in(&mut world, &at(904)).unwrap_err().code(),
        "order-state"
    );
}

#[test]
fn cancelling_releases_what_was_cancelled_before_and_after_confirmation() {
    let mut world = world();
    world
        .place(wish(vec![wanted("A", 3), wanted("B", 1)]), &at(0))
        .unwrap();
    cancel_in(&mut world, "A", 1).unwrap();
    assert_eq!(world.item("A").held(), 2);
    confirm_in(&mut world, &at(1)).unwrap();
    cancel_in(&mut world, "A", 1).unwrap();
    assert_eq!(world.item("A").committed(), 1);
    let all = world
        .compose(ORDER, |o, s| cancel(o, s, None, &at(2)))
        .unwrap();
    assert_eq!(order_names(&all), ["OrderLinesCancelled", "OrderCancelled"]);
    assert_eq!(
        (world.item("A").promised(), world.item("B").promised()),
        (0, 0)
    );
    assert!(
        world
            .compose(ORDER, |o, s| cancel(o, s, None, &at(2)))
            .unwrap()
            .is_empty()
    );
    let report = world.verify();
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn shipping_dispatches_all_that_is_open_once() {
    let mut world = world();
    world
        .place(wish(vec![wanted("A", 3), wanted("B", 1)]), &at(0))
        .unwrap();
    assert_eq!(ship_in(&mut world, 1).unwrap_err().code(), "order-state");
    confirm_in(&mut world, &at(1)).unwrap();
    cancel_in(&mut world, "A", 1).unwrap();
    let outcome = ship_in(&mut world, 1).unwrap();
    assert_eq!(stock_names(&outcome, "A"), ["StockDispatched"]);
    assert_eq!(
        (world.item("A").on_hand(), world.item("A").promised()),
        (3, 0)
    );
    assert!(ship_in(&mut world, 1).unwrap().is_empty());
    assert_eq!(
        ship_in(&mut world, 2).unwrap_err().code(),
        "validation-failed"
    );
}

#[test]
fn staff_vouch_for_an_order_that_a_gateway_was_to_confirm() {
    let mut world = World::with(&[("A", 1_000, 5)]);
    let wish = PlaceOrder {
        payment: Some(by_card()),
        ..PlaceOrder::new(ORDER, Currency::EUR, vec![wanted("A", 1)], HOLD)
    };
    world.place(wish, &at(0)).unwrap();
    let due = world.order(ORDER).due().unwrap();
    let mut by_hand = |authorized| {
        world.compose(ORDER, |order, stock| {
            confirm_by_hand(order, stock, authorized, &at(1))
        })
    };
    let refused = by_hand(None).unwrap_err();
    assert_eq!(refused.code, RejectionCode::OrderState);
    assert!(refused.detail.contains("sandbox"), "{}", refused.detail);
    assert!(!by_hand(Some(due)).unwrap().is_empty());
    // What is confirmed already is answered as before.
    assert!(by_hand(None).unwrap().is_empty());
}
