//! Receiving a return: units come back to the order's lines and to stock together.

use super::{OrderingOutcome, StockLookup};
use crate::facts::Facts;
use crate::order::{self, LineQuantity, Order, OrderCommand, OrderEvent};
use crate::rejection::Rejection;
use crate::stock::{self, Condition, StockCommand, StockItem};
use crate::value::{Quantity, ReturnId, Sku};

/// A return that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiveReturn {
    /// Which.
    pub return_id: ReturnId,
    /// What came, and in what condition; none means all that was announced, fit to be sold again.
    pub lines: Vec<ReceivedLine>,
}

/// Units of a line that came back. A line may be named twice, in two conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedLine {
    /// Which line.
    pub sku: Sku,
    /// How many of its units.
    pub quantity: Quantity,
    /// In what condition.
    pub condition: Condition,
}

/// Receives a return and restocks its units or writes them off. A return that was received
/// already changes nothing.
pub fn receive_return(
    order: &Order,
    stock: &StockLookup<'_>,
    command: ReceiveReturn,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    let ReceiveReturn { return_id, lines } = command;
    let came = |line: &ReceivedLine| LineQuantity {
        sku: line.sku.clone(),
        quantity: line.quantity,
    };
    let command = OrderCommand::ReceiveReturn {
        return_id,
        lines: lines.iter().map(came).collect(),
    };
    let mut outcome = OrderingOutcome {
        order: order::decide(order, command, facts)?,
        ..OrderingOutcome::default()
    };
    let Some(placed) = order.placed().filter(|_| !outcome.order.is_empty()) else {
        return Ok(outcome);
    };
    let lines = if lines.is_empty() {
        all_saleable(&outcome.order)
    } else {
        lines
    };
    let unopened = StockItem::default();
    for received in lines {
        let Some(line) = order.line(&received.sku) else {
            continue;
        };
        let id = placed.stock_id(line.placed);
        let command = StockCommand::RestockReturn {
            return_id,
            order_id: placed.order_id,
            line_id: line.placed.line_id,
            quantity: received.quantity,
            condition: received.condition,
        };
        let events = stock::decide(stock(&id).unwrap_or(&unopened), command, facts)?;
        outcome.add_stock(id, events);
    }
    Ok(outcome)
}

fn all_saleable(events: &[OrderEvent]) -> Vec<ReceivedLine> {
    let lines = events.iter().filter_map(|event| match event {
        OrderEvent::ReturnReceived { lines, .. } => Some(lines),
        _ => None,
    });
    let saleable = lines.flatten().map(|share| ReceivedLine {
        sku: share.sku.clone(),
        quantity: share.quantity,
        condition: Condition::Saleable,
    });
    saleable.collect()
}
