//! What an order answers to a command.

mod returns;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::command::{LineQuantity, OrderCommand};
use super::event::{
    LineShare, OrderEvent, OrderPlaced, PlacedLine, RejectReason, RenewedReservation,
};
use super::line::Line;
use super::state::{Order, OrderStatus, ShipmentState};
use crate::facts::Facts;
use crate::rejection::{FieldError, Rejection, RejectionCode};
use crate::value::{LineId, Money, Quantity, ReservationId, ShipmentId, Text, Timestamp};

/// Most lines of one order.
pub const LINES_PER_ORDER_MAX: usize = 500;
/// Largest total of an order, in minor units: so far below 63 bits that sums over very many orders fit too.
pub const ORDER_TOTAL_MINOR_MAX: i64 = 10_000_000_000_000;
/// Most units of one line.
pub const UNITS_PER_LINE_MAX: u32 = 100_000_000;

type Decision = Result<Vec<OrderEvent>, Rejection>;

/// Decides `command` against `order`.
pub fn decide(order: &Order, command: OrderCommand, facts: &Facts) -> Decision {
    let status = order.status();
    match (command, status) {
        (OrderCommand::PlaceOrder(placed), None) => place(placed),
        (OrderCommand::PlaceOrder(placed), Some(status)) => Err(wrong_state(
            order,
            status,
            &format!("place it as {}", placed.order_id),
        )),
        (_, None) => Err(Rejection::not_found("there is no such order")),
        (
            OrderCommand::ConfirmOrder {
                authorized,
                committed,
            },
            Some(status),
        ) => confirm(order, status, authorized, &committed),
        (OrderCommand::ExtendDeadline { deadline }, Some(status)) => {
            extend(order, status, deadline)
        }
        (OrderCommand::RejectOrder { reason }, Some(status)) => reject(order, status, reason),
        (OrderCommand::CancelLines { lines, reason }, Some(status)) => {
            cancel_lines(order, status, &lines, reason)
        }
        (OrderCommand::CancelOrder { reason }, Some(status)) => cancel(order, status, reason),
        (
            OrderCommand::ShipLines {
                shipment_id,
                lines,
                carrier,
                tracking,
            },
            Some(status),
        ) => {
            let lines = ship(order, status, shipment_id, &lines)?;
            Ok(lines.map_or_else(Vec::new, |lines| {
                vec![OrderEvent::OrderShipped {
                    shipment_id,
                    lines,
                    shipping: order.shipping_of_next_shipment(),
                    carrier,
                    tracking,
                }]
            }))
        }
        (
            OrderCommand::RecordDelivery {
                shipment_id,
                delivered_at,
            },
            Some(_),
        ) => record_delivery(order, shipment_id, delivered_at.unwrap_or(facts.now)),
        (
            OrderCommand::RequestReturn {
                return_id,
                lines,
                reason,
            },
            Some(status),
        ) => returns::request(order, status, return_id, &lines, reason),
        (OrderCommand::ReceiveReturn { return_id, lines }, Some(_)) => {
            returns::receive(order, return_id, &lines)
        }
        (OrderCommand::DeclineReturn { return_id, reason }, Some(_)) => {
            returns::decline(order, return_id, reason)
        }
        (OrderCommand::CompleteOrder, Some(status)) => complete(order, status),
        (OrderCommand::AddNote { note }, Some(_)) => Ok(vec![OrderEvent::OrderNoteAdded { note }]),
    }
}

fn place(placed: Arc<OrderPlaced>) -> Decision {
    let mut wrong = Vec::new();
    if placed.lines.is_empty() {
        let detail = "an order needs at least one line";
        wrong.push(FieldError::new("/lines", "empty", detail));
    }
    if placed.lines.len() > LINES_PER_ORDER_MAX {
        let detail = format!(
            "{} lines are too many; the most is {LINES_PER_ORDER_MAX}",
            placed.lines.len()
        );
        wrong.push(FieldError::new("/lines", "too-many", detail));
    }
    let mut skus = BTreeSet::new();
    for (at, line) in placed.lines.iter().enumerate() {
        if !skus.insert(&line.sku) {
            let detail = format!("SKU {} is on two lines; merge them", line.sku);
            wrong.push(FieldError::new(
                format!("/lines/{at}/sku"),
                "duplicate-sku",
                detail,
            ));
        }
        wrong.extend(line_error(at, line));
    }
    if placed.shipping < 0 {
        let detail = format!("shipping is {}; it is at least 0", placed.shipping);
        wrong.push(FieldError::new("/shipping/minor", "out-of-range", detail));
    }
    if wrong.is_empty() && !sums_fit(&placed) {
        let detail = format!(
            "the order's total is too large; the most is {ORDER_TOTAL_MINOR_MAX} minor units"
        );
        wrong.push(FieldError::new("/lines", "too-large", detail));
    }
    if wrong.is_empty() {
        Ok(vec![OrderEvent::OrderPlaced(placed)])
    } else {
        Err(Rejection::validation(wrong))
    }
}

fn line_error(at: usize, line: &PlacedLine) -> Option<FieldError> {
    let wrong = |field: &str, code: &str, detail: String| {
        Some(FieldError::new(
            format!("/lines/{at}/{field}"),
            code,
            detail,
        ))
    };
    if line.quantity.get() > UNITS_PER_LINE_MAX {
        let detail = format!(
            "{} units of {} are too many for an order; the most is {UNITS_PER_LINE_MAX}",
            line.quantity, line.sku
        );
        return wrong("quantity", "too-large", detail);
    }
    let amounts = [
        ("gross", line.gross),
        ("discount", line.discount),
        ("net", line.net),
        ("coupon", line.coupon),
    ];
    for (field, minor) in amounts {
        if minor < 0 {
            let detail = format!("{field} of {} is {minor}; it is at least 0", line.sku);
            return wrong(field, "out-of-range", detail);
        }
    }
    if line.gross.checked_sub(line.discount) != Some(line.net) {
        let detail = format!(
            "net of {} is {}; gross − discount is {} − {}, and net must equal that",
            line.sku, line.net, line.gross, line.discount
        );
        return wrong("net", "amounts-inconsistent", detail);
    }
    None
}

/// Whether every sum that [`OrderPlaced::totals`] makes fits; none is larger than these three.
fn sums_fit(placed: &OrderPlaced) -> bool {
    let sum = |of: fn(&PlacedLine) -> i128| placed.lines.iter().map(of).sum::<i128>();
    let gross = sum(|line| i128::from(line.gross));
    let coupon = sum(|line| i128::from(line.coupon));
    let due = sum(|line| i128::from(line.net) + i128::from(line.tax));
    let total = due + i128::from(placed.shipping);
    [gross, coupon, total]
        .iter()
        .all(|sum| *sum <= i128::from(ORDER_TOTAL_MINOR_MAX))
}

fn confirm(
    order: &Order,
    status: OrderStatus,
    authorized: Money,
    committed: &BTreeMap<LineId, ReservationId>,
) -> Decision {
    match status {
        OrderStatus::Placed => {}
        OrderStatus::Confirmed | OrderStatus::Completed => return Ok(Vec::new()),
        OrderStatus::Rejected | OrderStatus::Cancelled => {
            return Err(wrong_state(order, status, "confirm it"));
        }
    }
    if let Some(due) = order.due() {
        if due.currency != authorized.currency {
            let detail = format!(
                "the order is in {}, not in {}",
                due.currency, authorized.currency
            );
            return Err(Rejection::new(RejectionCode::CurrencyMismatch, detail));
        }
        if authorized.minor < due.minor {
            let detail =
                format!("{authorized} is authorized and {due} is due; authorize all of it");
            return Err(Rejection::new(RejectionCode::PaymentState, detail));
        }
    }
    let mut renewed = Vec::new();
    for line in order.lines().filter(|line| line.open() > 0) {
        let line_id = line.placed.line_id;
        match committed.get(&line_id) {
            None => {
                let detail = format!("no units of {} are committed", line.placed.sku);
                return Err(Rejection::new(RejectionCode::ReservationExpired, detail));
            }
            Some(reservation_id) if *reservation_id != line.reservation_id() => {
                renewed.push(RenewedReservation {
                    line_id,
                    reservation_id: *reservation_id,
                });
            }
            Some(_) => {}
        }
    }
    Ok(vec![OrderEvent::OrderConfirmed {
        authorized,
        renewed,
    }])
}

/// Once, and never to an earlier moment.
fn extend(order: &Order, status: OrderStatus, deadline: Timestamp) -> Decision {
    match status {
        OrderStatus::Placed => {}
        OrderStatus::Confirmed | OrderStatus::Completed => return Ok(Vec::new()),
        OrderStatus::Rejected | OrderStatus::Cancelled => {
            return Err(wrong_state(order, status, "extend its deadline"));
        }
    }
    if order.deadline().is_some_and(|until| until >= deadline) {
        return Ok(Vec::new());
    }
    if order.is_extended() {
        let what = "extend its deadline a second time";
        return Err(wrong_state(order, status, what));
    }
    Ok(vec![OrderEvent::OrderDeadlineExtended { deadline }])
}

fn reject(order: &Order, status: OrderStatus, reason: RejectReason) -> Decision {
    match status {
        OrderStatus::Placed => Ok(vec![OrderEvent::OrderRejected { reason }]),
        OrderStatus::Rejected => Ok(Vec::new()),
        _ => Err(wrong_state(order, status, "reject it")),
    }
}

fn cancel(order: &Order, status: OrderStatus, reason: Option<Text>) -> Decision {
    match status {
        OrderStatus::Cancelled => return Ok(Vec::new()),
        OrderStatus::Placed | OrderStatus::Confirmed => {}
        OrderStatus::Rejected | OrderStatus::Completed => {
            return Err(wrong_state(order, status, "cancel it"));
        }
    }
    let open = order.open_lines();
    if open.is_empty() {
        return Err(wrong_state(
            order,
            status,
            "cancel it, all its units have left",
        ));
    }
    cancel_lines(order, status, &open, reason)
}

fn cancel_lines(
    order: &Order,
    status: OrderStatus,
    lines: &[LineQuantity],
    reason: Option<Text>,
) -> Decision {
    if !matches!(status, OrderStatus::Placed | OrderStatus::Confirmed) {
        return Err(wrong_state(order, status, "cancel lines of it"));
    }
    let shares = shares(order, lines)?;
    let cancelled: u64 = shares.iter().map(|share| share.quantity.units()).sum();
    let open: u64 = order.lines().map(|line| u64::from(line.open())).sum();
    let nothing_left = order.lines().all(|line| line.progress.shipped == 0) && cancelled == open;
    let mut events = vec![OrderEvent::OrderLinesCancelled {
        lines: shares,
        reason: reason.clone(),
    }];
    if nothing_left {
        let shipping = order.placed().map_or(0, |placed| placed.shipping);
        events.push(OrderEvent::OrderCancelled { shipping, reason });
    }
    Ok(events)
}

/// None if this shipment was recorded already.
fn ship(
    order: &Order,
    status: OrderStatus,
    shipment_id: ShipmentId,
    lines: &[LineQuantity],
) -> Result<Option<Vec<LineShare>>, Rejection> {
    if order.shipment(shipment_id).is_some() {
        return Ok(None);
    }
    if status != OrderStatus::Confirmed {
        return Err(wrong_state(order, status, "ship lines of it"));
    }
    shares(order, lines).map(Some)
}

/// What the units that leave carry.
fn shares(order: &Order, lines: &[LineQuantity]) -> Result<Vec<LineShare>, Rejection> {
    let lines = wanted_lines(order, lines, |line| line.open())?;
    let leaving = lines.into_iter();
    Ok(leaving.map(|(line, units)| line.share(units)).collect())
}

/// The lines that are meant, each with at most as many units as are open in the sense of `open`.
/// Lines of the same SKU are merged into the first.
pub(crate) fn wanted_lines<'a>(
    order: &'a Order,
    lines: &[LineQuantity],
    open: impl Fn(&Line<'_>) -> u32,
) -> Result<Vec<(Line<'a>, Quantity)>, Rejection> {
    if lines.is_empty() {
        let detail = "name at least one line, with how many of its units";
        return Err(Rejection::invalid("/lines", "empty", detail));
    }
    let merged = merged(lines);
    let (mut unknown, mut exceeding, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for (at, wanted, units) in merged {
        let Some(line) = order.line(&wanted.sku) else {
            let detail = format!("the order has no line of SKU {}", wanted.sku);
            unknown.push(FieldError::new(
                format!("/lines/{at}/sku"),
                "unknown-sku",
                detail,
            ));
            continue;
        };
        match Quantity::try_from(units) {
            Ok(quantity) if quantity.get() <= open(&line) => found.push((line, quantity)),
            _ => {
                let detail = format!(
                    "{units} units of {} were asked for and {} are open; ask for at most that",
                    wanted.sku,
                    open(&line)
                );
                let code = RejectionCode::QuantityExceedsOpen.as_str();
                exceeding.push(FieldError::new(
                    format!("/lines/{at}/quantity"),
                    code,
                    detail,
                ));
            }
        }
    }
    if !unknown.is_empty() {
        return Err(Rejection::validation(unknown));
    }
    if !exceeding.is_empty() {
        return Err(Rejection::of_fields(
            RejectionCode::QuantityExceedsOpen,
            exceeding,
        ));
    }
    Ok(found)
}

fn merged(lines: &[LineQuantity]) -> Vec<(usize, &LineQuantity, u64)> {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    let mut merged: Vec<(usize, &LineQuantity, u64)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let place = *first.entry(line.sku.as_str()).or_insert(merged.len());
        match merged.get_mut(place) {
            Some((_, _, units)) => *units = units.saturating_add(line.quantity.units()),
            None => merged.push((at, line, line.quantity.units())),
        }
    }
    merged
}

fn record_delivery(order: &Order, shipment_id: ShipmentId, delivered_at: Timestamp) -> Decision {
    match order.shipment(shipment_id) {
        None => {
            let detail = format!("the order has no shipment {shipment_id}");
            Err(Rejection::not_found(detail))
        }
        Some(ShipmentState::Delivered) => Ok(Vec::new()),
        Some(ShipmentState::UnderWay) => Ok(vec![OrderEvent::ShipmentDelivered {
            shipment_id,
            delivered_at,
        }]),
    }
}

fn complete(order: &Order, status: OrderStatus) -> Decision {
    match status {
        OrderStatus::Completed => return Ok(Vec::new()),
        OrderStatus::Confirmed => {}
        _ => return Err(wrong_state(order, status, "complete it")),
    }
    let open: u64 = order.lines().map(|line| u64::from(line.open())).sum();
    if open > 0 {
        let what = format!("complete it while {open} units are neither shipped nor cancelled");
        return Err(wrong_state(order, status, &what));
    }
    Ok(vec![OrderEvent::OrderCompleted {}])
}

fn wrong_state(order: &Order, status: OrderStatus, what: &str) -> Rejection {
    let id = order.id().unwrap_or_default();
    let detail = format!("order {id} is {}; you cannot {what}", status.as_str());
    Rejection::new(RejectionCode::OrderState, detail)
}
