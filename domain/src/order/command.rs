//! What may be asked of an order by itself. The commands that also move stock are made of these in
//! [`crate::ordering`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{OrderPlaced, RejectReason};
use crate::value::{
    LineId, Money, Prose, Quantity, ReservationId, ReturnId, ShipmentId, Sku, Text, Timestamp,
};

/// A command to an order.
#[derive(Debug, Clone, PartialEq)]
pub enum OrderCommand {
    /// Place it, priced already.
    PlaceOrder(Arc<OrderPlaced>),
    /// Every open line is committed and enough is authorized.
    ConfirmOrder {
        /// How much is authorized.
        authorized: Money,
        /// The committed reservation of each open line.
        committed: BTreeMap<LineId, ReservationId>,
    },
    /// Let it take longer, because its customer is busy paying. Once.
    ExtendDeadline {
        /// When it is rejected from now on unless it was confirmed or cancelled.
        deadline: Timestamp,
    },
    /// It cannot be had.
    RejectOrder {
        /// Why.
        reason: RejectReason,
    },
    /// Cancel units that have not left yet.
    CancelLines {
        /// How many of which lines.
        lines: Vec<LineQuantity>,
        /// Why.
        reason: Option<Text>,
    },
    /// Cancel everything that has not left yet.
    CancelOrder {
        /// Why.
        reason: Option<Text>,
    },
    /// Units leave.
    ShipLines {
        /// The new shipment.
        shipment_id: ShipmentId,
        /// How many of which lines.
        lines: Vec<LineQuantity>,
        /// Who carries them.
        carrier: Option<Text>,
        /// The carrier's number.
        tracking: Option<Text>,
    },
    /// A shipment has arrived.
    RecordDelivery {
        /// Which.
        shipment_id: ShipmentId,
        /// When; now if not said.
        delivered_at: Option<Timestamp>,
    },
    /// Announce units to come back.
    RequestReturn {
        /// The new return.
        return_id: ReturnId,
        /// How many of which lines.
        lines: Vec<LineQuantity>,
        /// Why.
        reason: Option<Text>,
    },
    /// Units came back.
    ReceiveReturn {
        /// The return.
        return_id: ReturnId,
        /// How many of which lines came; all that was announced if none is named.
        lines: Vec<LineQuantity>,
    },
    /// Units may not come back, or did not.
    DeclineReturn {
        /// The return.
        return_id: ReturnId,
        /// Why.
        reason: Option<Text>,
    },
    /// Nothing is left to do.
    CompleteOrder,
    /// Say something about it.
    AddNote {
        /// What.
        note: Prose,
    },
}

/// Units of one line. An order has one line per SKU, so the SKU names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineQuantity {
    /// Which line.
    pub sku: Sku,
    /// How many of its units.
    pub quantity: Quantity,
}
