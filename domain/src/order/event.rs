//! What has happened to an order.
//!
//! Amounts of lines are minor units (`i64`) of the order's one currency, so that no line can say
//! another.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::kind::event_kinds;
use crate::value::{
    Currency, LineId, Location, Money, OrderId, ProductId, Prose, Quantity, ReservationId,
    ReturnId, ShipmentId, Sku, TaxRate, Text, Timestamp,
};

/// An event of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum OrderEvent {
    /// It was placed, and its stock is held.
    // Shared, because the state keeps it whole.
    OrderPlaced(Arc<OrderPlaced>),
    /// Every line is committed and enough is authorized.
    OrderConfirmed {
        /// How much was authorized; at least what was due.
        authorized: Money,
        /// Lines whose hold had lapsed and was taken anew.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        renewed: Vec<RenewedReservation>,
    },
    /// It may take longer, because its customer is busy paying.
    OrderDeadlineExtended {
        /// When it is rejected from now on unless it was confirmed or cancelled.
        deadline: Timestamp,
    },
    /// It cannot be had; its stock is released.
    OrderRejected {
        /// Why.
        reason: RejectReason,
    },
    /// Units will not be sent.
    OrderLinesCancelled {
        /// How many of which lines, and what they carry with them.
        lines: Vec<LineShare>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    },
    /// Nothing was sent and nothing will be. Follows the last `OrderLinesCancelled`.
    OrderCancelled {
        /// The shipping charge that is due no more, in minor units.
        shipping: i64,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    },
    /// Units left.
    OrderShipped {
        /// The shipment.
        shipment_id: ShipmentId,
        /// How many of which lines, and what they carry with them.
        lines: Vec<LineShare>,
        /// The charge for shipping that is earned with them, in minor units: all of it with the
        /// first shipment.
        #[serde(default, skip_serializing_if = "is_zero")]
        shipping: i64,
        /// Who carries them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        carrier: Option<Text>,
        /// The carrier's number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tracking: Option<Text>,
    },
    /// A shipment arrived.
    ShipmentDelivered {
        /// Which.
        shipment_id: ShipmentId,
        /// When.
        delivered_at: Timestamp,
    },
    /// Units are announced to come back.
    ReturnRequested {
        /// The return.
        return_id: ReturnId,
        /// How many of which lines.
        lines: Vec<ReturnLine>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    },
    /// Units came back; perhaps fewer than were announced. No more will come of this return.
    ReturnReceived {
        /// The return.
        return_id: ReturnId,
        /// How many of which lines, and what they carry with them.
        lines: Vec<LineShare>,
    },
    /// Units may not come back, or did not.
    ReturnDeclined {
        /// The return.
        return_id: ReturnId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Text>,
    },
    /// Nothing is left to do.
    OrderCompleted {},
    /// Something was said about it.
    OrderNoteAdded {
        /// What.
        note: Prose,
    },
}

event_kinds!(
    OrderEvent,
    "order",
    [
        OrderPlaced "1",
        OrderConfirmed "1",
        OrderDeadlineExtended "1",
        OrderRejected "1",
        OrderLinesCancelled "1",
        OrderCancelled "1",
        OrderShipped "1",
        ShipmentDelivered "1",
        ReturnRequested "1",
        ReturnReceived "1",
        ReturnDeclined "1",
        OrderCompleted "1",
        OrderNoteAdded "1",
    ]
);

/// An order as it was placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OrderPlaced {
    /// Its id.
    pub order_id: OrderId,
    /// Who ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Text>,
    /// The sales channel that it came through; none for the shop itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Text>,
    /// The one currency of all its amounts.
    pub currency: Currency,
    /// Where its stock is taken.
    pub location: Location,
    /// Its lines, one per SKU, in the order in which they were asked for.
    pub lines: Vec<PlacedLine>,
    /// The charge for shipping, in minor units.
    pub shipping: i64,
    /// When it was placed: for a sales channel, the time of the sale.
    pub placed_at: Timestamp,
    /// When it is rejected unless it was confirmed or cancelled.
    pub deadline: Timestamp,
    /// How it was paid, if it was paid already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Paid>,
    /// How the customer wants to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentChoice>,
}

/// A line as it was placed. Amounts are for the whole line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlacedLine {
    /// Its id.
    pub line_id: LineId,
    /// What is sold.
    pub sku: Sku,
    /// The product that it is a variant of.
    pub product_id: ProductId,
    /// The version of the product that it was priced from.
    pub product_version: u64,
    /// How many units.
    pub quantity: Quantity,
    /// Before the discount.
    pub gross: i64,
    /// The shop's discount.
    pub discount: i64,
    /// `gross − discount`.
    pub net: i64,
    /// The tax rate. Zero where a sales channel states what was paid: that was all of it.
    pub tax_bp: TaxRate,
    /// The tax on `net`, rounded half up.
    pub tax: i64,
    /// A manufacturer's coupon, kept beside the amounts and part of none of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub coupon: i64,
    /// The reservation that holds its units.
    pub reservation_id: ReservationId,
}

/// How an order was paid outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Paid {
    /// In cash or at a terminal.
    External,
}

/// How a customer wants to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PaymentChoice {
    /// Through which gateway.
    pub gateway: Text,
    /// With which of its methods.
    pub method: Text,
}

/// Why an order was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// Its hold had lapsed and the stock was gone.
    OutOfStock,
    /// The payment was declined.
    PaymentDeclined,
    /// Its deadline passed.
    Timeout,
}

/// Units that leave a line, with exactly their share of its amounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LineShare {
    /// Which line.
    pub line_id: LineId,
    /// Its SKU.
    pub sku: Sku,
    /// How many units.
    pub quantity: Quantity,
    /// Their share of the line's gross: net + discount.
    pub gross: i64,
    /// Their share of the line's discount.
    pub discount: i64,
    /// Their share of the line's net.
    pub net: i64,
    /// Their share of the line's tax.
    pub tax: i64,
}

/// Units of a line that are announced to come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReturnLine {
    /// Which line.
    pub line_id: LineId,
    /// Its SKU.
    pub sku: Sku,
    /// How many units.
    pub quantity: Quantity,
}

/// A line whose hold had lapsed and was taken anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RenewedReservation {
    /// Which line.
    pub line_id: LineId,
    /// The reservation that holds its units from now on.
    pub reservation_id: ReservationId,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(amount: &i64) -> bool {
    *amount == 0
}
