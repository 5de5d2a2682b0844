//! Shipping: units leave the order's lines and the building together.

use super::{OrderingOutcome, ShortLines, StockLookup};
use crate::facts::Facts;
use crate::order::{self, LineQuantity, LineShare, Order, OrderCommand, OrderEvent};
use crate::rejection::Rejection;
use crate::stock::{self, StockCommand, StockItem};
use crate::value::{ShipmentId, Sku, Text};

/// A shipment.
#[derive(Debug, Clone, PartialEq)]
pub struct ShipLines {
    /// Its id.
    pub shipment_id: ShipmentId,
    /// How many of which lines; none means all that is open.
    pub lines: Vec<LineQuantity>,
    /// Who carries it.
    pub carrier: Option<Text>,
    /// The carrier's number.
    pub tracking: Option<Text>,
}

/// Ships units of a confirmed order and dispatches them from stock. A shipment that was recorded
/// already changes nothing.
pub fn ship(
    order: &Order,
    stock: &StockLookup<'_>,
    command: ShipLines,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    let shipment_id = command.shipment_id;
    let lines = if command.lines.is_empty() {
        order.open_lines()
    } else {
        command.lines
    };
    let asked: Vec<Sku> = lines.iter().map(|line| line.sku.clone()).collect();
    let command = OrderCommand::ShipLines {
        shipment_id,
        lines,
        carrier: command.carrier,
        tracking: command.tracking,
    };
    let mut outcome = OrderingOutcome {
        order: order::decide(order, command, facts)?,
        ..OrderingOutcome::default()
    };
    let mut short = ShortLines::default();
    for share in shipped(&outcome.order) {
        let (Some(placed), Some(line)) = (order.placed(), order.line(&share.sku)) else {
            continue;
        };
        let id = placed.stock_id(line.placed);
        let command = StockCommand::DispatchStock {
            reservation_id: line.reservation_id(),
            shipment_id,
            quantity: share.quantity,
        };
        let unopened = StockItem::default();
        match stock::decide(stock(&id).unwrap_or(&unopened), command, facts) {
            Ok(events) => outcome.add_stock(id, events),
            Err(rejection) => {
                let at = asked.iter().position(|sku| *sku == share.sku);
                short.add(rejection, at.unwrap_or(0), &share.sku)?;
            }
        }
    }
    short.into_result()?;
    Ok(outcome)
}

fn shipped(events: &[OrderEvent]) -> Vec<LineShare> {
    let lines = events.iter().filter_map(|event| match event {
        OrderEvent::OrderShipped { lines, .. } => Some(lines.clone()),
        _ => None,
    });
    lines.flatten().collect()
}
