//! One order with its stock and its payment, event by event.

use serde_json::{Value, json};
use uuid::Uuid;

use super::plant::Fact;

/// A deadline that no test reaches.
const FAR: &str = "2999-01-01T00:00:00.000000Z";

/// An id that is the same in every run.
pub fn id(number: u32) -> Uuid {
    Uuid::from_u128(0x0189_0000_0000_7000_8000_0000_0000_0000 + u128::from(number))
}

/// Two units at 1.00 EUR of an SKU of its own. Every sale has its own number, and so its own streams.
#[derive(Clone, Copy)]
pub struct Sale(pub u32);

impl Sale {
    fn order_id(self) -> Uuid {
        id(self.0 * 16)
    }

    fn line_id(self) -> Uuid {
        id(self.0 * 16 + 1)
    }

    fn payment_id(self) -> Uuid {
        id(self.0 * 16 + 2)
    }

    /// Of what is asked of the gateway.
    fn request_id(self) -> Uuid {
        id(self.0 * 16 + 3)
    }

    fn reservation_id(self, number: u32) -> Uuid {
        id(self.0 * 16 + 4 + number)
    }

    fn return_id(self, number: u32) -> Uuid {
        id(self.0 * 16 + 8 + number)
    }

    fn sku(self) -> String {
        format!("SKU-{}", self.0)
    }

    /// Paid, and on its way to be sent.
    pub fn until_captured(self) -> Vec<Fact> {
        vec![
            self.received(2),
            self.placed(),
            self.reserved(0, 2),
            self.payment_requested(),
            self.authorized(),
            self.committed(),
            self.confirmed(),
            self.capture_requested(200),
            self.captured(),
        ]
    }

    // Stock.

    fn stock(self, event_type: &'static str, says: Value) -> Fact {
        Fact::new("stock", format!("{}@main", self.sku()), event_type, says)
    }

    fn promise(self, event_type: &'static str, number: u32, units: u32, more: Value) -> Fact {
        let mut says = json!({
            "reservation_id": self.reservation_id(number), "order_id": self.order_id(),
            "line_id": self.line_id(), "quantity": units,
        });
        let fields = more.as_object().cloned().unwrap_or_default();
        says.as_object_mut().unwrap().extend(fields);
        self.stock(event_type, says)
    }

    pub fn received(self, units: u32) -> Fact {
        let says = json!({"sku": self.sku(), "location": "main", "quantity": units});
        self.stock("StockReceived", says)
    }

    pub fn adjusted(self, delta: i64) -> Fact {
        self.stock(
            "StockAdjusted",
            json!({"delta": delta, "reason": "counted"}),
        )
    }

    pub fn shortfall_named(self, units: u32) -> Fact {
        let says = json!({"shortfall": units, "broken": [], "unnamed": 0});
        self.stock("StockShortfallDetected", says)
    }

    pub fn reserved(self, number: u32, units: u32) -> Fact {
        self.promise("StockReserved", number, units, json!({"expires_at": FAR}))
    }

    pub fn released(self, number: u32, units: u32) -> Fact {
        let more = json!({"from": "held", "reason": "cancelled"});
        self.promise("ReservationReleased", number, units, more)
    }

    pub fn committed(self) -> Fact {
        self.promise("ReservationCommitted", 0, 2, json!({}))
    }

    // The order.

    fn order(self, event_type: &'static str, says: Value) -> Fact {
        Fact::new("order", self.order_id().to_string(), event_type, says)
    }

    /// Units of the one line and their amounts.
    fn share(self, units: u32, minor: i64) -> Value {
        json!([{
            "line_id": self.line_id(), "sku": self.sku(), "quantity": units,
            "gross": minor, "discount": 0, "net": minor, "tax": 0,
        }])
    }

    pub fn placed(self) -> Fact {
        let line = json!({
            "line_id": self.line_id(), "sku": self.sku(), "product_id": id(1), "product_version": 1,
            "quantity": 2, "gross": 200, "discount": 0, "coupon": 0, "net": 200, "tax_bp": 0, "tax": 0,
            "reservation_id": self.reservation_id(0),
        });
        let says = json!({
            "order_id": self.order_id(), "currency": "EUR", "location": "main", "lines": [line],
            "shipping": 0, "placed_at": "2017-01-01T00:00:00.000000Z", "deadline": FAR,
            "payment": {"gateway": "sandbox", "method": "card"},
        });
        self.order("OrderPlaced", says)
    }

    /// To be confirmed within the first so many minutes of the journal.
    pub fn placed_until(self, minute: u32) -> Fact {
        let deadline = format!("2017-01-01T00:{minute:02}:00.000000Z");
        self.placed().but("/deadline", deadline)
    }

    pub fn confirmed(self) -> Fact {
        self.order("OrderConfirmed", json!({"authorized": eur(200)}))
    }

    pub fn rejected(self) -> Fact {
        self.order("OrderRejected", json!({"reason": "timeout"}))
    }

    pub fn lines_cancelled(self, units: u32, minor: i64) -> Fact {
        let says = json!({"lines": self.share(units, minor)});
        self.order("OrderLinesCancelled", says)
    }

    pub fn shipped(self) -> Fact {
        let says = json!({"shipment_id": id(self.0 * 16 + 15), "lines": self.share(2, 200)});
        self.order("OrderShipped", says)
    }

    pub fn return_requested(self, number: u32) -> Fact {
        let says = json!({"return_id": self.return_id(number), "lines": []});
        self.order("ReturnRequested", says)
    }

    pub fn return_received(self, number: u32, units: u32, minor: i64) -> Fact {
        let says = json!({"return_id": self.return_id(number), "lines": self.share(units, minor)});
        self.order("ReturnReceived", says)
    }

    // The payment.

    fn payment(self, event_type: &'static str, says: Value) -> Fact {
        Fact::new("payment", self.payment_id().to_string(), event_type, says)
    }

    pub fn payment_requested(self) -> Fact {
        let says = json!({
            "payment_id": self.payment_id(), "order_id": self.order_id(), "amount": eur(200),
            "gateway": "sandbox", "method": "card",
        });
        self.payment("PaymentRequested", says)
    }

    pub fn authorized(self) -> Fact {
        let says = json!({"auth_id": self.request_id(), "amount": eur(200), "gateway_ref": "pi_1"});
        self.payment("PaymentAuthorized", says)
    }

    pub fn capture_requested(self, minor: i64) -> Fact {
        let says = json!({"capture_id": self.request_id(), "amount": eur(minor)});
        self.payment("CaptureRequested", says)
    }

    pub fn captured(self) -> Fact {
        let says = json!({"capture_id": self.request_id(), "amount": eur(200)});
        self.payment("PaymentCaptured", says)
    }

    pub fn void_requested(self) -> Fact {
        self.payment("VoidRequested", json!({"void_id": self.request_id()}))
    }

    pub fn voided(self) -> Fact {
        self.payment("PaymentVoided", json!({"void_id": self.request_id()}))
    }

    /// Half of it is asked for.
    pub fn refund_requested(self, reason: &str) -> Fact {
        let says = json!({"refund_id": self.return_id(3), "amount": eur(100), "reason": reason});
        self.payment("RefundRequested", says)
    }

    pub fn refunded(self, reason: &str) -> Fact {
        let says = json!({"refund_id": self.return_id(3), "amount": eur(100), "reason": reason});
        self.payment("PaymentRefunded", says)
    }
}

fn eur(minor: i64) -> Value {
    json!({"minor": minor, "currency": "EUR"})
}
