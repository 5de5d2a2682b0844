//! A planted breach for each rule, and none where there is none.

use std::time::Instant;

use super::*;
use crate::order::{LineQuantity, OrderEvent, Paid};
use crate::ordering::PlaceOrder;
use crate::product::ProductEvent;
use crate::stock::{Hold, ReleaseReason, StockEvent};
use crate::testing::*;
use crate::value::*;

type Journal = Vec<(&'static str, String, u64, Event)>;

/// Two SKUs, one sale at the till, one order that waits.
fn journal() -> Journal {
    let mut world = World::with(&[("A", 1_000, 5), ("B", 333, 2)]);
    let till = PlaceOrder {
        channel: Some(text("store-330")),
        paid: Some(Paid::External),
        ..PlaceOrder::new(
            OrderId(uuid(50)),
            Currency::EUR,
            vec![paid_line("A", 2, 1_999, 99)],
            HOLD,
        )
    };
    world.place(till, &at(0)).unwrap();
    let waiting = vec![wanted("A", 3), wanted("B", 1)];
    let waiting = PlaceOrder::new(OrderId(uuid(51)), Currency::EUR, waiting, HOLD);
    world.place(waiting, &at(1)).unwrap();
    let lines = vec![LineQuantity {
        sku: sku("A"),
        quantity: qty(1),
    }];
    world
        .compose(OrderId(uuid(51)), |order, stock| {
            crate::ordering::cancel_lines(order, stock, lines, None, &at(2))
        })
        .unwrap();
    world.journal
}

fn breaches(journal: &Journal) -> Vec<(u8, u64, String)> {
    let report = verify(journal);
    assert_eq!(report.events, journal.len() as u64);
    let found = report.breaches.into_iter();
    found
        .map(|breach| (breach.rule, breach.position, breach.stream))
        .collect()
}

/// Appends an event to a stream that exists, and expects it to break `rule` there.
fn planted(event: impl Into<Event>, aggregate_id: &str, rule: u8) {
    let mut journal = journal();
    let event = event.into();
    let of_stream = |entry: &&(_, String, u64, Event)| entry.1 == aggregate_id;
    let sequence = journal.iter().rev().find(of_stream).unwrap().2 + 1;
    let aggregate_type = event.aggregate_type();
    journal.push((aggregate_type, aggregate_id.into(), sequence, event));
    let found = breaches(&journal);
    let stream = crate::stream_id(aggregate_type, aggregate_id);
    let expected = (rule, journal.len() as u64, stream);
    assert!(
        found.contains(&expected),
        "{expected:?} is not in {found:?}"
    );
}

/// Changes the event of `event_type` that comes first, and expects it to break `rule`.
fn altered(event_type: &str, rule: u8, change: impl FnOnce(&mut Event)) {
    let mut journal = journal();
    let at = journal
        .iter()
        .position(|entry| entry.3.event_type() == event_type)
        .unwrap();
    change(&mut journal[at].3);
    let found = breaches(&journal);
    let expected = (rule, at as u64 + 1);
    assert!(
        found.iter().any(|breach| (breach.0, breach.1) == expected),
        "{found:?}"
    );
}

fn order_id() -> String {
    OrderId(uuid(51)).to_string()
}

fn released(number: u128, units: u32) -> StockEvent {
    StockEvent::ReservationReleased {
        reservation_id: OrderId(uuid(number)).reservation(&sku("A")),
        order_id: OrderId(uuid(number)),
        line_id: OrderId(uuid(number)).line(&sku("A")),
        quantity: qty(units),
        from: Hold::Held,
        reason: ReleaseReason::Cancelled,
    }
}

fn reserved(number: u128, units: u32) -> StockEvent {
    StockEvent::StockReserved {
        reservation_id: ReservationId(uuid(number)),
        order_id: OrderId(uuid(51)),
        line_id: LineId(uuid(1)),
        quantity: qty(units),
        expires_at: at(9).now,
    }
}

fn adjusted(delta: i64) -> StockEvent {
    StockEvent::StockAdjusted {
        delta,
        reason: text("counted"),
    }
}

#[test]
fn a_journal_that_was_decided_is_clean() {
    assert_eq!(verify(&journal()).breaches, []);
}

#[test]
fn rule_1_sees_more_promised_than_there_is() {
    planted(reserved(900, 2), "A@main", 1);
    planted(released(51, 3), "A@main", 1);
    planted(adjusted(-4), "A@main", 1);
}

#[test]
fn rule_1_lets_a_named_shortfall_pass_and_checks_its_size() {
    for (shortfall, clean) in [(1, true), (2, false)] {
        let mut journal = journal();
        // Three are on hand and two held: one is left, two promised.
        let last = journal.iter().filter(|entry| entry.1 == "A@main").count() as u64;
        journal.push(("stock", "A@main".into(), last + 1, adjusted(-2).into()));
        let named = StockEvent::StockShortfallDetected {
            shortfall,
            broken: vec![],
            unnamed: 0,
        };
        journal.push(("stock", "A@main".into(), last + 2, named.into()));
        assert_eq!(verify(&journal).is_clean(), clean, "{shortfall}");
    }
}

#[test]
fn rule_2_sees_units_and_reservations_that_end_twice() {
    // The first order's reservation was dispatched; the second's has two units left.
    planted(released(50, 1), "A@main", 2);
    planted(released(51, 3), "A@main", 2);
    planted(released(52, 1), "A@main", 2);
    planted(released(51, 1), "B@main", 2);
    planted(adjusted(-99), "A@main", 2);
}

#[test]
fn rule_2_sees_a_reservation_that_begins_twice() {
    let mut again = reserved(1, 1);
    if let StockEvent::StockReserved { reservation_id, .. } = &mut again {
        *reservation_id = OrderId(uuid(50)).reservation(&sku("A"));
    }
    planted(again, "A@main", 2);
}

fn shares(units: u32, net: i64) -> OrderEvent {
    OrderEvent::OrderLinesCancelled {
        lines: vec![crate::order::LineShare {
            line_id: OrderId(uuid(51)).line(&sku("A")),
            sku: sku("A"),
            quantity: qty(units),
            gross: net,
            discount: 0,
            net,
            tax: 0,
        }],
        reason: None,
    }
}

#[test]
fn rule_3_sees_more_units_leave_than_were_ordered() {
    planted(shares(3, 0), &order_id(), 3);
}

#[test]
fn rule_6_sees_amounts_that_do_not_sum() {
    planted(shares(2, 1_999), &order_id(), 6);
    planted(shares(1, 2_001), &order_id(), 6);
    altered("OrderPlaced", 6, |event| {
        let Event::Order(OrderEvent::OrderPlaced(placed)) = event else {
            return;
        };
        std::sync::Arc::make_mut(placed).lines[0].net += 1;
    });
    altered("OrderPlaced", 6, |event| {
        let Event::Order(OrderEvent::OrderPlaced(placed)) = event else {
            return;
        };
        std::sync::Arc::make_mut(placed).lines[0].tax += 1;
    });
    altered("OrderConfirmed", 6, |event| {
        let Event::Order(OrderEvent::OrderConfirmed { authorized, .. }) = event else {
            return;
        };
        authorized.currency = Currency::JPY;
    });
}

#[test]
fn rule_8_sees_a_value_that_is_claimed_twice() {
    let id = ProductId(uuid(2)).to_string();
    let again = ProductEvent::VariantAdded {
        sku: sku("A"),
        name: None,
        attributes: Default::default(),
        tax_bp: TaxRate::ZERO,
    };
    planted(again, &id, 8);
}

#[test]
fn rule_11_sees_holes_and_repeats_in_sequences_and_positions() {
    let mut holed = journal();
    let at = holed.len() / 2;
    holed.remove(at);
    assert!(breaches(&holed).iter().any(|breach| breach.0 == 11));
    let mut verifier = Verifier::new();
    for ((aggregate_type, aggregate_id, sequence, event), position) in journal().iter().zip([1, 3])
    {
        verifier.post(RecordedFact {
            position,
            aggregate_type,
            aggregate_id,
            sequence: *sequence,
            event_type: event.event_type(),
            event,
            recorded_at: Timestamp::EPOCH,
        });
    }
    let report = verifier.finish();
    assert_eq!(report.breaches[0].detail, "position 3 follows position 1");
}

#[test]
fn only_the_first_breach_of_a_rule_in_a_stream_is_listed_and_all_are_counted() {
    let mut journal = journal();
    let last = journal.iter().filter(|entry| entry.1 == "A@main").count() as u64;
    for more in 1..=5 {
        journal.push((
            "stock",
            "A@main".into(),
            last + more,
            released(52, 1).into(),
        ));
    }
    let report = verify(&journal);
    assert_eq!(
        report
            .breaches
            .iter()
            .filter(|breach| breach.rule == 2)
            .count(),
        1
    );
    assert!(report.breaches_total >= 5);
}

/// Not a benchmark: a guard against a rule that walks over everything at every event.
#[test]
fn the_cost_of_an_event_does_not_grow_with_the_journal() {
    let event: Event = reserved(0, 1).into();
    let mut verifier = Verifier::new();
    let started = Instant::now();
    for position in 1..=100_000 {
        verifier.post(RecordedFact {
            position,
            aggregate_type: "stock",
            aggregate_id: "A@main",
            sequence: position,
            event_type: "StockReserved",
            event: &event,
            recorded_at: Timestamp::EPOCH,
        });
    }
    assert_eq!(verifier.finish().breaches.len(), 2);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
