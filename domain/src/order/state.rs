//! What is known of an order, and what follows from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::command::LineQuantity;
use super::event::{OrderEvent, OrderPlaced, PlacedLine, ReturnLine};
use super::line::{Line, LineProgress};
use crate::value::{
    Currency, LineId, Money, OrderId, Quantity, ReturnId, ShipmentId, Sku, StockId, Timestamp,
};

/// An order. The default is one that was not placed yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    placed: Option<Arc<OrderPlaced>>,
    status: Option<OrderStatus>,
    /// One per line of `placed`, in the same order.
    progress: Arc<Vec<LineProgress>>,
    shipments: Arc<BTreeMap<ShipmentId, ShipmentState>>,
    #[serde(default)]
    returns: Arc<BTreeMap<ReturnId, Return>>,
    /// The deadline that replaced the one it was placed with.
    #[serde(default)]
    extended_deadline: Option<Timestamp>,
}

/// Where an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Its stock is held; payment is awaited.
    Placed,
    /// Its stock is committed and its payment authorized.
    Confirmed,
    /// Nothing is left to do.
    Completed,
    /// It could not be had.
    Rejected,
    /// Nothing was sent and nothing will be.
    Cancelled,
}

impl OrderStatus {
    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Confirmed => "confirmed",
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How far an order's units are. Derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fulfilment {
    /// Nothing has left.
    NotShipped,
    /// Some of what is to be sent has left.
    PartiallyShipped,
    /// All that is to be sent has left.
    Shipped,
    /// All that is to be sent has arrived.
    Delivered,
}

impl Fulfilment {
    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotShipped => "not_shipped",
            Self::PartiallyShipped => "partially_shipped",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
        }
    }
}

/// Whether a shipment has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ShipmentState {
    UnderWay,
    Delivered,
}

/// A return of goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// What was announced.
    pub lines: Vec<ReturnLine>,
    /// Whether it came.
    pub status: ReturnStatus,
}

/// Where a return is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStatus {
    /// It is announced.
    Requested,
    /// It came.
    Received,
    /// It is not accepted.
    Declined,
}

impl Return {
    /// What was announced, by SKU.
    #[must_use]
    pub fn line_quantities(&self) -> Vec<LineQuantity> {
        let of = |line: &ReturnLine| LineQuantity {
            sku: line.sku.clone(),
            quantity: line.quantity,
        };
        self.lines.iter().map(of).collect()
    }

    /// How many units of a line were announced.
    #[must_use]
    pub fn units_of(&self, line_id: LineId) -> u32 {
        let found = self.lines.iter().find(|line| line.line_id == line_id);
        found.map_or(0, |line| line.quantity.get())
    }
}

/// Sums over an order's lines, in minor units of its currency. Derived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Units.
    pub units: u64,
    /// Before discounts.
    pub gross: i64,
    /// The shop's discounts.
    pub discount: i64,
    /// After discounts.
    pub net: i64,
    /// Taxes.
    pub tax: i64,
    /// The charge for shipping.
    pub shipping: i64,
    /// `net + tax + shipping`.
    pub total: i64,
    /// Manufacturers' coupons, part of none of the others.
    pub coupon: i64,
}

impl OrderPlaced {
    /// The sums over its lines. Deciding refused an order whose sums do not fit.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut sums = Totals {
            shipping: self.shipping,
            ..Totals::default()
        };
        for line in &self.lines {
            sums.units = sums.units.saturating_add(line.quantity.units());
            sums.gross = sums.gross.saturating_add(line.gross);
            sums.discount = sums.discount.saturating_add(line.discount);
            sums.net = sums.net.saturating_add(line.net);
            sums.tax = sums.tax.saturating_add(line.tax);
            sums.coupon = sums.coupon.saturating_add(line.coupon);
        }
        sums.total = sums
            .net
            .saturating_add(sums.tax)
            .saturating_add(sums.shipping);
        sums
    }

    /// The stock item that a line is taken from.
    #[must_use]
    pub fn stock_id(&self, line: &PlacedLine) -> StockId {
        StockId::new(line.sku.clone(), self.location.clone())
    }
}

impl Order {
    /// The order as it was placed; nothing before.
    #[must_use]
    pub fn placed(&self) -> Option<&Arc<OrderPlaced>> {
        self.placed.as_ref()
    }

    /// Its id, once placed.
    #[must_use]
    pub fn id(&self) -> Option<OrderId> {
        self.placed().map(|placed| placed.order_id)
    }

    /// Where it is; nothing before it was placed.
    #[must_use]
    pub fn status(&self) -> Option<OrderStatus> {
        self.status
    }

    /// The one currency of its amounts, once placed.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.placed().map(|placed| placed.currency)
    }

    /// Its lines.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let placed = self.placed.as_deref().map(|placed| placed.lines.iter());
        let progress = self.progress.iter().copied();
        let line = |(placed, progress)| Line { placed, progress };
        placed.into_iter().flatten().zip(progress).map(line)
    }

    /// The line that sells `sku`.
    #[must_use]
    pub fn line(&self, sku: &Sku) -> Option<Line<'_>> {
        self.lines().find(|line| line.placed.sku == *sku)
    }

    /// What has neither left nor been cancelled.
    #[must_use]
    pub fn open_lines(&self) -> Vec<LineQuantity> {
        let open = |line: Line<'_>| {
            let quantity = Quantity::new(line.open()).ok()?;
            Some(LineQuantity {
                sku: line.placed.sku.clone(),
                quantity,
            })
        };
        self.lines().filter_map(open).collect()
    }

    /// The stock items that its lines are taken from.
    #[must_use]
    pub fn stock_ids(&self) -> Vec<StockId> {
        let Some(placed) = self.placed() else {
            return Vec::new();
        };
        placed
            .lines
            .iter()
            .map(|line| placed.stock_id(line))
            .collect()
    }

    /// Its sums as placed; nothing before.
    #[must_use]
    pub fn totals(&self) -> Option<Totals> {
        self.placed().map(|placed| placed.totals())
    }

    /// What is still to be paid for it in all: the total without what was cancelled or came back;
    /// nothing for a rejected or cancelled order.
    #[must_use]
    pub fn due(&self) -> Option<Money> {
        let placed = self.placed()?;
        let minor = match self.status? {
            OrderStatus::Rejected | OrderStatus::Cancelled => 0,
            OrderStatus::Placed | OrderStatus::Confirmed | OrderStatus::Completed => {
                let whole = placed.totals().total;
                whole
                    .saturating_sub(self.cancelled_total())
                    .saturating_sub(self.returned_total())
            }
        };
        Some(Money::new(minor, placed.currency))
    }

    /// How far its units are.
    #[must_use]
    pub fn fulfilment(&self) -> Fulfilment {
        let shipped: u64 = self
            .lines()
            .map(|line| u64::from(line.progress.shipped))
            .sum();
        let open: u64 = self.lines().map(|line| u64::from(line.open())).sum();
        let under_way = || {
            self.shipments
                .values()
                .any(|s| *s == ShipmentState::UnderWay)
        };
        match (shipped, open) {
            (0, _) => Fulfilment::NotShipped,
            (_, 1..) => Fulfilment::PartiallyShipped,
            (_, 0) if under_way() => Fulfilment::Shipped,
            (_, 0) => Fulfilment::Delivered,
        }
    }

    /// What the cancelled units carried of net and tax, in minor units.
    #[must_use]
    pub fn cancelled_total(&self) -> i64 {
        let each = self
            .progress
            .iter()
            .map(|progress| progress.cancelled_total);
        each.fold(0, i64::saturating_add)
    }

    /// What the returned units carried of net and tax, in minor units.
    #[must_use]
    pub fn returned_total(&self) -> i64 {
        let each = self.progress.iter();
        each.fold(0, |sum, progress| {
            sum.saturating_add(progress.returned_parts.paid())
        })
    }

    /// What was earned by what has left: its units' net and tax, and with the first of them the
    /// charge for shipping; in minor units.
    #[must_use]
    pub fn shipped_total(&self) -> i64 {
        let shipping = match &self.placed {
            Some(placed) if !self.shipments.is_empty() => placed.shipping,
            _ => 0,
        };
        let each = self.progress.iter();
        each.fold(shipping, |sum, progress| {
            sum.saturating_add(progress.shipped_parts.paid())
        })
    }

    /// When it is rejected unless it was confirmed or cancelled; nothing before it was placed.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        let placed = self.placed()?.deadline;
        Some(self.extended_deadline.unwrap_or(placed))
    }

    /// Whether its deadline was extended already.
    #[must_use]
    pub fn is_extended(&self) -> bool {
        self.extended_deadline.is_some()
    }

    /// Whether something of it has left.
    #[must_use]
    pub fn has_shipments(&self) -> bool {
        !self.shipments.is_empty()
    }

    pub(super) fn shipping_of_next_shipment(&self) -> i64 {
        let placed = self.placed().filter(|_| self.shipments.is_empty());
        placed.map_or(0, |placed| placed.shipping)
    }

    /// The return of that id, if it was announced.
    #[must_use]
    pub fn return_of(&self, id: ReturnId) -> Option<&Return> {
        self.returns.get(&id)
    }

    /// Every return, by id.
    pub fn returns(&self) -> impl Iterator<Item = (&ReturnId, &Return)> {
        self.returns.iter()
    }

    fn progress_of(&mut self, line_id: LineId, change: impl FnOnce(&mut LineProgress)) {
        let Some(placed) = &self.placed else { return };
        let at = placed.lines.iter().position(|line| line.line_id == line_id);
        if let Some(progress) = at.and_then(|at| Arc::make_mut(&mut self.progress).get_mut(at)) {
            change(progress);
        }
    }

    pub(super) fn shipment(&self, id: ShipmentId) -> Option<ShipmentState> {
        self.shipments.get(&id).copied()
    }

    /// Takes `event` into account.
    pub fn evolve(&mut self, event: &OrderEvent) {
        match event {
            OrderEvent::OrderPlaced(placed) => {
                self.progress = Arc::new(vec![LineProgress::default(); placed.lines.len()]);
                self.placed = Some(Arc::clone(placed));
                self.status = Some(OrderStatus::Placed);
            }
            OrderEvent::OrderConfirmed { renewed, .. } => {
                self.status = Some(OrderStatus::Confirmed);
                for line in renewed {
                    self.progress_of(line.line_id, |progress| {
                        progress.renewed_reservation = Some(line.reservation_id);
                    });
                }
            }
            OrderEvent::OrderRejected { .. } => self.status = Some(OrderStatus::Rejected),
            OrderEvent::OrderCancelled { .. } => self.status = Some(OrderStatus::Cancelled),
            OrderEvent::OrderCompleted {} => self.status = Some(OrderStatus::Completed),
            OrderEvent::OrderDeadlineExtended { deadline } => {
                self.extended_deadline = Some(*deadline);
            }
            OrderEvent::OrderLinesCancelled { lines, .. } => {
                let is_late = self.status == Some(OrderStatus::Confirmed);
                for share in lines {
                    self.progress_of(share.line_id, |progress| {
                        progress.cancel(share);
                        if is_late {
                            progress.cancelled_late.add(share);
                        }
                    });
                }
            }
            OrderEvent::OrderShipped {
                shipment_id, lines, ..
            } => {
                Arc::make_mut(&mut self.shipments).insert(*shipment_id, ShipmentState::UnderWay);
                for share in lines {
                    self.progress_of(share.line_id, |progress| progress.ship(share));
                }
            }
            OrderEvent::ShipmentDelivered { shipment_id, .. } => {
                Arc::make_mut(&mut self.shipments).insert(*shipment_id, ShipmentState::Delivered);
            }
            OrderEvent::ReturnRequested { .. }
            | OrderEvent::ReturnReceived { .. }
            | OrderEvent::ReturnDeclined { .. } => self.evolve_return(event),
            OrderEvent::OrderNoteAdded { .. } => {}
        }
    }

    fn evolve_return(&mut self, event: &OrderEvent) {
        match event {
            OrderEvent::ReturnRequested {
                return_id, lines, ..
            } => {
                let announced = Return {
                    lines: lines.clone(),
                    status: ReturnStatus::Requested,
                };
                Arc::make_mut(&mut self.returns).insert(*return_id, announced);
                for line in lines {
                    self.progress_of(line.line_id, |progress| {
                        let announced = progress.return_requested;
                        progress.return_requested = announced.saturating_add(line.quantity.get());
                    });
                }
            }
            OrderEvent::ReturnReceived { return_id, lines } => {
                self.end_return(*return_id, ReturnStatus::Received);
                for share in lines {
                    self.progress_of(share.line_id, |progress| progress.give_back(share));
                }
            }
            OrderEvent::ReturnDeclined { return_id, .. } => {
                self.end_return(*return_id, ReturnStatus::Declined);
            }
            _ => {}
        }
    }

    /// Its units are announced no more.
    fn end_return(&mut self, return_id: ReturnId, status: ReturnStatus) {
        let returns = Arc::make_mut(&mut self.returns);
        let Some(ended) = returns.get_mut(&return_id) else {
            return;
        };
        ended.status = status;
        for line in ended.lines.clone() {
            self.progress_of(line.line_id, |progress| {
                let announced = progress.return_requested;
                progress.return_requested = announced.saturating_sub(line.quantity.get());
            });
        }
    }
}
