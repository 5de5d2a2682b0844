//! What is told of one order.
//!
//! Statuses and totals are derived here, in [`OrderDocument::derive`], from what happened to the
//! lines; the rules are [`domain::order::Order`]'s, and a test holds the two together.

use domain::Event;
use domain::order::{
    Fulfilment, LineShare, OrderEvent, OrderPlaced, OrderStatus, Paid, PlacedLine, RejectReason,
};
use domain::value::{
    Currency, LineId, Location, Money, OrderId, PaymentId, ProductId, ReturnId, ShipmentId, Sku,
    TaxRate, Text, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::returned::Return;
use super::totals::Totals;
use crate::fold::StreamDocument;
use crate::order_status::{PaymentStatus, due, fulfilment};
use crate::paid::PaidDocument;
use crate::payment_progress::PaymentProgress;
use crate::projection::{PostError, Posting};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct OrderDocument {
    id: OrderId,
    pub version: u64,
    status: OrderStatus,
    fulfilment_status: Fulfilment,
    payment_status: PaymentStatus,
    customer: Option<Text>,
    channel: Option<Text>,
    currency: Currency,
    location: Location,
    placed_at: Timestamp,
    deadline: Timestamp,
    confirmed_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    updated_at: Timestamp,
    paid: Option<Paid>,
    authorized: Option<Money>,
    reject_reason: Option<RejectReason>,
    totals: Totals,
    lines: Vec<Line>,
    shipments: Vec<Shipment>,
    cancellations: Vec<Cancellation>,
    returns: Vec<Return>,
    payment: Option<PaymentProgress>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    line_id: LineId,
    sku: Sku,
    product_id: ProductId,
    product_version: u64,
    /// Units ordered.
    quantity: u32,
    cancelled: u32,
    shipped: u32,
    /// Units that are announced to come back.
    return_requested: u32,
    returned: u32,
    gross: Money,
    discount: Money,
    net: Money,
    tax_bp: TaxRate,
    tax: Money,
    coupon: Money,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Shipment {
    id: ShipmentId,
    status: ShipmentStatus,
    carrier: Option<Text>,
    tracking: Option<Text>,
    shipped_at: Timestamp,
    delivered_at: Option<Timestamp>,
    lines: Vec<Share>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ShipmentStatus {
    UnderWay,
    Delivered,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cancellation {
    at: Timestamp,
    reason: Option<Text>,
    lines: Vec<Share>,
}

/// Units that left the order's lines, and what they carried of net and tax.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Share {
    line_id: LineId,
    sku: Sku,
    quantity: u32,
    net: Money,
    tax: Money,
}

impl StreamDocument for OrderDocument {
    fn open(first: &Posting) -> Result<Self, PostError> {
        match &first.event {
            Event::Order(OrderEvent::OrderPlaced(placed)) => {
                Ok(Self::placed(placed, first.recorded_at))
            }
            other => Err(first.poison(format!(
                "an order begins with OrderPlaced, not {}",
                other.event_type()
            ))),
        }
    }

    fn evolve(&mut self, posting: &Posting) {
        self.version = posting.sequence;
        self.updated_at = posting.recorded_at;
        if let Event::Order(event) = &posting.event {
            self.happened(event, posting.recorded_at);
        }
    }

    fn derive(&mut self) {
        let count = |units: fn(&Line) -> u32| {
            self.lines
                .iter()
                .map(|line| u64::from(units(line)))
                .sum::<u64>()
        };
        let (cancelled, shipped) = (count(|line| line.cancelled), count(|line| line.shipped));
        let under_way = self
            .shipments
            .iter()
            .any(|shipment| shipment.status == ShipmentStatus::UnderWay);
        self.fulfilment_status = fulfilment(self.totals.units, cancelled, shipped, under_way);
        self.derive_money();
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl PaidDocument for OrderDocument {
    fn payment_id(&self) -> Option<PaymentId> {
        self.paid.is_none().then(|| self.id.payment())
    }

    fn payment(&mut self) -> &mut Option<PaymentProgress> {
        &mut self.payment
    }
}

impl OrderDocument {
    /// The version of its payment that it shows.
    pub(super) fn revision(&self) -> u64 {
        self.payment.as_ref().map_or(0, |payment| payment.version)
    }

    /// Whose it is.
    pub(super) fn customer(&self) -> Option<&str> {
        self.customer.as_ref().map(Text::as_str)
    }

    fn placed(placed: &OrderPlaced, recorded_at: Timestamp) -> Self {
        Self {
            id: placed.order_id,
            version: 1,
            status: OrderStatus::Placed,
            fulfilment_status: Fulfilment::NotShipped,
            payment_status: PaymentStatus::Awaiting,
            customer: placed.customer.clone(),
            channel: placed.channel.clone(),
            currency: placed.currency,
            location: placed.location.clone(),
            placed_at: placed.placed_at,
            deadline: placed.deadline,
            confirmed_at: None,
            closed_at: None,
            updated_at: recorded_at,
            paid: placed.paid,
            authorized: None,
            reject_reason: None,
            totals: Totals::of(placed),
            lines: placed
                .lines
                .iter()
                .map(|line| Line::of(line, placed.currency))
                .collect(),
            shipments: Vec::new(),
            cancellations: Vec::new(),
            returns: Vec::new(),
            payment: None,
        }
    }

    fn happened(&mut self, event: &OrderEvent, at: Timestamp) {
        match event {
            OrderEvent::OrderConfirmed { authorized, .. } => {
                self.status = OrderStatus::Confirmed;
                self.confirmed_at = Some(at);
                self.authorized = Some(*authorized);
            }
            OrderEvent::OrderRejected { reason } => {
                self.close(OrderStatus::Rejected, at);
                self.reject_reason = Some(*reason);
            }
            OrderEvent::OrderDeadlineExtended { deadline } => self.deadline = *deadline,
            OrderEvent::OrderCancelled { .. } => self.close(OrderStatus::Cancelled, at),
            OrderEvent::OrderCompleted {} => self.close(OrderStatus::Completed, at),
            OrderEvent::OrderLinesCancelled { lines, reason } => {
                self.cancelled(lines, reason.as_ref(), at)
            }
            OrderEvent::OrderShipped {
                shipment_id,
                lines,
                carrier,
                tracking,
                ..
            } => {
                self.shipped(lines);
                self.shipments.push(Shipment {
                    id: *shipment_id,
                    status: ShipmentStatus::UnderWay,
                    carrier: carrier.clone(),
                    tracking: tracking.clone(),
                    shipped_at: at,
                    delivered_at: None,
                    lines: self.shares(lines),
                });
            }
            OrderEvent::ShipmentDelivered {
                shipment_id,
                delivered_at,
            } => {
                for shipment in self
                    .shipments
                    .iter_mut()
                    .filter(|shipment| shipment.id == *shipment_id)
                {
                    shipment.status = ShipmentStatus::Delivered;
                    shipment.delivered_at = Some(*delivered_at);
                }
            }
            OrderEvent::ReturnRequested { .. }
            | OrderEvent::ReturnReceived { .. }
            | OrderEvent::ReturnDeclined { .. } => self.returning(event, at),
            // Notes are between the staff; the customer reads this document.
            OrderEvent::OrderNoteAdded { .. } | OrderEvent::OrderPlaced(_) => {}
        }
    }

    /// What is due and what was paid, and so how far the payment is.
    fn derive_money(&mut self) {
        let totals = &mut self.totals;
        totals.due.minor = due(self.status, totals.total, totals.cancelled, totals.returned);
        let payment = self.payment.as_ref();
        if self.paid.is_some() {
            totals.captured = totals.total;
        } else if let Some(payment) = payment {
            (totals.captured, totals.refunded) = (payment.captured, payment.refunded);
        }
        let due = totals.due.minor;
        self.payment_status = PaymentStatus::of(self.status, self.paid, payment, due);
    }

    fn returning(&mut self, event: &OrderEvent, at: Timestamp) {
        super::returned::take(&mut self.returns, self.currency, event, at);
        match event {
            OrderEvent::ReturnRequested { lines, .. } => {
                for announced in lines {
                    if let Some(line) = self.line(announced.line_id) {
                        let units = announced.quantity.get();
                        line.return_requested = line.return_requested.saturating_add(units);
                    }
                }
            }
            OrderEvent::ReturnReceived { return_id, lines } => {
                for share in lines {
                    let carried = share.net.saturating_add(share.tax);
                    self.totals.returned.minor = self.totals.returned.minor.saturating_add(carried);
                    if let Some(line) = self.line(share.line_id) {
                        line.returned = line.returned.saturating_add(share.quantity.get());
                    }
                }
                self.announced_no_more(*return_id);
            }
            OrderEvent::ReturnDeclined { return_id, .. } => self.announced_no_more(*return_id),
            _ => {}
        }
    }

    fn announced_no_more(&mut self, return_id: ReturnId) {
        let ended = self.returns.iter().find(|one| one.id == return_id);
        let announced = ended.map(Return::announced).unwrap_or_default();
        for (line_id, units) in announced {
            if let Some(line) = self.line(line_id) {
                line.return_requested = line.return_requested.saturating_sub(units);
            }
        }
    }

    fn close(&mut self, status: OrderStatus, at: Timestamp) {
        self.status = status;
        self.closed_at = Some(at);
    }

    fn cancelled(&mut self, shares: &[LineShare], reason: Option<&Text>, at: Timestamp) {
        for share in shares {
            let carried = share.net.saturating_add(share.tax);
            self.totals.cancelled.minor = self.totals.cancelled.minor.saturating_add(carried);
            if let Some(line) = self.line(share.line_id) {
                line.cancelled = line.cancelled.saturating_add(share.quantity.get());
            }
        }
        let lines = self.shares(shares);
        self.cancellations.push(Cancellation {
            at,
            reason: reason.cloned(),
            lines,
        });
    }

    fn shipped(&mut self, shares: &[LineShare]) {
        for share in shares {
            if let Some(line) = self.line(share.line_id) {
                line.shipped = line.shipped.saturating_add(share.quantity.get());
            }
        }
    }

    fn line(&mut self, line_id: LineId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.line_id == line_id)
    }

    fn shares(&self, shares: &[LineShare]) -> Vec<Share> {
        let share = |share: &LineShare| Share {
            line_id: share.line_id,
            sku: share.sku.clone(),
            quantity: share.quantity.get(),
            net: Money::new(share.net, self.currency),
            tax: Money::new(share.tax, self.currency),
        };
        shares.iter().map(share).collect()
    }
}

impl Line {
    fn of(placed: &PlacedLine, currency: Currency) -> Self {
        let money = |minor| Money::new(minor, currency);
        Self {
            line_id: placed.line_id,
            sku: placed.sku.clone(),
            product_id: placed.product_id,
            product_version: placed.product_version,
            quantity: placed.quantity.get(),
            cancelled: 0,
            shipped: 0,
            return_requested: 0,
            returned: 0,
            gross: money(placed.gross),
            discount: money(placed.discount),
            net: money(placed.net),
            tax_bp: placed.tax_bp,
            tax: money(placed.tax),
            coupon: money(placed.coupon),
        }
    }
}
