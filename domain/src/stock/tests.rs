//! Given, when, then; then whatever comes.

use cqrs_es::test::TestFramework;
use proptest::prelude::*;

use super::*;
use crate::testing::*;
use crate::value::{LineId, OrderId, ReservationId, ReturnId, ShipmentId};
use crate::{FactSource, Facts, Rejection, RejectionCode};

fn given(events: &[StockEvent]) -> StockItem {
    let mut item = StockItem::default();
    events.iter().for_each(|event| item.evolve(event));
    item
}

fn when(
    item: &StockItem,
    command: StockCommand,
    facts: Facts,
) -> Result<Vec<StockEvent>, Rejection> {
    decide(item, command, &facts)
}

fn received(units: u32) -> StockEvent {
    StockEvent::StockReceived {
        sku: sku("A"),
        location: Default::default(),
        quantity: qty(units),
        reference: None,
    }
}

/// Reservation `number` of as many units, until second `until`.
fn reserve(number: u128, units: u32, until: u64) -> Reserve {
    Reserve {
        reservation_id: ReservationId(uuid(number)),
        order_id: OrderId(uuid(100 + number)),
        line_id: LineId(uuid(200 + number)),
        quantity: qty(units),
        expires_at: at(until).now,
    }
}

fn reserved(wanted: Reserve) -> StockEvent {
    StockEvent::StockReserved {
        reservation_id: wanted.reservation_id,
        order_id: wanted.order_id,
        line_id: wanted.line_id,
        quantity: wanted.quantity,
        expires_at: wanted.expires_at,
    }
}

fn committed(wanted: Reserve) -> StockEvent {
    StockEvent::ReservationCommitted {
        reservation_id: wanted.reservation_id,
        order_id: wanted.order_id,
        line_id: wanted.line_id,
        quantity: wanted.quantity,
    }
}

fn names(events: &[StockEvent]) -> Vec<&'static str> {
    events.iter().map(StockEvent::event_type).collect()
}

fn dispatch(number: u128, units: u32) -> StockCommand {
    StockCommand::DispatchStock {
        reservation_id: ReservationId(uuid(number)),
        shipment_id: ShipmentId(uuid(9)),
        quantity: qty(units),
    }
}

fn adjust(delta: i64, force: bool) -> StockCommand {
    StockCommand::AdjustStock {
        delta,
        reason: text("counted"),
        force,
    }
}

fn release(number: u128, units: Option<u32>) -> StockCommand {
    StockCommand::ReleaseReservation {
        reservation_id: ReservationId(uuid(number)),
        quantity: units.map(qty),
        reason: ReleaseReason::Cancelled,
    }
}

#[test]
fn receiving_opens_the_item_and_refuses_another_ones_goods() {
    let item = given(&[received(5)]);
    assert_eq!((item.on_hand(), item.available()), (5, 5));
    assert_eq!(item.id(), Some(&stock_id("A")));
    let command = StockCommand::ReceiveStock {
        stock_id: stock_id("B"),
        quantity: qty(1),
        reference: None,
    };
    assert_eq!(
        when(&item, command, at(0)).unwrap_err().fields[0].pointer,
        "/sku"
    );
}

#[test]
fn reserving_takes_what_is_available_and_no_more() {
    let item = given(&[received(5)]);
    let five = reserve(1, 5, 900);
    let events = when(&item, StockCommand::ReserveStock(five), at(0));
    assert_eq!(events, Ok(vec![reserved(five)]));
    let six = StockCommand::ReserveStock(reserve(1, 6, 900));
    let rejection = when(&item, six, at(0)).unwrap_err();
    assert_eq!(rejection.code(), "out-of-stock");
    assert_eq!(rejection.to_string(), "6 requested, 5 available");
}

#[test]
fn reserving_twice_under_one_id_is_one_reservation() {
    let item = given(&[received(5), reserved(reserve(1, 5, 900))]);
    let same = StockCommand::ReserveStock(reserve(1, 5, 900));
    assert_eq!(when(&item, same, at(0)), Ok(vec![]));
    let other = StockCommand::ReserveStock(reserve(1, 4, 900));
    assert_eq!(
        when(&item, other, at(0)).unwrap_err().code(),
        "validation-failed"
    );
}

#[test]
fn overdue_holds_end_before_anyone_is_told_that_there_is_nothing() {
    let (first, second) = (reserve(1, 3, 10), reserve(2, 2, 20));
    let item = given(&[received(5), reserved(first), reserved(second)]);
    let wanted = reserve(3, 3, 900);
    let too_early = when(&item, StockCommand::ReserveStock(wanted), at(9));
    assert_eq!(too_early.unwrap_err().code, RejectionCode::OutOfStock);
    let events = when(&item, StockCommand::ReserveStock(wanted), at(10)).unwrap();
    assert_eq!(names(&events), ["ReservationExpired", "StockReserved"]);
    // A rejection counts what is overdue, too.
    let six = StockCommand::ReserveStock(reserve(3, 6, 900));
    let rejection = when(&item, six, at(10)).unwrap_err();
    assert_eq!(rejection.to_string(), "6 requested, 3 available");
}

#[test]
fn committed_reservations_never_expire() {
    let one = reserve(1, 3, 10);
    let item = given(&[received(5), reserved(one), committed(one)]);
    assert_eq!((item.held(), item.committed(), item.available()), (0, 3, 2));
    assert_eq!(
        when(&item, StockCommand::ExpireReservations, at(99)),
        Ok(vec![])
    );
}

#[test]
fn the_timer_ends_what_is_overdue_and_nothing_else() {
    let item = given(&[
        received(9),
        reserved(reserve(1, 3, 10)),
        reserved(reserve(2, 2, 20)),
    ]);
    let events = when(&item, StockCommand::ExpireReservations, at(15)).unwrap();
    assert_eq!(names(&events), ["ReservationExpired"]);
    assert_eq!(item.reservations().next_expiry(), Some(at(10).now));
}

#[test]
fn committing_twice_is_once_and_after_the_end_is_refused() {
    let one = reserve(1, 3, 10);
    let commit = StockCommand::CommitReservation {
        reservation_id: one.reservation_id,
    };
    let item = given(&[received(5), reserved(one)]);
    // Late, but nobody took the units meanwhile.
    assert_eq!(
        when(&item, commit.clone(), at(99)),
        Ok(vec![committed(one)])
    );
    let item = given(&[received(5), reserved(one), committed(one)]);
    assert_eq!(when(&item, commit.clone(), at(0)), Ok(vec![]));
    let rejection = when(&given(&[received(5)]), commit, at(0)).unwrap_err();
    assert_eq!(rejection.code(), "reservation-expired");
}

fn extend(number: u128, until: u64) -> StockCommand {
    StockCommand::ExtendReservation {
        reservation_id: ReservationId(uuid(number)),
        expires_at: at(until).now,
    }
}

#[test]
fn a_hold_is_extended_once_and_never_brought_forward() {
    let one = reserve(1, 3, 10);
    let mut item = given(&[received(5), reserved(one)]);
    assert_eq!(when(&item, extend(1, 10), at(0)), Ok(vec![]));
    // Late, but nobody took the units meanwhile.
    let events = when(&item, extend(1, 20), at(11)).unwrap();
    assert_eq!(names(&events), ["ReservationExtended"]);
    item.evolve(&events[0]);
    assert_eq!(item.reservations().next_expiry(), Some(at(20).now));
    assert_eq!((item.held(), item.reservations().len()), (3, 1));
    assert_eq!(when(&item, extend(1, 20), at(11)), Ok(vec![]));
    assert_eq!(
        when(&item, extend(1, 30), at(11)).unwrap_err().code(),
        "order-state"
    );
    let events = when(&item, StockCommand::ExpireReservations, at(20)).unwrap();
    item.evolve(&events[0]);
    assert_eq!(
        when(&item, extend(1, 30), at(20)).unwrap_err().code(),
        "not-found"
    );
    let item = given(&[received(5), reserved(one), committed(one)]);
    assert_eq!(when(&item, extend(1, 30), at(0)), Ok(vec![]));
}

#[test]
fn releasing_gives_back_some_or_all_and_ends_once() {
    let one = reserve(1, 3, 10);
    let mut item = given(&[received(5), reserved(one), committed(one)]);
    let events = when(&item, release(1, Some(1)), at(0)).unwrap();
    item.evolve(&events[0]);
    assert_eq!((item.committed(), item.available()), (2, 3));
    let rejection = when(&item, release(1, Some(3)), at(0)).unwrap_err();
    assert_eq!(rejection.code(), "quantity-exceeds-open");
    let events = when(&item, release(1, None), at(0)).unwrap();
    item.evolve(&events[0]);
    assert_eq!((item.committed(), item.available()), (0, 5));
    assert!(item.reservations().is_empty());
    assert_eq!(
        when(&item, release(1, None), at(0)).unwrap_err().code(),
        "not-found"
    );
}

#[test]
fn dispatching_needs_a_commitment_and_the_units() {
    let one = reserve(1, 3, 10);
    let held = given(&[received(5), reserved(one)]);
    assert_eq!(
        when(&held, dispatch(1, 3), at(0)).unwrap_err().code(),
        "order-state"
    );
    let mut item = given(&[received(5), reserved(one), committed(one)]);
    assert_eq!(
        when(&item, dispatch(1, 4), at(0)).unwrap_err().code(),
        "quantity-exceeds-open"
    );
    for units in [1, 2] {
        let events = when(&item, dispatch(1, units), at(0)).unwrap();
        item.evolve(&events[0]);
    }
    assert_eq!(
        (item.on_hand(), item.committed(), item.available()),
        (2, 0, 2)
    );
    assert!(item.reservations().is_empty());
}

#[test]
fn adjusting_below_what_is_promised_needs_force_and_names_what_it_breaks() {
    let (one, two) = (reserve(1, 3, 10), reserve(2, 2, 20));
    let item = given(&[received(6), reserved(one), committed(one), reserved(two)]);
    assert_eq!(
        names(&when(&item, adjust(-1, false), at(0)).unwrap()),
        ["StockAdjusted"]
    );
    assert_eq!(when(&item, adjust(0, false), at(0)), Ok(vec![]));
    let rejection = when(&item, adjust(-2, false), at(0)).unwrap_err();
    assert_eq!(rejection.fields[0].code, "below-promised");
    assert_eq!(
        when(&item, adjust(-7, true), at(0)).unwrap_err().fields[0].code,
        "below-zero"
    );
    let events = when(&item, adjust(-4, true), at(0)).unwrap();
    let StockEvent::StockShortfallDetected {
        shortfall,
        broken,
        unnamed,
    } = &events[1]
    else {
        panic!("{events:?}");
    };
    assert_eq!((*shortfall, *unnamed), (3, 0));
    // The held one first, then the committed: together they cover the shortfall.
    let named: Vec<_> = broken.iter().map(|broken| broken.reservation_id).collect();
    assert_eq!(named, [two.reservation_id, one.reservation_id]);
}

#[test]
fn in_a_shortfall_nothing_is_reserved_or_dispatched_that_is_not_there() {
    let one = reserve(1, 3, 10);
    let mut item = given(&[received(3), reserved(one), committed(one)]);
    for event in when(&item, adjust(-2, true), at(0)).unwrap() {
        item.evolve(&event);
    }
    assert_eq!((item.available(), item.shortfall()), (0, 2));
    assert_eq!(
        when(&item, dispatch(1, 2), at(0)).unwrap_err().code(),
        "out-of-stock"
    );
    assert!(when(&item, dispatch(1, 1), at(0)).is_ok());
    let wanted = StockCommand::ReserveStock(reserve(2, 1, 900));
    assert_eq!(
        when(&item, wanted, at(0)).unwrap_err().to_string(),
        "1 requested, 0 available"
    );
}

#[test]
fn what_comes_back_is_restocked_or_written_off() {
    let item = given(&[received(3)]);
    let back = |condition| StockCommand::RestockReturn {
        return_id: ReturnId(uuid(1)),
        order_id: OrderId(uuid(2)),
        line_id: LineId(uuid(3)),
        quantity: qty(1),
        condition,
    };
    let events = when(&item, back(Condition::Saleable), at(0)).unwrap();
    assert_eq!(names(&events), ["StockRestocked"]);
    let broken = Condition::WrittenOff {
        reason: text("broken"),
    };
    let events = when(&item, back(broken), at(0)).unwrap();
    assert_eq!(names(&events), ["StockWrittenOff"]);
}

#[test]
fn a_handover_is_one_answer() {
    let item = given(&[received(3)]);
    let command = StockCommand::HandOverStock {
        reserve: reserve(1, 3, 900),
        shipment_id: ShipmentId(uuid(9)),
    };
    let events = when(&item, command, at(0)).unwrap();
    assert_eq!(
        names(&events),
        ["StockReserved", "ReservationCommitted", "StockDispatched"]
    );
    let mut all = vec![received(3)];
    all.extend(events);
    let item = given(&all);
    assert_eq!((item.on_hand(), item.promised()), (0, 0));
}

#[test]
fn it_runs_in_the_framework_of_cqrs_es() {
    TestFramework::<StockItem>::with(FactSource::fixed(at(0)))
        .given(vec![received(5)])
        .when(StockCommand::ReserveStock(reserve(1, 5, 900)))
        .then_expect_events(vec![reserved(reserve(1, 5, 900))]);
    TestFramework::<StockItem>::with(FactSource::fixed(at(0)))
        .given_no_previous_events()
        .when(StockCommand::ReserveStock(reserve(1, 5, 900)))
        .then_expect_error_message("5 requested, 0 available");
}

fn any_command() -> impl Strategy<Value = StockCommand> {
    let id = || 1_u128..12;
    let wanted = move || (id(), 1_u32..9, 0_u64..60).prop_map(|(id, q, t)| reserve(id, q, t));
    prop_oneof![
        (1_u32..30).prop_map(|units| StockCommand::ReceiveStock {
            stock_id: stock_id("A"),
            quantity: qty(units),
            reference: None,
        }),
        (-20_i64..20, any::<bool>()).prop_map(|(delta, force)| adjust(delta, force)),
        wanted().prop_map(StockCommand::ReserveStock),
        wanted().prop_map(StockCommand::RenewReservation),
        id().prop_map(|id| StockCommand::CommitReservation {
            reservation_id: ReservationId(uuid(id))
        }),
        (id(), prop::option::of(1_u32..9)).prop_map(|(id, units)| release(id, units)),
        (id(), 0_u64..90).prop_map(|(id, until)| extend(id, until)),
        Just(StockCommand::ExpireReservations),
        (id(), 1_u32..9).prop_map(|(id, units)| dispatch(id, units)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Invariants 1 and 2, by the state and, independently, by the rules over the journal.
    #[test]
    fn whatever_is_asked_stock_is_never_promised_twice(
        commands in prop::collection::vec((any_command(), 0_u64..60), 1..80),
    ) {
        let mut world = World::default();
        let mut used = std::collections::BTreeSet::new();
        for (command, now) in commands {
            // An id is not used again after its reservation ended; callers see to that.
            if let StockCommand::ReserveStock(wanted) | StockCommand::RenewReservation(wanted) =
                &command
            {
                let id = wanted.reservation_id;
                let item = world.stock.get(&stock_id("A"));
                let is_open = item.is_some_and(|item| item.reservations().get(id).is_some());
                if !used.insert(id) && !is_open {
                    continue;
                }
            }
            let before = world.stock.get(&stock_id("A")).map_or(0, StockItem::shortfall);
            let is_adjustment = matches!(command, StockCommand::AdjustStock { .. });
            if world.stock_command("A", command, &at(now)).is_ok() {
                let item = world.item("A");
                prop_assert!(item.shortfall() <= before || is_adjustment);
                let sum = |hold| item.reservations().iter()
                    .filter(|r| r.hold == hold).map(|r| r.quantity.units()).sum::<u64>();
                prop_assert_eq!(item.held(), sum(Hold::Held));
                prop_assert_eq!(item.committed(), sum(Hold::Committed));
            }
        }
        if let Some(item) = world.stock.get(&stock_id("A")) {
            let json = serde_json::to_string(item).unwrap();
            prop_assert_eq!(&serde_json::from_str::<StockItem>(&json).unwrap(), item);
        }
        let report = world.verify();
        prop_assert!(report.is_clean(), "{:?}", report);
    }
}
