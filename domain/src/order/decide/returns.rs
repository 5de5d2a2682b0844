//! Units that come back: announced, then received or declined.

use super::{Decision, wanted_lines, wrong_state};
use crate::order::command::LineQuantity;
use crate::order::event::{OrderEvent, ReturnLine};
use crate::order::state::{Order, OrderStatus, Return, ReturnStatus};
use crate::rejection::{Rejection, RejectionCode};
use crate::value::{ReturnId, Text};

/// Announces a return. One that was announced already changes nothing.
pub(super) fn request(
    order: &Order,
    status: OrderStatus,
    return_id: ReturnId,
    lines: &[LineQuantity],
    reason: Option<Text>,
) -> Decision {
    if order.return_of(return_id).is_some() {
        return Ok(Vec::new());
    }
    if !matches!(status, OrderStatus::Confirmed | OrderStatus::Completed) {
        return Err(wrong_state(order, status, "return lines of it"));
    }
    let lines = wanted_lines(order, lines, |line| line.returnable())?;
    let announced = lines.into_iter().map(|(line, quantity)| ReturnLine {
        line_id: line.placed.line_id,
        sku: line.placed.sku.clone(),
        quantity,
    });
    Ok(vec![OrderEvent::ReturnRequested {
        return_id,
        lines: announced.collect(),
        reason,
    }])
}

/// Receives a return: all that was announced if no lines are named, else as much as came.
pub(super) fn receive(order: &Order, return_id: ReturnId, lines: &[LineQuantity]) -> Decision {
    let announced = announced(order, return_id)?;
    match announced.status {
        ReturnStatus::Requested => {}
        ReturnStatus::Received => return Ok(Vec::new()),
        ReturnStatus::Declined => return Err(is_over(return_id, "declined", "receive")),
    }
    let all: Vec<LineQuantity>;
    let lines = if lines.is_empty() {
        all = announced.line_quantities();
        &all
    } else {
        lines
    };
    let received = wanted_lines(order, lines, |line| announced.units_of(line.placed.line_id))?;
    Ok(vec![OrderEvent::ReturnReceived {
        return_id,
        lines: received
            .into_iter()
            .map(|(line, quantity)| line.returned_share(quantity))
            .collect(),
    }])
}

/// Declines a return.
pub(super) fn decline(order: &Order, return_id: ReturnId, reason: Option<Text>) -> Decision {
    match announced(order, return_id)?.status {
        ReturnStatus::Requested => Ok(vec![OrderEvent::ReturnDeclined { return_id, reason }]),
        ReturnStatus::Declined => Ok(Vec::new()),
        ReturnStatus::Received => Err(is_over(return_id, "received", "decline")),
    }
}

fn announced(order: &Order, return_id: ReturnId) -> Result<&Return, Rejection> {
    order.return_of(return_id).ok_or_else(|| {
        let detail = format!("the order has no return {return_id}; request it first");
        Rejection::not_found(detail)
    })
}

fn is_over(return_id: ReturnId, status: &str, what: &str) -> Rejection {
    let detail = format!("return {return_id} was {status} already; you cannot {what} it");
    Rejection::new(RejectionCode::OrderState, detail)
}
