//! What has happened to a stock item.

use serde::{Deserialize, Serialize};

use crate::kind::event_kinds;
use crate::value::{
    LineId, Location, OrderId, Quantity, ReservationId, ReturnId, ShipmentId, Sku, Text, Timestamp,
};

/// An event of a stock item. Each says by itself which of on hand, held and committed it moves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum StockEvent {
    /// Units came in: on hand +. The first opens the item.
    StockReceived {
        /// What.
        sku: Sku,
        /// Where.
        location: Location,
        /// How many units.
        quantity: Quantity,
        /// The delivery note, the purchase order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<Text>,
    },
    /// The count was put right: on hand ±.
    StockAdjusted {
        /// By how many units.
        delta: i64,
        /// Why.
        reason: Text,
    },
    /// A forced adjustment left less on hand than is promised. Moves nothing.
    StockShortfallDetected {
        /// How many promised units are not there.
        shortfall: u64,
        /// Reservations that together hold at least that many, the youngest promise first.
        broken: Vec<BrokenReservation>,
        /// How many more there are than could be named.
        #[serde(default, skip_serializing_if = "is_zero")]
        unnamed: u64,
    },
    /// Units are held for an order's line: held +.
    StockReserved {
        /// The reservation.
        reservation_id: ReservationId,
        /// For which order.
        order_id: OrderId,
        /// For which of its lines.
        line_id: LineId,
        /// How many units.
        quantity: Quantity,
        /// When the hold lapses.
        expires_at: Timestamp,
    },
    /// The hold lasts longer, because its customer is busy paying. Moves nothing.
    ReservationExtended {
        /// The reservation.
        reservation_id: ReservationId,
        /// Of which order.
        order_id: OrderId,
        /// Of which of its lines.
        line_id: LineId,
        /// When it lapses from now on.
        expires_at: Timestamp,
    },
    /// The order is confirmed: held −, committed +.
    ReservationCommitted {
        /// The reservation.
        reservation_id: ReservationId,
        /// Of which order.
        order_id: OrderId,
        /// Of which of its lines.
        line_id: LineId,
        /// How many units: all that are left of it.
        quantity: Quantity,
    },
    /// Units were given back: held − or committed −, as `from` says.
    ReservationReleased {
        /// The reservation; it ends when no unit is left.
        reservation_id: ReservationId,
        /// Of which order.
        order_id: OrderId,
        /// Of which of its lines.
        line_id: LineId,
        /// How many units.
        quantity: Quantity,
        /// What they were until now.
        from: Hold,
        /// Why.
        reason: ReleaseReason,
    },
    /// The hold lapsed: held −. The reservation has ended.
    ReservationExpired {
        /// The reservation.
        reservation_id: ReservationId,
        /// Of which order.
        order_id: OrderId,
        /// Of which of its lines.
        line_id: LineId,
        /// How many units: all that were left of it.
        quantity: Quantity,
    },
    /// Units left the building: on hand −, committed −.
    StockDispatched {
        /// The reservation; it ends when no unit is left.
        reservation_id: ReservationId,
        /// Of which order.
        order_id: OrderId,
        /// Of which of its lines.
        line_id: LineId,
        /// In which shipment.
        shipment_id: ShipmentId,
        /// How many units.
        quantity: Quantity,
    },
    /// Units came back and can be sold again: on hand +.
    StockRestocked {
        /// In which return.
        return_id: ReturnId,
        /// Of which order.
        order_id: OrderId,
        /// Of which of its lines.
        line_id: LineId,
        /// How many units.
        quantity: Quantity,
    },
    /// Units came back and cannot be sold again. Moves nothing: they left when they were dispatched.
    StockWrittenOff {
        /// In which return.
        return_id: ReturnId,
        /// Of which order.
        order_id: OrderId,
        /// Of which of its lines.
        line_id: LineId,
        /// How many units.
        quantity: Quantity,
        /// Why.
        reason: Text,
    },
}

event_kinds!(
    StockEvent,
    "stock",
    [
        StockReceived "1",
        StockAdjusted "1",
        StockShortfallDetected "1",
        StockReserved "1",
        ReservationExtended "1",
        ReservationCommitted "1",
        ReservationReleased "1",
        ReservationExpired "1",
        StockDispatched "1",
        StockRestocked "1",
        StockWrittenOff "1",
    ]
);

/// How firmly units are promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// Until a moment.
    Held,
    /// Until they are dispatched.
    Committed,
}

/// Why units were given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReleaseReason {
    /// The customer or staff cancelled.
    Cancelled,
    /// The order was rejected: other units of it were gone.
    OutOfStock,
    /// The order was rejected: the payment was declined.
    PaymentDeclined,
    /// The order was rejected: its deadline passed.
    Timeout,
}

/// A reservation that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BrokenReservation {
    /// The reservation.
    pub reservation_id: ReservationId,
    /// Of which order.
    pub order_id: OrderId,
    /// How many units it holds.
    pub quantity: Quantity,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
