//! What a list tells of one order.

use domain::Event;
use domain::order::{Fulfilment, LineShare, OrderEvent, OrderPlaced, OrderStatus, Paid};
use domain::value::{Money, OrderId, PaymentId, Text, Timestamp};
use serde::{Deserialize, Serialize};

use crate::fold::StreamDocument;
use crate::order_status::{PaymentStatus, due, fulfilment};
use crate::paid::PaidDocument;
use crate::payment_progress::PaymentProgress;
use crate::projection::{PostError, Posting};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OrderItem {
    id: OrderId,
    pub version: u64,
    pub status: OrderStatus,
    fulfilment_status: Fulfilment,
    payment_status: PaymentStatus,
    pub customer: Option<Text>,
    pub channel: Option<Text>,
    pub placed_at: Timestamp,
    updated_at: Timestamp,
    paid: Option<Paid>,
    lines: usize,
    units: u64,
    units_cancelled: u64,
    units_shipped: u64,
    shipments: u32,
    shipments_delivered: u32,
    total: Money,
    cancelled: Money,
    returned: Money,
    due: Money,
    payment: Option<PaymentProgress>,
}

impl StreamDocument for OrderItem {
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
            self.happened(event);
        }
    }

    fn derive(&mut self) {
        let under_way = self.shipments_delivered < self.shipments;
        self.fulfilment_status = fulfilment(
            self.units,
            self.units_cancelled,
            self.units_shipped,
            under_way,
        );
        self.due.minor = due(self.status, self.total, self.cancelled, self.returned);
        let (payment, due) = (self.payment.as_ref(), self.due.minor);
        self.payment_status = PaymentStatus::of(self.status, self.paid, payment, due);
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl PaidDocument for OrderItem {
    fn payment_id(&self) -> Option<PaymentId> {
        self.paid.is_none().then(|| self.id.payment())
    }

    fn payment(&mut self) -> &mut Option<PaymentProgress> {
        &mut self.payment
    }
}

impl OrderItem {
    fn placed(placed: &OrderPlaced, recorded_at: Timestamp) -> Self {
        let totals = placed.totals();
        let total = Money::new(totals.total, placed.currency);
        Self {
            id: placed.order_id,
            version: 1,
            status: OrderStatus::Placed,
            fulfilment_status: Fulfilment::NotShipped,
            payment_status: PaymentStatus::Awaiting,
            customer: placed.customer.clone(),
            channel: placed.channel.clone(),
            placed_at: placed.placed_at,
            updated_at: recorded_at,
            paid: placed.paid,
            lines: placed.lines.len(),
            units: totals.units,
            units_cancelled: 0,
            units_shipped: 0,
            shipments: 0,
            shipments_delivered: 0,
            total,
            cancelled: Money::zero(placed.currency),
            returned: Money::zero(placed.currency),
            due: total,
            payment: None,
        }
    }

    fn happened(&mut self, event: &OrderEvent) {
        match event {
            OrderEvent::OrderConfirmed { .. } => self.status = OrderStatus::Confirmed,
            OrderEvent::OrderRejected { .. } => self.status = OrderStatus::Rejected,
            OrderEvent::OrderCancelled { .. } => self.status = OrderStatus::Cancelled,
            OrderEvent::OrderCompleted {} => self.status = OrderStatus::Completed,
            OrderEvent::OrderLinesCancelled { lines, .. } => {
                add(&mut self.cancelled, lines);
                self.units_cancelled += units(lines);
            }
            OrderEvent::OrderShipped { lines, .. } => {
                self.shipments += 1;
                self.units_shipped += units(lines);
            }
            OrderEvent::ShipmentDelivered { .. } => self.shipments_delivered += 1,
            OrderEvent::ReturnReceived { lines, .. } => add(&mut self.returned, lines),
            OrderEvent::OrderPlaced(_)
            | OrderEvent::OrderDeadlineExtended { .. }
            | OrderEvent::ReturnRequested { .. }
            | OrderEvent::ReturnDeclined { .. }
            | OrderEvent::OrderNoteAdded { .. } => {}
        }
    }
}

/// Adds what units carry of net and tax.
fn add(sum: &mut Money, shares: &[LineShare]) {
    let carried = shares
        .iter()
        .map(|share| share.net.saturating_add(share.tax));
    sum.minor = carried.fold(sum.minor, i64::saturating_add);
}

fn units(shares: &[LineShare]) -> u64 {
    shares.iter().map(|share| share.quantity.units()).sum()
}
