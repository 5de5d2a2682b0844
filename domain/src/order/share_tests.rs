//! Tax and discount that do not divide evenly: whatever way units leave a line and come back, what
//! they carry sums to the whole.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::testing::*;
use crate::value::*;

const ORDER: OrderId = OrderId(uuid::Uuid::from_u128(5));

#[derive(Debug, Clone, Copy)]
enum Move {
    Cancel(u32),
    Ship(u32),
    Return(u32),
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        (1_u32..6).prop_map(Move::Cancel),
        (1_u32..6).prop_map(Move::Ship),
        (1_u32..6).prop_map(Move::Return),
    ]
}

/// An order of one line, confirmed.
fn confirmed(units: u32, gross: i64, discount: i64, rate: u16) -> Order {
    let (name, tax_bp) = (sku("A"), TaxRate::new(rate).unwrap());
    let net = gross - discount;
    let placed = OrderPlaced {
        order_id: ORDER,
        customer: None,
        channel: None,
        currency: Currency::EUR,
        location: Location::default(),
        lines: vec![PlacedLine {
            line_id: ORDER.line(&name),
            sku: name.clone(),
            product_id: ProductId(uuid(2)),
            product_version: 7,
            quantity: qty(units),
            gross,
            discount,
            net,
            tax_bp,
            tax: tax_bp.on(net),
            coupon: 0,
            reservation_id: ORDER.reservation(&name),
        }],
        shipping: 0,
        placed_at: at(0).now,
        deadline: at(900).now,
        paid: None,
        payment: None,
    };
    let confirm = OrderCommand::ConfirmOrder {
        authorized: eur(placed.totals().total),
        committed: [(ORDER.line(&name), ORDER.reservation(&name))].into(),
    };
    let mut order = Order::default();
    run(&mut order, OrderCommand::PlaceOrder(Arc::new(placed)));
    run(&mut order, confirm);
    order
}

fn run(order: &mut Order, command: OrderCommand) -> Vec<OrderEvent> {
    let events = decide(order, command, &at(1)).unwrap();
    events.iter().for_each(|event| order.evolve(event));
    events
}

fn lines(units: u32) -> Vec<LineQuantity> {
    vec![LineQuantity {
        sku: sku("A"),
        quantity: qty(units),
    }]
}

/// Moves as many units as are possible, and adds what they carry.
fn carry(order: &mut Order, number: u128, step: Move, cancelled: &mut Parts, back: &mut Parts) {
    let line = order.line(&sku("A")).unwrap();
    let (open, away) = (line.open(), line.returnable());
    let events = match step {
        Move::Cancel(units) if open > 0 => {
            let (lines, reason) = (lines(units.min(open)), None);
            run(order, OrderCommand::CancelLines { lines, reason })
        }
        Move::Ship(units) if open > 0 => {
            let command = OrderCommand::ShipLines {
                shipment_id: ShipmentId(uuid(number)),
                lines: lines(units.min(open)),
                carrier: None,
                tracking: None,
            };
            run(order, command)
        }
        Move::Return(units) if away > 0 => {
            let (return_id, reason) = (ReturnId(uuid(number)), None);
            let lines = lines(units.min(away));
            let announce = OrderCommand::RequestReturn {
                return_id,
                lines,
                reason,
            };
            run(order, announce);
            let lines = vec![];
            run(order, OrderCommand::ReceiveReturn { return_id, lines })
        }
        _ => vec![],
    };
    for event in events {
        match event {
            OrderEvent::OrderLinesCancelled { lines, .. } => cancelled.add(&lines[0]),
            OrderEvent::ReturnReceived { lines, .. } => back.add(&lines[0]),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Invariants 3 and 6.
    #[test]
    fn shares_sum_to_the_line(
        units in 1_u32..40,
        gross in 0_i64..100_000,
        off in 0_i64..=100,
        rate in 0_u16..=10_000,
        moves in prop::collection::vec(any_move(), 0..30),
    ) {
        let mut order = confirmed(units, gross, gross * off / 100, rate);
        let (mut cancelled, mut back) = (Parts::default(), Parts::default());
        let rest = [Move::Ship(u32::MAX), Move::Return(u32::MAX)];
        for (number, step) in (10..).zip(moves.into_iter().chain(rest)) {
            carry(&mut order, number, step, &mut cancelled, &mut back);
        }
        let line = order.line(&sku("A")).unwrap();
        let (shipped, placed) = (line.progress.shipped_parts, line.placed);
        // All that was sent came back with what it left with, and with the rest it is the line.
        prop_assert_eq!(back, shipped);
        prop_assert_eq!(cancelled.units + shipped.units, units);
        prop_assert_eq!(cancelled.discount + shipped.discount, placed.discount);
        prop_assert_eq!(cancelled.net + shipped.net, placed.net);
        prop_assert_eq!(cancelled.tax + shipped.tax, placed.tax);
        prop_assert_eq!(order.due().unwrap().minor, 0);
    }
}
