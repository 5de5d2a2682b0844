//! Confirming an order: its stock is committed.

use std::collections::BTreeMap;

use super::{OrderingOutcome, StockLookup};
use crate::facts::Facts;
use crate::order::{self, Line, Order, OrderCommand, OrderPlaced, OrderStatus};
use crate::rejection::{FieldError, Rejection, RejectionCode};
use crate::stock::{self, Reserve, StockCommand, StockEvent, StockItem};
use crate::value::{Money, Quantity, ReservationId};

/// Commits the reservation of every open line and confirms the order, `authorized` being at least
/// what is due. A hold that has lapsed is taken anew while stock lasts; if it does not, the answer
/// is `reservation-expired`, naming every such line, and nothing happens.
pub fn confirm(
    order: &Order,
    stock: &StockLookup<'_>,
    authorized: Money,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    let (mut outcome, mut committed) = (OrderingOutcome::default(), BTreeMap::new());
    let mut lapsed = Vec::new();
    let unopened = StockItem::default();
    for (at, line) in order.lines().enumerate() {
        let (Some(placed), Ok(open)) = (order.placed(), Quantity::new(line.open())) else {
            continue;
        };
        let id = placed.stock_id(line.placed);
        match commit_line(stock(&id).unwrap_or(&unopened), placed, &line, open, facts) {
            Ok((reservation_id, events)) => {
                committed.insert(line.placed.line_id, reservation_id);
                outcome.add_stock(id, events);
            }
            Err(rejection) => {
                committed.insert(line.placed.line_id, line.reservation_id());
                lapsed.push(lapsed_line(at, &line, &rejection));
            }
        }
    }
    // The order is asked last and answered first: a rejected order has no reservations either.
    let command = OrderCommand::ConfirmOrder {
        authorized,
        committed,
    };
    outcome.order = order::decide(order, command, facts)?;
    if outcome.order.is_empty() {
        return Ok(OrderingOutcome::default());
    }
    if lapsed.is_empty() {
        Ok(outcome)
    } else {
        Err(Rejection::of_fields(
            RejectionCode::ReservationExpired,
            lapsed,
        ))
    }
}

/// Confirms an order as staff do, who vouch for `authorized`; for what is due if they do not say.
/// An order whose customer chose a gateway is confirmed by what the gateway says, so there staff
/// have to say how much they vouch for.
pub fn confirm_by_hand(
    order: &Order,
    stock: &StockLookup<'_>,
    authorized: Option<Money>,
    facts: &Facts,
) -> Result<OrderingOutcome, Rejection> {
    let Some(due) = order.due() else {
        return Err(Rejection::not_found("there is no such order"));
    };
    let waits = order.status() == Some(OrderStatus::Placed) && due.minor > 0;
    let chosen = order.placed().and_then(|placed| placed.payment.as_ref());
    match (authorized, chosen) {
        (None, Some(chosen)) if waits => {
            let detail = format!(
                "the order is paid through {}, which decides whether it is confirmed; to confirm it all the same, say \
                 in `authorized` how much is paid otherwise",
                chosen.gateway
            );
            Err(Rejection::new(RejectionCode::OrderState, detail))
        }
        (authorized, _) => confirm(order, stock, authorized.unwrap_or(due), facts),
    }
}

/// The reservation that holds the line's open units from now on, and what makes it so.
fn commit_line(
    item: &StockItem,
    placed: &OrderPlaced,
    line: &Line<'_>,
    open: Quantity,
    facts: &Facts,
) -> Result<(ReservationId, Vec<StockEvent>), Rejection> {
    let reservation_id = line.reservation_id();
    if item.reservations().get(reservation_id).is_some() {
        let command = StockCommand::CommitReservation { reservation_id };
        return Ok((reservation_id, stock::decide(item, command, facts)?));
    }
    let renewed = placed.order_id.renewed_reservation(&line.placed.sku);
    let command = StockCommand::RenewReservation(Reserve {
        reservation_id: renewed,
        order_id: placed.order_id,
        line_id: line.placed.line_id,
        quantity: open,
        expires_at: placed.deadline.max(facts.now),
    });
    Ok((renewed, stock::decide(item, command, facts)?))
}

fn lapsed_line(at: usize, line: &Line<'_>, rejection: &Rejection) -> FieldError {
    FieldError::new(
        format!("/lines/{at}/quantity"),
        RejectionCode::ReservationExpired.as_str(),
        format!(
            "the hold on SKU {} has lapsed and the stock is gone: {}",
            line.placed.sku, rejection.detail
        ),
    )
}
