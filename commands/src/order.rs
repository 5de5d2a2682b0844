//! The order's commands, alone or together with the stock items of its lines.
//!
//! Which stock items take part follows from the lines, and those never change once an order is placed: so the order is
//! read first to name its streams, and decided on in the executor like everything else.

mod place;

use std::collections::BTreeMap;

use domain::order::{self, LineQuantity, Order, OrderCommand, RejectReason};
use domain::ordering::{self, OrderingOutcome, ShipLines};
use domain::stock::StockItem;
use domain::value::{Money, OrderId, StockId, Text};
use domain::{Event, Facts, Rejection, State};
use journal::StreamId;

use crate::command::{Command, Needed, OneAggregate, States, ToOne, events};
use crate::{CommandError, Commands, Context, Receipt, streams};

/// What is done to an order and the stock items of its lines, atomically.
#[derive(Clone, Debug)]
pub enum OrderingCommand {
    /// Staff confirm it: everything is committed.
    Confirm {
        /// How much is authorized; what is due if not said.
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
}

impl Commands {
    /// Executes a command to an order that moves no stock.
    pub async fn order(
        &self,
        id: OrderId,
        command: OrderCommand,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        self.execute(
            ToOne {
                stream: streams::order(id),
                command,
            },
            context,
        )
        .await
    }

    /// Executes a command to an order and the stock items of its lines, atomically.
    pub async fn ordering(
        &self,
        id: OrderId,
        command: OrderingCommand,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        let stream = streams::order(id);
        let (state, _) = self.state_of(&stream).await?;
        let stock = state.as_order().map(Order::stock_ids).unwrap_or_default();
        let stock = stock
            .into_iter()
            .map(|id| (id.clone(), streams::stock(&id)))
            .collect();
        self.execute(
            ToOrdering {
                order: stream,
                stock,
                command,
            },
            context,
        )
        .await
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
    command: OrderingCommand,
}

impl Command for ToOrdering {
    fn name(&self) -> &'static str {
        match self.command {
            OrderingCommand::Confirm { .. } => "ConfirmOrder",
            OrderingCommand::Reject { .. } => "RejectOrder",
            OrderingCommand::Cancel { .. } => "CancelOrder",
            OrderingCommand::CancelLines { .. } => "CancelLines",
            OrderingCommand::Ship(_) => "ShipLines",
        }
    }

    fn needs(&self) -> Vec<Needed> {
        let stock = self.stock.values().cloned().map(Needed::existing);
        std::iter::once(Needed::existing(self.order.clone()))
            .chain(stock)
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
        let stock = |id: &StockId| opened(states, self.stock.get(id)?);
        let outcome = match self.command.clone() {
            OrderingCommand::Confirm { authorized } => {
                let due = authorized.or_else(|| order.due());
                let Some(due) = due else {
                    return Err(Rejection::not_found("there is no such order"));
                };
                ordering::confirm(order, &stock, due, facts)?
            }
            OrderingCommand::Reject { reason } => ordering::reject(order, &stock, reason, facts)?,
            OrderingCommand::Cancel { reason } => ordering::cancel(order, &stock, reason, facts)?,
            OrderingCommand::CancelLines { lines, reason } => {
                ordering::cancel_lines(order, &stock, lines, reason, facts)?
            }
            OrderingCommand::Ship(ship) => ordering::ship(order, &stock, ship, facts)?,
        };
        Ok(addressed(outcome, &self.order, &self.stock))
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
