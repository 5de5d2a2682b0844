//! The order's commands, alone or together with the stock items of its lines.
//!
//! Which stock items take part follows from the lines, and those never change once an order is placed: so the order is
//! read first to name its streams, and decided on in the executor like everything else.

mod place;

use std::collections::BTreeMap;

use domain::order::{self, LineQuantity, Order, OrderCommand, RejectReason};
use domain::ordering::{self, CapturePolicy, OrderingOutcome, ReceiveReturn, ShipLines};
use domain::payment::Payment;
use domain::stock::StockItem;
use domain::value::{Money, OrderId, StockId, Text, Timestamp};
use domain::{Event, Facts, Rejection, State};
use journal::StreamId;

use crate::command::{Command, Needed, OneAggregate, States, ToOne, events};
use crate::{CommandError, Commands, Context, Receipt, streams};

pub(crate) use place::to_place;

/// What is done to an order, the stock items of its lines and its payment, atomically.
#[derive(Clone, Debug)]
pub enum OrderingCommand {
    /// Staff confirm it: everything is committed.
    Confirm {
        /// How much is authorized; what is due if not said, for an order whose customer did not choose how to pay.
        authorized: Option<Money>,
    },
    /// It cannot be had: everything is released.
    Reject {
        /// Why.
        reason: RejectReason,
    },
    /// All that has not left is cancelled and released.
    Cancel {
        /// Why.
        reason: Option<Text>,
    },
    /// Units are cancelled and released.
    CancelLines {
        /// How many of which lines.
        lines: Vec<LineQuantity>,
        /// Why.
        reason: Option<Text>,
    },
    /// Units leave the order and the building.
    Ship(ShipLines),
    /// Units come back to the order and to stock.
    ReceiveReturn(ReceiveReturn),
    /// Its payment is requested, as its customer chose to pay. One who did not choose is not asked.
    BeginPayment,
    /// What is known of the payment decides what becomes of the order.
    Conclude {
        /// When money is taken.
        policy: CapturePolicy,
    },
    /// It is rejected if its deadline has passed.
    TimeOut {
        /// When money is taken, should it turn out to be authorized in time.
        policy: CapturePolicy,
    },
    /// Its customer is busy paying: it may take longer, once.
    Extend {
        /// Until when.
        until: Timestamp,
    },
    /// What is to happen to its money next is requested, if anything.
    Settle {
        /// When money is taken.
        policy: CapturePolicy,
    },
}

impl OrderingCommand {
    /// Its name, as recorded.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Confirm { .. } => "ConfirmOrder",
            Self::Reject { .. } => "RejectOrder",
            Self::Cancel { .. } => "CancelOrder",
            Self::CancelLines { .. } => "CancelLines",
            Self::Ship(_) => "ShipLines",
            Self::ReceiveReturn(_) => "ReceiveReturn",
            Self::BeginPayment => "BeginPayment",
            Self::Conclude { .. } => "ConcludeCheckout",
            Self::TimeOut { .. } => "TimeOutOrder",
            Self::Extend { .. } => "ExtendDeadline",
            Self::Settle { .. } => "SettlePayment",
        }
    }

    const fn moves_stock(&self) -> bool {
        !matches!(self, Self::BeginPayment | Self::Settle { .. })
    }

    const fn moves_money(&self) -> bool {
        matches!(
            self,
            Self::BeginPayment | Self::Conclude { .. } | Self::TimeOut { .. } | Self::Settle { .. }
        )
    }
}

impl Commands {
    /// Executes a command to an order that moves no stock.
    pub async fn order(
        &self,
        id: OrderId,
        command: OrderCommand,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        self.execute(ToOne::new(streams::order(id), command), context)
            .await
    }

    /// Executes a command to an order, the stock items of its lines and its payment, atomically.
    pub async fn ordering(
        &self,
        id: OrderId,
        command: OrderingCommand,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        // Only the stock items of its lines have to be known beforehand.
        let order = if command.moves_stock() {
            let (state, _) = self.state_of(&streams::order(id)).await?;
            state.as_order().cloned().unwrap_or_default()
        } else {
            Order::default()
        };
        self.execute(to_ordering(id, &order, command), context)
            .await
    }
}

/// The command to order `id`, whose lines `order` knows.
pub fn to_ordering(id: OrderId, order: &Order, command: OrderingCommand) -> impl Command {
    let stock = if command.moves_stock() {
        order.stock_ids()
    } else {
        Vec::new()
    };
    ToOrdering {
        order: streams::order(id),
        stock: stock
            .into_iter()
            .map(|id| (id.clone(), streams::stock(&id)))
            .collect(),
        payment: command
            .moves_money()
            .then(|| streams::payment(id.payment())),
        command,
    }
}

impl OneAggregate for OrderCommand {
    fn name(&self) -> &'static str {
        match self {
            OrderCommand::PlaceOrder(_) => "PlaceOrder",
            OrderCommand::ConfirmOrder { .. } => "ConfirmOrder",
            OrderCommand::ExtendDeadline { .. } => "ExtendDeadline",
            OrderCommand::RejectOrder { .. } => "RejectOrder",
            OrderCommand::CancelLines { .. } => "CancelLines",
            OrderCommand::CancelOrder { .. } => "CancelOrder",
            OrderCommand::ShipLines { .. } => "ShipLines",
            OrderCommand::RecordDelivery { .. } => "RecordDelivery",
            OrderCommand::RequestReturn { .. } => "RequestReturn",
            OrderCommand::ReceiveReturn { .. } => "ReceiveReturn",
            OrderCommand::DeclineReturn { .. } => "DeclineReturn",
            OrderCommand::CompleteOrder => "CompleteOrder",
            OrderCommand::AddNote { .. } => "AddNote",
        }
    }

    fn decide(self, state: &State, facts: &Facts) -> Result<Vec<Event>, Rejection> {
        match state.as_order() {
            Some(state) => Ok(events(order::decide(state, self, facts)?)),
            None => Ok(Vec::new()),
        }
    }
}

struct ToOrdering {
    order: StreamId,
    stock: BTreeMap<StockId, StreamId>,
    payment: Option<StreamId>,
    command: OrderingCommand,
}

impl Command for ToOrdering {
    fn name(&self) -> &'static str {
        self.command.name()
    }

    fn needs(&self) -> Vec<Needed> {
        let begins = matches!(self.command, OrderingCommand::BeginPayment);
        let payment = self.payment.iter().cloned().map(|stream| {
            if begins {
                Needed::new(stream)
            } else {
                Needed::existing(stream)
            }
        });
        let stock = self.stock.values().cloned().map(Needed::existing);
        std::iter::once(Needed::existing(self.order.clone()))
            .chain(stock)
            .chain(payment)
            .collect()
    }

    fn decide(
        &self,
        states: &States<'_>,
        facts: &Facts,
    ) -> Result<Vec<(StreamId, Event)>, Rejection> {
        let Some(order) = states
            .get(&self.order)
            .and_then(|(state, _)| state.as_order())
        else {
            return Ok(Vec::new());
        };
        let outcome = self.outcome(states, order, facts)?;
        Ok(addressed(outcome, &self.order, &self.stock))
    }
}

impl ToOrdering {
    fn outcome(
        &self,
        states: &States<'_>,
        order: &Order,
        facts: &Facts,
    ) -> Result<OrderingOutcome, Rejection> {
        let stock = |id: &StockId| opened(states, self.stock.get(id)?);
        let unrequested = Payment::default();
        let payment = self.payment.as_ref().and_then(|id| states.get(id));
        let payment = payment.and_then(|(state, _)| state.as_payment());
        let payment = payment.unwrap_or(&unrequested);
        match self.command.clone() {
            OrderingCommand::Confirm { authorized } => {
                ordering::confirm_by_hand(order, &stock, authorized, facts)
            }
            OrderingCommand::Reject { reason } => ordering::reject(order, &stock, reason, facts),
            OrderingCommand::Cancel { reason } => ordering::cancel(order, &stock, reason, facts),
            OrderingCommand::CancelLines { lines, reason } => {
                ordering::cancel_lines(order, &stock, lines, reason, facts)
            }
            OrderingCommand::Ship(ship) => ordering::ship(order, &stock, ship, facts),
            OrderingCommand::ReceiveReturn(came) => {
                ordering::receive_return(order, &stock, came, facts)
            }
            OrderingCommand::BeginPayment => ordering::begin_payment(order, payment),
            OrderingCommand::Conclude { policy } => {
                ordering::conclude(order, &stock, payment, policy, facts)
            }
            OrderingCommand::TimeOut { policy } => {
                ordering::time_out(order, &stock, payment, policy, facts)
            }
            OrderingCommand::Extend { until } => ordering::extend(order, &stock, until, facts),
            OrderingCommand::Settle { policy } => ordering::settle(order, payment, policy),
        }
    }
}

/// The stock item, if it was ever opened.
fn opened<'a>(states: &States<'a>, stream: &StreamId) -> Option<&'a StockItem> {
    let (state, version) = states.get(stream)?;
    state.as_stock().filter(|_| version > 0)
}

/// Each event with its stream: the order's first, then the stock items', then the payments'.
fn addressed(
    outcome: OrderingOutcome,
    order: &StreamId,
    stock: &BTreeMap<StockId, StreamId>,
) -> Vec<(StreamId, Event)> {
    let of_order = outcome
        .order
        .into_iter()
        .map(|event| (order.clone(), Event::from(event)));
    let of_stock = outcome.stock.into_iter().flat_map(|(id, events)| {
        let stream = stock
            .get(&id)
            .cloned()
            .unwrap_or_else(|| streams::stock(&id));
        events
            .into_iter()
            .map(move |event| (stream.clone(), Event::from(event)))
    });
    let of_payments = outcome.payments.into_iter().flat_map(|(id, events)| {
        let stream = streams::payment(id);
        events
            .into_iter()
            .map(move |event| (stream.clone(), Event::from(event)))
    });
    of_order.chain(of_stock).chain(of_payments).collect()
}
