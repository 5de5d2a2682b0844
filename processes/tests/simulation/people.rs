//! Customers and staff: what they want and when, and what they do if they are not answered.
//!
//! Each errand has a request key of its own. Whoever is not answered repeats the request with the same key, as a client
//! of the shop would; whoever is told that it is too early comes back.

use std::collections::BTreeMap;
use std::time::Duration;

use commands::memory::MemoryCommands;
use commands::order::OrderingCommand;
use commands::payment::ByHand;
use commands::{CommandError, Context, Receipt, RequestKey, streams};
use domain::order::{LineQuantity, Order, OrderCommand, OrderStatus, PaymentChoice};
use domain::ordering::{
    PlaceOrder, ReceiveReturn, ReceivedLine, RefundWish, ShipLines, WantedLine,
};
use domain::payment::{
    AttentionDecision, AuthorizationOutcome, Payment, PaymentCommand, RefundReason,
};
use domain::product::ProductCommand;
use domain::stock::{Condition, StockCommand};
use domain::value::{
    Currency, Money, OrderId, ProductId, Quantity, RefundId, ReturnId, ShipmentId, Sku, Text,
};
use processes::gateway::sandbox::{Card, CustomerAnswer, Sandbox};
use uuid::Uuid;

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

#[derive(Debug, Clone)]
pub struct Errand {
    pub what: What,
    key: String,
    tries: u32,
}

#[derive(Debug, Clone)]
pub enum What {
    Place(Box<PlaceOrder>),
    Answer(OrderId, CustomerAnswer),
    Cancel(OrderId),
    CancelLines(OrderId),
    Ship(OrderId, ShipmentId, Extent),
    Deliver(OrderId, ShipmentId),
    Return(OrderId, ReturnId, Extent),
    Receive(OrderId, ReturnId, Extent),
    DeclineReturn(OrderId, ReturnId),
    Goodwill(OrderId, RefundId, i64),
    Reprice(ProductId, Sku, i64),
    Restock(Sku, u32),
    Complete(OrderId),
    /// An operator looks at what needs a person.
    Attend(OrderId),
}

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    All,
    Some,
}

/// What came of an errand.
enum Came {
    Done,
    /// The browser returns from the gateway's page, too.
    Answered(OrderId),
    TooEarly,
    Pointless,
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

impl Errand {
    fn run(&self, around: &Around<'_>) -> Result<Came, CommandError> {
        let memory = around.memory;
        let context = self.context();
        let done = |result: Result<Receipt, CommandError>| result.map(|_| Came::Done);
        match &self.what {
            What::Place(place) => done(memory.place_order((**place).clone(), &context)),
            What::Answer(id, answer) => Ok(self.answer(around, *id, *answer)),
            What::Cancel(id) => {
                let command = OrderingCommand::Cancel { reason: None };
                done(memory.ordering(*id, command, &context))
            }
            What::CancelLines(id) => {
                let Some(line) = order(memory, *id).open_lines().into_iter().next() else {
                    return Ok(Came::Pointless);
                };
                let one = LineQuantity {
                    quantity: units(1),
                    ..line
                };
                let command = OrderingCommand::CancelLines {
                    lines: vec![one],
                    reason: None,
                };
                done(memory.ordering(*id, command, &context))
            }
            What::Ship(id, shipment, extent) => {
                let order = order(memory, *id);
                if order.status() == Some(OrderStatus::Placed) {
                    return Ok(Came::TooEarly);
                }
                let lines = match extent {
                    Extent::All => Vec::new(),
                    Extent::Some => order.open_lines().into_iter().take(1).map(half).collect(),
                };
                let ship = ShipLines {
                    shipment_id: *shipment,
                    lines,
                    carrier: None,
                    tracking: None,
                };
                done(memory.ordering(*id, OrderingCommand::Ship(ship), &context))
            }
            What::Deliver(id, shipment) => {
                let command = OrderCommand::RecordDelivery {
                    shipment_id: *shipment,
                    delivered_at: None,
                };
                done(memory.order(*id, command, &context))
            }
            What::Return(id, return_id, extent) => {
                let order = order(memory, *id);
                let lines = order.lines().filter_map(|line| {
                    let quantity = Quantity::new(line.returnable()).ok()?;
                    let sku = line.placed.sku.clone();
                    Some(LineQuantity { sku, quantity })
                });
                let lines: Vec<LineQuantity> = match extent {
                    Extent::All => lines.collect(),
                    Extent::Some => lines.take(1).map(half).collect(),
                };
                if lines.is_empty() {
                    return Ok(Came::TooEarly);
                }
                let return_id = *return_id;
                let command = OrderCommand::RequestReturn {
                    return_id,
                    lines,
                    reason: None,
                };
                done(memory.order(*id, command, &context))
            }
            What::Receive(id, return_id, extent) => {
                let announced = order(memory, *id);
                let Some(announced) = announced.return_of(*return_id) else {
                    return Ok(Came::TooEarly);
                };
                let lines = announced.line_quantities().into_iter();
                let lines = match extent {
                    Extent::All => Vec::new(),
                    Extent::Some => lines.take(1).map(half).map(broken).collect(),
                };
                let return_id = *return_id;
                let command = OrderingCommand::ReceiveReturn(ReceiveReturn { return_id, lines });
                done(memory.ordering(*id, command, &context))
            }
            What::DeclineReturn(id, return_id) => {
                let return_id = *return_id;
                let command = OrderCommand::DeclineReturn {
                    return_id,
                    reason: None,
                };
                done(memory.order(*id, command, &context))
            }
            What::Goodwill(id, refund_id, minor) => {
                let wish = RefundWish {
                    refund_id: *refund_id,
                    amount: euro(*minor),
                    reason: RefundReason::Goodwill,
                    lines: Vec::new(),
                    note: None,
                };
                done(memory.by_hand(*id, ByHand::Refund(wish), &context))
            }
            What::Reprice(product, sku, minor) => {
                let (sku, price) = (sku.clone(), euro(*minor));
                done(memory.product(*product, ProductCommand::SetPrice { sku, price }, &context))
            }
            What::Restock(sku, count) => {
                done(memory.stock(&stock_id(sku), receive(sku, *count), &context))
            }
            What::Complete(id) => done(memory.order(*id, OrderCommand::CompleteOrder, &context)),
            What::Attend(id) => {
                let command = PaymentCommand::SettleAttention {
                    decision: AttentionDecision::Retry,
                    reason: Text::new("the gateway's people were asked").unwrap(),
                };
                done(memory.payment(id.payment(), command, &context))
            }
        }
    }

    fn context(&self) -> Context {
        Context {
            actor: "customer:simulation".into(),
            request: Some(RequestKey::new(&["simulation"], &self.key, String::new())),
            ..Context::default()
        }
    }

    /// On the gateway's page.
    fn answer(&self, around: &Around<'_>, id: OrderId, answer: CustomerAnswer) -> Came {
        let payment = payment(around.memory, id);
        let outcome = payment.authorization().map(|asked| &asked.outcome);
        match outcome {
            None | Some(AuthorizationOutcome::Open | AuthorizationOutcome::Unknown) => {
                return Came::TooEarly;
            }
            Some(AuthorizationOutcome::ActionRequired { .. }) => {}
            Some(_) => return Came::Pointless,
        }
        let Some(reference) = payment.gateway_ref() else {
            return Came::Pointless;
        };
        let acted = around
            .sandbox
            .customer(reference.as_str(), answer, around.clock.now());
        match acted {
            Ok(()) => Came::Answered(id),
            Err(_) => Came::Pointless,
        }
    }
}

/// Whether a refusal may only mean that something else has to happen first.
fn is_too_early(around: &Around<'_>, what: &What) -> bool {
    let id = match what {
        What::Deliver(id, _)
        | What::Return(id, ..)
        | What::Receive(id, ..)
        | What::Goodwill(id, ..)
        | What::Complete(id)
        | What::DeclineReturn(id, _) => *id,
        _ => return false,
    };
    let status = order(around.memory, id).status();
    !matches!(status, Some(OrderStatus::Rejected | OrderStatus::Cancelled))
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

fn half(line: LineQuantity) -> LineQuantity {
    let quantity = units(line.quantity.get().div_ceil(2));
    LineQuantity { quantity, ..line }
}

fn broken(line: LineQuantity) -> ReceivedLine {
    ReceivedLine {
        sku: line.sku,
        quantity: line.quantity,
        condition: Condition::WrittenOff {
            reason: Text::new("broken").unwrap(),
        },
    }
}
