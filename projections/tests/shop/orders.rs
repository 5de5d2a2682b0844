//! Orders, and what they do to stock.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::order::{
    LineShare, OrderEvent, OrderPlaced, OrderStatus, Paid, PlacedLine, RejectReason,
};
use domain::stock::{Hold, ReleaseReason, StockEvent};
use domain::value::{Currency, Location, OrderId, ProductId, ShipmentId, Sku, TaxRate};
use uuid::Uuid;

use super::{Shop, Wanted, at, sku, text, units};

impl Shop {
    /// Places an order and reserves its stock.
    pub fn place(
        &mut self,
        placed_at: &str,
        channel: Option<&str>,
        paid: Option<Paid>,
        wanted: &[Wanted<'_>],
    ) -> OrderId {
        let id = OrderId(self.id());
        let customer = format!("household-{}", self.made % 3);
        let lines = wanted
            .iter()
            .map(|(code, quantity, gross, discount)| PlacedLine {
                line_id: id.line(&sku(code)),
                sku: sku(code),
                product_id: ProductId(Uuid::nil()),
                product_version: 1,
                quantity: units(*quantity),
                gross: *gross,
                discount: *discount,
                net: gross - discount,
                tax_bp: TaxRate::ZERO,
                tax: 7,
                coupon: 5,
                reservation_id: id.reservation(&sku(code)),
            });
        let placed = OrderPlaced {
            order_id: id,
            customer: Some(text(&customer)),
            channel: channel.map(text),
            currency: Currency::USD,
            location: Location::default(),
            lines: lines.collect(),
            shipping: 0,
            placed_at: at(placed_at),
            deadline: at("2030-01-01T00:00:00Z"),
            paid,
            payment: None,
        };
        let event = OrderEvent::OrderPlaced(Arc::new(placed.clone()));
        self.record("order", &id.to_string(), event);
        for line in &placed.lines {
            let reserved = StockEvent::StockReserved {
                reservation_id: line.reservation_id,
                order_id: id,
                line_id: line.line_id,
                quantity: line.quantity,
                expires_at: placed.deadline,
            };
            self.record("stock", &placed.stock_id(line).to_string(), reserved);
        }
        self.orders.push(id);
        id
    }

    pub fn on_order(&mut self, id: OrderId, event: OrderEvent) {
        self.record("order", &id.to_string(), event);
    }

    pub fn confirm(&mut self, id: OrderId) {
        let authorized = self.states[&id].due().unwrap();
        let event = OrderEvent::OrderConfirmed {
            authorized,
            renewed: Vec::new(),
        };
        self.on_order(id, event);
        for (share, stock_id) in self.open(id, u32::MAX) {
            let committed = StockEvent::ReservationCommitted {
                reservation_id: id.reservation(&share.sku),
                order_id: id,
                line_id: share.line_id,
                quantity: share.quantity,
            };
            self.record("stock", &stock_id, committed);
        }
    }

    pub fn reject(&mut self, id: OrderId) {
        let reason = RejectReason::Timeout;
        let open = self.open(id, u32::MAX);
        self.on_order(id, OrderEvent::OrderRejected { reason });
        self.release(id, &open, Hold::Held);
    }

    /// Cancels up to `most` units of each line.
    pub fn cancel(&mut self, id: OrderId, most: u32) {
        let from = match self.states[&id].status() {
            Some(OrderStatus::Confirmed) => Hold::Committed,
            _ => Hold::Held,
        };
        let open = self.open(id, most);
        let lines = open.iter().map(|(share, _)| share.clone()).collect();
        let reason = Some(text("changed their mind"));
        self.on_order(id, OrderEvent::OrderLinesCancelled { lines, reason });
        self.release(id, &open, from);
        let state = &self.states[&id];
        if state
            .lines()
            .all(|line| line.open() == 0 && line.progress.shipped == 0)
        {
            let shipping = 0;
            let reason = None;
            self.on_order(id, OrderEvent::OrderCancelled { shipping, reason });
        }
    }

    /// Ships up to `most` units of each line.
    pub fn ship(&mut self, id: OrderId, most: u32) -> ShipmentId {
        let shipment_id = ShipmentId(self.id());
        let open = self.open(id, most);
        let shipped = OrderEvent::OrderShipped {
            shipment_id,
            lines: open.iter().map(|(share, _)| share.clone()).collect(),
            shipping: 0,
            carrier: None,
            tracking: Some(text("T-1")),
        };
        self.on_order(id, shipped);
        for (share, stock_id) in open {
            let dispatched = StockEvent::StockDispatched {
                reservation_id: id.reservation(&share.sku),
                order_id: id,
                line_id: share.line_id,
                shipment_id,
                quantity: share.quantity,
            };
            self.record("stock", &stock_id, dispatched);
        }
        shipment_id
    }

    pub fn deliver(&mut self, id: OrderId, shipment_id: ShipmentId) {
        let delivered_at = at("2017-03-01T00:00:00Z");
        let event = OrderEvent::ShipmentDelivered {
            shipment_id,
            delivered_at,
        };
        self.on_order(id, event);
    }

    fn release(&mut self, id: OrderId, open: &[(LineShare, String)], from: Hold) {
        for (share, stock_id) in open {
            let released = StockEvent::ReservationReleased {
                reservation_id: id.reservation(&share.sku),
                order_id: id,
                line_id: share.line_id,
                quantity: share.quantity,
                from,
                reason: ReleaseReason::Cancelled,
            };
            self.record("stock", stock_id, released);
        }
    }

    /// The share that up to `most` open units of each line carry, and where they lie.
    fn open(&self, id: OrderId, most: u32) -> Vec<(LineShare, String)> {
        let state = &self.states[&id];
        let placed = state.placed().unwrap();
        let open = state.lines().filter(|line| line.open() > 0).map(|line| {
            let share = line.share(units(line.open().min(most)));
            (share, placed.stock_id(line.placed).to_string())
        });
        open.collect()
    }

    pub(super) fn some_order(&mut self) {
        let mut wanted: BTreeMap<Sku, u32> = BTreeMap::new();
        for _ in 0..=self.rng.below(3) {
            let code = self.some_sku();
            wanted.insert(code, 1 + self.rng.below(4) as u32);
        }
        let gross = 100 + self.rng.below(900) as i64;
        let lines: Vec<Wanted<'_>> = wanted
            .iter()
            .map(|(code, units)| (code.as_str(), *units, gross, 13))
            .collect();
        let placed_at = format!(
            "2017-01-{:02}T{:02}:30:00Z",
            1 + self.rng.below(28),
            self.rng.below(24)
        );
        if self.rng.below(2) == 0 {
            let id = self.place(&placed_at, Some("store-330"), Some(Paid::External), &lines);
            self.confirm(id);
            self.ship(id, u32::MAX);
            self.on_order(id, OrderEvent::OrderCompleted {});
        } else {
            self.place(&placed_at, None, None, &lines);
        }
    }

    pub(super) fn some_progress(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let id = *self.rng.pick(&self.orders);
        let state = &self.states[&id];
        let open: u32 = state.lines().map(|line| line.open()).sum();
        match (state.status(), self.rng.below(4)) {
            (Some(OrderStatus::Placed), 0) => self.reject(id),
            (Some(OrderStatus::Placed), 1) => self.confirm(id),
            (Some(OrderStatus::Placed | OrderStatus::Confirmed), 2) if open > 0 => {
                self.cancel(id, 1);
            }
            (Some(OrderStatus::Confirmed), 3) if open > 0 => {
                let shipment = self.ship(id, 2);
                if self.rng.below(2) == 0 {
                    self.deliver(id, shipment);
                }
            }
            (Some(_), _) => {
                let note = "called".parse().unwrap();
                self.on_order(id, OrderEvent::OrderNoteAdded { note });
            }
            (None, _) => {}
        }
    }
}
