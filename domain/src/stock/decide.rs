//! What a stock item answers to a command.

use super::command::{Condition, Reserve, StockCommand};
use super::event::{BrokenReservation, Hold, ReleaseReason, StockEvent};
use super::state::{Reservation, StockItem};
use crate::facts::Facts;
use crate::rejection::{FieldError, Rejection, RejectionCode};
use crate::value::{Quantity, ReservationId, ShipmentId, StockId, Text, Timestamp};

/// How many overdue holds one command ends beyond those that it needs ended.
pub const EXPIRED_PER_COMMAND: usize = 256;
/// How many reservations a shortfall names.
pub const BROKEN_RESERVATIONS_NAMED_MAX: usize = 100;
/// Most units on hand; far above any shop, far below what a sum can hold.
pub const ON_HAND_UNITS_MAX: u64 = 1_000_000_000_000_000;

type Decision = Result<Vec<StockEvent>, Rejection>;

/// Decides `command` against `item`.
pub fn decide(item: &StockItem, command: StockCommand, facts: &Facts) -> Decision {
    match command {
        StockCommand::ReceiveStock {
            stock_id,
            quantity,
            reference,
        } => receive(item, stock_id, quantity, reference),
        StockCommand::AdjustStock {
            delta,
            reason,
            force,
        } => adjust(item, delta, reason, force),
        StockCommand::ReserveStock(wanted) => reserve(item, wanted, facts),
        StockCommand::RenewReservation(wanted) => renew(item, wanted, facts),
        StockCommand::HandOverStock {
            reserve,
            shipment_id,
        } => hand_over(item, reserve, shipment_id, facts),
        StockCommand::ExtendReservation {
            reservation_id,
            expires_at,
        } => extend(item, reservation_id, expires_at),
        StockCommand::CommitReservation { reservation_id } => commit(item, reservation_id),
        StockCommand::ReleaseReservation {
            reservation_id,
            quantity,
            reason,
        } => release(item, reservation_id, quantity, reason),
        StockCommand::ExpireReservations => {
            let overdue = item.reservations().overdue(facts.now);
            Ok(overdue.take(EXPIRED_PER_COMMAND).map(expired).collect())
        }
        StockCommand::DispatchStock {
            reservation_id,
            shipment_id,
            quantity,
        } => dispatch(item, reservation_id, shipment_id, quantity),
        StockCommand::RestockReturn {
            return_id,
            order_id,
            line_id,
            quantity,
            condition,
        } => {
            opened(item)?;
            Ok(vec![match condition {
                Condition::Saleable => {
                    room_for(item, quantity.units())?;
                    StockEvent::StockRestocked {
                        return_id,
                        order_id,
                        line_id,
                        quantity,
                    }
                }
                Condition::WrittenOff { reason } => StockEvent::StockWrittenOff {
                    return_id,
                    order_id,
                    line_id,
                    quantity,
                    reason,
                },
            }])
        }
    }
}

fn receive(
    item: &StockItem,
    stock_id: StockId,
    quantity: Quantity,
    reference: Option<Text>,
) -> Decision {
    if let Some(id) = item.id().filter(|id| **id != stock_id) {
        let detail = format!("the stock item is {id}, not {stock_id}; receive each into its own");
        return Err(Rejection::invalid("/sku", "other-item", detail));
    }
    room_for(item, quantity.units())?;
    Ok(vec![StockEvent::StockReceived {
        sku: stock_id.sku,
        location: stock_id.location,
        quantity,
        reference,
    }])
}

fn adjust(item: &StockItem, delta: i64, reason: Text, force: bool) -> Decision {
    opened(item)?;
    let Some(on_hand) = item.on_hand().checked_add_signed(delta) else {
        let detail = format!(
            "{} units are on hand, so {delta} cannot be taken off; the least that is left is 0",
            item.on_hand()
        );
        return Err(Rejection::invalid("/delta", "below-zero", detail));
    };
    if delta == 0 {
        return Ok(Vec::new());
    }
    if delta > 0 {
        room_for(item, delta.unsigned_abs())?;
    }
    let adjusted = StockEvent::StockAdjusted { delta, reason };
    let shortfall = item.promised().saturating_sub(on_hand);
    if delta > 0 || shortfall == 0 {
        return Ok(vec![adjusted]);
    }
    if !force {
        let detail = format!(
            "{on_hand} units would be left and {} are promised to orders; adjust by less, or send \
             \"force\": true to do it anyway and have the orders named that it breaks",
            item.promised()
        );
        return Err(Rejection::invalid("/delta", "below-promised", detail));
    }
    Ok(vec![adjusted, shortfall_of(item, shortfall)])
}

/// Names the youngest promises first: those that are only held, then the committed; of each kind,
/// those that lapse last.
fn shortfall_of(item: &StockItem, shortfall: u64) -> StockEvent {
    let mut by_age: Vec<&Reservation> = item.reservations().iter().collect();
    by_age.sort_by_key(|reservation| {
        let firmness = u8::from(reservation.hold == Hold::Committed);
        let youngest = std::cmp::Reverse(reservation.expires_at);
        (firmness, youngest, reservation.reservation_id)
    });
    let mut covered = 0_u64;
    let broken: Vec<&Reservation> = by_age
        .into_iter()
        .take_while(|reservation| {
            let needed = covered < shortfall;
            covered = covered.saturating_add(reservation.quantity.units());
            needed
        })
        .collect();
    let named = broken.iter().take(BROKEN_RESERVATIONS_NAMED_MAX);
    let unnamed = broken.len().saturating_sub(BROKEN_RESERVATIONS_NAMED_MAX);
    StockEvent::StockShortfallDetected {
        shortfall,
        broken: named
            .map(|reservation| BrokenReservation {
                reservation_id: reservation.reservation_id,
                order_id: reservation.order_id,
                quantity: reservation.quantity,
            })
            .collect(),
        unnamed: u64::try_from(unnamed).unwrap_or(u64::MAX),
    }
}

/// Overdue holds end first, as many as it takes, so a late timer never makes a false sold-out.
fn reserve(item: &StockItem, wanted: Reserve, facts: &Facts) -> Decision {
    if let Some(open) = item.reservations().get(wanted.reservation_id) {
        return reserved_already(open, wanted);
    }
    let mut available = i128::from(item.on_hand()) - i128::from(item.promised());
    let needed = i128::from(wanted.quantity.get());
    let mut events = Vec::new();
    for overdue in item.reservations().overdue(facts.now) {
        if events.len() >= EXPIRED_PER_COMMAND && available >= needed {
            break;
        }
        available += i128::from(overdue.quantity.get());
        events.push(expired(overdue));
    }
    if available < needed {
        let available = u64::try_from(available).unwrap_or(0);
        return Err(out_of_stock(wanted.quantity, available));
    }
    events.push(StockEvent::StockReserved {
        reservation_id: wanted.reservation_id,
        order_id: wanted.order_id,
        line_id: wanted.line_id,
        quantity: wanted.quantity,
        expires_at: wanted.expires_at,
    });
    Ok(events)
}

fn reserved_already(open: &Reservation, wanted: Reserve) -> Decision {
    let same = open.order_id == wanted.order_id
        && open.line_id == wanted.line_id
        && open.quantity == wanted.quantity;
    if same {
        return Ok(Vec::new());
    }
    Err(taken_reservation(wanted.reservation_id))
}

fn taken_reservation(id: ReservationId) -> Rejection {
    let detail = format!("reservation {id} is open for something else; take a new id");
    Rejection::invalid("/reservation_id", "exists-already", detail)
}

fn renew(item: &StockItem, wanted: Reserve, facts: &Facts) -> Decision {
    if let Some(open) = item.reservations().get(wanted.reservation_id) {
        reserved_already(open, wanted)?;
        return commit(item, wanted.reservation_id);
    }
    let mut events = reserve(item, wanted, facts)?;
    events.push(StockEvent::ReservationCommitted {
        reservation_id: wanted.reservation_id,
        order_id: wanted.order_id,
        line_id: wanted.line_id,
        quantity: wanted.quantity,
    });
    Ok(events)
}

fn hand_over(
    item: &StockItem,
    wanted: Reserve,
    shipment_id: ShipmentId,
    facts: &Facts,
) -> Decision {
    if item.reservations().get(wanted.reservation_id).is_some() {
        return Err(taken_reservation(wanted.reservation_id));
    }
    let mut events = renew(item, wanted, facts)?;
    events.push(StockEvent::StockDispatched {
        reservation_id: wanted.reservation_id,
        order_id: wanted.order_id,
        line_id: wanted.line_id,
        shipment_id,
        quantity: wanted.quantity,
    });
    Ok(events)
}

/// Once, and never to an earlier moment. An overdue hold that nobody ended yet still can be.
fn extend(item: &StockItem, reservation_id: ReservationId, expires_at: Timestamp) -> Decision {
    let open = open_reservation(item, reservation_id)?;
    if open.hold == Hold::Committed || open.expires_at >= expires_at {
        return Ok(Vec::new());
    }
    if open.is_extended {
        let detail = format!(
            "reservation {reservation_id} was extended to {} already; it is extended once",
            open.expires_at
        );
        return Err(Rejection::new(RejectionCode::OrderState, detail));
    }
    Ok(vec![StockEvent::ReservationExtended {
        reservation_id,
        order_id: open.order_id,
        line_id: open.line_id,
        expires_at,
    }])
}

/// An overdue hold that nobody ended yet can still be committed: its units are there.
fn commit(item: &StockItem, reservation_id: ReservationId) -> Decision {
    let Some(open) = item.reservations().get(reservation_id) else {
        let detail = format!(
            "reservation {reservation_id} has ended or never was; reserve anew while stock lasts"
        );
        return Err(Rejection::new(RejectionCode::ReservationExpired, detail));
    };
    Ok(match open.hold {
        Hold::Committed => Vec::new(),
        Hold::Held => vec![StockEvent::ReservationCommitted {
            reservation_id,
            order_id: open.order_id,
            line_id: open.line_id,
            quantity: open.quantity,
        }],
    })
}

fn release(
    item: &StockItem,
    reservation_id: ReservationId,
    quantity: Option<Quantity>,
    reason: ReleaseReason,
) -> Decision {
    let open = open_reservation(item, reservation_id)?;
    let quantity = quantity.unwrap_or(open.quantity);
    within(open, quantity)?;
    Ok(vec![StockEvent::ReservationReleased {
        reservation_id,
        order_id: open.order_id,
        line_id: open.line_id,
        quantity,
        from: open.hold,
        reason,
    }])
}

fn dispatch(
    item: &StockItem,
    reservation_id: ReservationId,
    shipment_id: ShipmentId,
    quantity: Quantity,
) -> Decision {
    let open = open_reservation(item, reservation_id)?;
    if open.hold == Hold::Held {
        let detail = format!(
            "reservation {reservation_id} is held, not committed; confirm its order before \
             anything is dispatched"
        );
        return Err(Rejection::new(RejectionCode::OrderState, detail));
    }
    within(open, quantity)?;
    // Only after a forced adjustment can less be there than is committed.
    if quantity.units() > item.on_hand() {
        return Err(out_of_stock(quantity, item.on_hand()));
    }
    Ok(vec![StockEvent::StockDispatched {
        reservation_id,
        order_id: open.order_id,
        line_id: open.line_id,
        shipment_id,
        quantity,
    }])
}

fn expired(reservation: &Reservation) -> StockEvent {
    StockEvent::ReservationExpired {
        reservation_id: reservation.reservation_id,
        order_id: reservation.order_id,
        line_id: reservation.line_id,
        quantity: reservation.quantity,
    }
}

fn opened(item: &StockItem) -> Result<(), Rejection> {
    match item.id() {
        Some(_) => Ok(()),
        None => Err(Rejection::not_found(
            "nothing was ever received into this stock item; receive stock first",
        )),
    }
}

fn open_reservation(item: &StockItem, id: ReservationId) -> Result<&Reservation, Rejection> {
    item.reservations()
        .get(id)
        .ok_or_else(|| Rejection::not_found(format!("reservation {id} has ended or never was")))
}

fn within(open: &Reservation, quantity: Quantity) -> Result<(), Rejection> {
    if quantity <= open.quantity {
        return Ok(());
    }
    let code = RejectionCode::QuantityExceedsOpen;
    let detail = format!(
        "{quantity} units were asked for and {} are open on reservation {}; ask for at most that",
        open.quantity, open.reservation_id
    );
    let field = FieldError::new("/quantity", code.as_str(), detail);
    Err(Rejection::of_fields(code, vec![field]))
}

fn room_for(item: &StockItem, units: u64) -> Result<(), Rejection> {
    if item.on_hand().saturating_add(units) <= ON_HAND_UNITS_MAX {
        return Ok(());
    }
    let detail = format!(
        "{} units are on hand and {units} more would be too many; the most is {ON_HAND_UNITS_MAX}",
        item.on_hand()
    );
    Err(Rejection::invalid("/quantity", "too-large", detail))
}

fn out_of_stock(requested: Quantity, available: u64) -> Rejection {
    let code = RejectionCode::OutOfStock;
    let detail = format!("{requested} requested, {available} available");
    let field = FieldError::new("/quantity", code.as_str(), detail);
    Rejection::of_fields(code, vec![field])
}
