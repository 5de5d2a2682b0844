//! Whatever three orders do to the same three stock items, the books hold.

use proptest::prelude::*;

use super::*;
use crate::Rejection;
use crate::order::{LineQuantity, RejectReason};
use crate::stock::StockCommand;
use crate::testing::*;
use crate::value::*;

#[derive(Debug, Clone)]
enum Step {
    Place(Vec<(usize, u32)>),
    Confirm,
    Reject,
    Cancel(usize, u32),
    CancelAll,
    Ship(usize, u32),
    Expire(usize),
}

const SKUS: [&str; 3] = ["A", "B", "C"];

fn any_step() -> impl Strategy<Value = Step> {
    let line = || (0..SKUS.len(), 1_u32..5);
    prop_oneof![
        prop::collection::vec(line(), 1..4).prop_map(Step::Place),
        Just(Step::Confirm),
        Just(Step::Confirm),
        Just(Step::Reject),
        line().prop_map(|(at, units)| Step::Cancel(at, units)),
        Just(Step::CancelAll),
        line().prop_map(|(at, units)| Step::Ship(at, units)),
        (0..SKUS.len()).prop_map(Step::Expire),
    ]
}

fn run(world: &mut World, order: OrderId, number: u128, step: Step) -> Result<(), Rejection> {
    let now = at(number as u64 * 100);
    let of = |at: usize, units| LineQuantity {
        sku: sku(SKUS[at]),
        quantity: qty(units),
    };
    match step {
        Step::Place(lines) => {
            let lines = lines
                .iter()
                .map(|(at, units)| wanted(SKUS[*at], *units))
                .collect();
            let command = PlaceOrder::new(order, Currency::EUR, lines, HOLD);
            world.place(command, &now)?;
        }
        Step::Confirm => {
            let due = world.order(order).due().unwrap_or(eur(0));
            world.compose(order, |o, s| confirm(o, s, due, &now))?;
        }
        Step::Reject => {
            world.compose(order, |o, s| reject(o, s, RejectReason::Timeout, &now))?;
        }
        Step::Cancel(at, units) => {
            world.compose(order, |o, s| {
                cancel_lines(o, s, vec![of(at, units)], None, &now)
            })?;
        }
        Step::CancelAll => {
            world.compose(order, |o, s| cancel(o, s, None, &now))?;
        }
        Step::Ship(at, units) => {
            let command = ShipLines {
                shipment_id: ShipmentId(uuid(number)),
                lines: vec![of(at, units)],
                carrier: None,
                tracking: None,
            };
            world.compose(order, |o, s| ship(o, s, command, &now))?;
        }
        Step::Expire(at) => {
            world.stock_command(SKUS[at], StockCommand::ExpireReservations, &now)?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Invariants 1, 2, 3, 6, 8 and 11, whatever three orders do to the same three stock items.
    #[test]
    fn whatever_comes_the_books_hold(
        steps in prop::collection::vec((0_u128..3, any_step()), 1..60),
    ) {
        let mut world = World::with(&[("A", 999, 12), ("B", 101, 6), ("C", 7, 20)]);
        for (number, (order, step)) in (1..).zip(steps) {
            // A rejection is an answer: nothing happened.
            let _ = run(&mut world, OrderId(uuid(1_000 + order)), number, step);
        }
        for order in world.orders.values() {
            let totals = order.totals().unwrap();
            prop_assert_eq!(totals.total, totals.net + totals.tax + totals.shipping);
            for line in order.lines() {
                let gone = line.progress.shipped + line.progress.cancelled;
                prop_assert!(gone <= line.placed.quantity.get());
                prop_assert!(line.progress.returned <= line.progress.shipped);
            }
        }
        let report = world.verify();
        prop_assert!(report.is_clean(), "{:?}", report);
    }
}
