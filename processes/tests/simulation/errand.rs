//! One errand: what is asked of the shop, and what its answer means to whoever asked.

use commands::order::OrderingCommand;
use commands::payment::ByHand;
use commands::{CommandError, Context, Receipt, RequestKey};
use domain::order::{LineQuantity, OrderCommand, OrderStatus};
use domain::ordering::{PlaceOrder, ReceiveReturn, ReceivedLine, RefundWish, ShipLines};
use domain::payment::{AttentionDecision, AuthorizationOutcome, PaymentCommand, RefundReason};
use domain::product::ProductCommand;
use domain::stock::Condition;
use domain::value::{OrderId, ProductId, Quantity, RefundId, ReturnId, ShipmentId, Sku, Text};
use processes::gateway::sandbox::CustomerAnswer;

use super::people::{Around, euro, order, payment, receive, stock_id, units};

/// What somebody wants, and how often they came for it.
#[derive(Debug, Clone)]
pub struct Errand {
    pub what: What,
    pub key: String,
    pub tries: u32,
}

/// What somebody wants.
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
pub enum Came {
    Done,
    /// The browser returns from the gateway's page, too.
    Answered(OrderId),
    TooEarly,
    Pointless,
}

impl Errand {
    pub fn run(&self, around: &Around<'_>) -> Result<Came, CommandError> {
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
pub fn is_too_early(around: &Around<'_>, what: &What) -> bool {
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
