//! Customers and staff: what they want and when, and what they do if they are not answered.
//!
//! Each errand has a request key of its own. Whoever is not answered repeats the request with the same key, as a client
//! of the shop would; whoever is told that it is too early comes back.

use std::collections::BTreeMap;
use std::time::Duration;

use commands::memory::MemoryCommands;
use commands::{CommandError, streams};
use domain::order::{Order, PaymentChoice};
use domain::ordering::{PlaceOrder, WantedLine};
use domain::payment::Payment;
use domain::stock::StockCommand;
use domain::value::{
    Currency, Money, OrderId, Quantity, RefundId, ReturnId, ShipmentId, Sku, Text,
};
use processes::gateway::sandbox::{Card, CustomerAnswer, Sandbox};
use uuid::Uuid;

use super::errand::{Came, Errand, Extent, What, is_too_early};
use super::time::Clock;

/// How often somebody comes back before they let it be.
const TRIES_MAX: u32 = 12;

/// Everybody, by when they come next.
pub struct People {
    errands: BTreeMap<(u64, u64), Errand>,
    number: u64,
    pub orders: Vec<OrderId>,
    /// Who was turned away because there was no stock.
    pub turned_away: u64,
}

/// What the others are to know of an errand.
pub enum Told {
    Nothing,
    Line(String),
    /// The customer has answered and the browser returns.
    Returned(OrderId, String),
}

/// What people act on.
pub struct Around<'a> {
    pub memory: &'a MemoryCommands,
    pub sandbox: &'a Sandbox,
    pub clock: &'a Clock,
}

impl People {
    pub fn new() -> Self {
        Self {
            errands: BTreeMap::new(),
            number: 0,
            orders: Vec::new(),
            turned_away: 0,
        }
    }

    pub fn send(&mut self, at: u64, what: What) {
        self.number += 1;
        let key = format!("errand-{}", self.number);
        let errand = Errand {
            what,
            key,
            tries: 0,
        };
        self.errands.insert((at, self.number), errand);
    }

    pub fn next(&self) -> Option<u64> {
        self.errands.keys().next().map(|(at, _)| *at)
    }

    /// Does the errand that is due next, if one is.
    pub fn go(&mut self, around: &Around<'_>, rng: &mut fastrand::Rng) -> Option<Told> {
        let elapsed = around.clock.elapsed();
        let first = self
            .errands
            .first_entry()
            .filter(|first| first.key().0 <= elapsed)?;
        let ((_, number), errand) = first.remove_entry();
        let line = format!("{:?}", errand.what);
        let came = errand.run(around);
        let again = |people: &mut Self, after: u64| {
            if errand.tries < TRIES_MAX {
                let tries = errand.tries + 1;
                let later = Errand {
                    tries,
                    ..errand.clone()
                };
                people.errands.insert((elapsed + after, number), later);
            }
        };
        Some(match came {
            Ok(Came::Done) => {
                if let What::Place(place) = &errand.what {
                    self.orders.push(place.order_id);
                    self.plan(place, elapsed, rng);
                }
                Told::Line(line)
            }
            Ok(Came::Answered(order)) => Told::Returned(order, line),
            Ok(Came::TooEarly) => {
                again(self, rng.u64(5_000_000..60_000_000));
                Told::Nothing
            }
            Ok(Came::Pointless) => Told::Nothing,
            Err(CommandError::Rejected(rejection)) => {
                self.turned_away += u64::from(matches!(errand.what, What::Place(_)));
                if is_too_early(around, &errand.what) {
                    again(self, rng.u64(5_000_000..60_000_000));
                }
                Told::Line(format!("refused: {line}: {}", rejection.detail))
            }
            // Not answered: the same request again, until it is.
            Err(error) => {
                let later = Errand { tries: 0, ..errand };
                self.errands
                    .insert((elapsed + rng.u64(0..5_000_000), number), later);
                Told::Line(format!("not answered: {line}: {error}"))
            }
        })
    }

    /// What becomes of an order that was placed, if all goes well.
    fn plan(&mut self, place: &PlaceOrder, now: u64, rng: &mut fastrand::Rng) {
        let id = place.order_id;
        let at = |rng: &mut fastrand::Rng, most: u64| now + rng.u64(0..most * 1_000_000);
        let method = place
            .payment
            .as_ref()
            .map(|choice| choice.method.as_str().to_owned());
        if method.as_deref() == Some(Card::ActionRequired.name()) && rng.u8(0..8) > 0 {
            let answer = if rng.u8(0..4) == 0 {
                CustomerAnswer::Refuses
            } else {
                CustomerAnswer::Approves
            };
            let most = if rng.bool() { 60 } else { 1_200 };
            let when = at(rng, most);
            self.send(when, What::Answer(id, answer));
        }
        if method.is_none() {
            // Staff decide; some forget.
            return;
        }
        match rng.u8(0..10) {
            0 => self.send(at(rng, 120), What::Cancel(id)),
            1 | 2 => self.send(at(rng, 300), What::CancelLines(id)),
            _ => {}
        }
        let shipment = ShipmentId(drawn_id(rng));
        let shipped = at(rng, 600);
        let extent = drawn_extent(rng);
        if rng.u8(0..8) > 0 {
            self.send(shipped, What::Ship(id, shipment, extent));
            self.send(
                shipped + rng.u64(0..600_000_000),
                What::Deliver(id, shipment),
            );
        }
        if extent == Extent::Some && rng.bool() {
            let second = ShipmentId(drawn_id(rng));
            self.send(
                shipped + rng.u64(0..600_000_000),
                What::Ship(id, second, Extent::All),
            );
        }
        for _ in 0..rng.u8(0..=2) {
            let return_id = ReturnId(drawn_id(rng));
            let asked = shipped + rng.u64(0..600_000_000);
            self.send(asked, What::Return(id, return_id, drawn_extent(rng)));
            let then = asked + rng.u64(1..600_000_000);
            let what = if rng.u8(0..5) == 0 {
                What::DeclineReturn(id, return_id)
            } else {
                What::Receive(id, return_id, drawn_extent(rng))
            };
            self.send(then, what);
        }
        if rng.u8(0..6) == 0 {
            let refund = RefundId(drawn_id(rng));
            self.send(at(rng, 900), What::Goodwill(id, refund, rng.i64(1..400)));
        }
        if rng.u8(0..3) == 0 {
            self.send(at(rng, 7_200), What::Attend(id));
        }
        if rng.u8(0..4) == 0 {
            self.send(at(rng, 1_800), What::Complete(id));
        }
    }
}

pub fn order(memory: &MemoryCommands, id: OrderId) -> Order {
    let (state, _) = memory.state_of(&streams::order(id)).unwrap();
    state.as_order().cloned().unwrap()
}

pub fn payment(memory: &MemoryCommands, id: OrderId) -> Payment {
    let (state, _) = memory.state_of(&streams::payment(id.payment())).unwrap();
    state.as_payment().cloned().unwrap()
}

/// An order as its customer asks for it.
pub fn wish(id: OrderId, lines: &[(&Sku, u32)], card: Option<&str>, hold: Duration) -> PlaceOrder {
    let lines = lines.iter().map(|(sku, count)| WantedLine {
        sku: (*sku).clone(),
        quantity: units(*count),
        amounts: None,
    });
    let mut place = PlaceOrder::new(id, Currency::EUR, lines.collect(), hold);
    place.payment = card.map(|card| PaymentChoice {
        gateway: Text::new("sandbox").unwrap(),
        method: Text::new(card).unwrap(),
    });
    place
}

pub fn drawn_id(rng: &mut fastrand::Rng) -> Uuid {
    uuid::Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid()
}

pub fn drawn_extent(rng: &mut fastrand::Rng) -> Extent {
    if rng.bool() {
        Extent::All
    } else {
        Extent::Some
    }
}

pub fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub fn units(count: u32) -> Quantity {
    Quantity::new(count).unwrap()
}

pub fn stock_id(sku: &Sku) -> domain::value::StockId {
    domain::value::StockId::new(sku.clone(), domain::value::Location::default())
}

pub fn receive(sku: &Sku, count: u32) -> StockCommand {
    StockCommand::ReceiveStock {
        stock_id: stock_id(sku),
        quantity: units(count),
        reference: None,
    }
}
