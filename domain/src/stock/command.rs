//! What may be asked of a stock item.

use super::event::ReleaseReason;
use crate::value::{
    LineId, OrderId, Quantity, ReservationId, ReturnId, ShipmentId, StockId, Text, Timestamp,
};

/// A command to a stock item.
#[derive(Debug, Clone, PartialEq)]
pub enum StockCommand {
    /// Goods came in. The first opens the item.
    ReceiveStock {
        /// Which item it is; what it is opened as.
        stock_id: StockId,
        /// How many units.
        quantity: Quantity,
        /// The delivery note, the purchase order.
        reference: Option<Text>,
    },
    /// The count was wrong.
    AdjustStock {
        /// By how many units, up or down; not zero.
        delta: i64,
        /// Why.
        reason: Text,
        /// Do it even if less is left than is promised.
        force: bool,
    },
    /// Hold units for an order's line.
    ReserveStock(Reserve),
    /// Hold units and commit them at once: for a hold that lapsed before its order was confirmed.
    RenewReservation(Reserve),
    /// Hold, commit and dispatch units at once: sold over the counter.
    HandOverStock {
        /// What is sold.
        reserve: Reserve,
        /// The shipment that stands for the handing over.
        shipment_id: ShipmentId,
    },
    /// Hold units longer, because their customer is busy paying. Once per reservation.
    ExtendReservation {
        /// Which reservation.
        reservation_id: ReservationId,
        /// When it lapses from now on.
        expires_at: Timestamp,
    },
    /// The order is confirmed: hold its units until they are dispatched.
    CommitReservation {
        /// Which reservation.
        reservation_id: ReservationId,
    },
    /// Give units back.
    ReleaseReservation {
        /// Which reservation.
        reservation_id: ReservationId,
        /// How many of its units; all if not said.
        quantity: Option<Quantity>,
        /// Why.
        reason: ReleaseReason,
    },
    /// End every hold that is overdue.
    ExpireReservations,
    /// Units leave the building.
    DispatchStock {
        /// Of which reservation, committed.
        reservation_id: ReservationId,
        /// In which shipment.
        shipment_id: ShipmentId,
        /// How many of its units.
        quantity: Quantity,
    },
    /// Units came back.
    RestockReturn {
        /// In which return.
        return_id: ReturnId,
        /// Of which order.
        order_id: OrderId,
        /// Of which line.
        line_id: LineId,
        /// How many units.
        quantity: Quantity,
        /// In what condition.
        condition: Condition,
    },
}

/// What to hold, for whom and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserve {
    /// The new reservation.
    pub reservation_id: ReservationId,
    /// For which order.
    pub order_id: OrderId,
    /// For which of its lines.
    pub line_id: LineId,
    /// How many units.
    pub quantity: Quantity,
    /// When the hold lapses unless it was committed.
    pub expires_at: Timestamp,
}

/// In what condition goods came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// They can be sold again.
    Saleable,
    /// They cannot.
    WrittenOff {
        /// Why.
        reason: Text,
    },
}
