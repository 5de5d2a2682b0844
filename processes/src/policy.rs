//! What follows on an event, and nothing else: pure, without any state.
//!
//! A reaction says what is to be looked at, not what is to be done: that is decided on the states as they are then. So
//! an event may be delivered twice, late, or out of order among streams.
//!
//! ```text
//! OrderPlaced ─▶ BeginPayment ─▶ ask the gateway ─▶ PaymentAuthorized | PaymentDeclined ─▶ Conclude ─▶ Settle
//! …Requested  ─▶ ask the gateway ─▶ its outcome ─▶ Settle ─▶ the next …Requested, or rest
//! ```

use std::str::FromStr;

use domain::Event;
use domain::order::{OrderEvent, OrderPlaced};
use domain::payment::{AttentionDecision, PaymentEvent};
use domain::timer::RequestKind;
use domain::value::{OrderId, PaymentId};
use journal::StreamId;

/// The command that places an order. What it records beside [`OrderEvent::OrderPlaced`] is of an order that was handed
/// over at once, paid at the till: nothing follows on it.
pub const PLACE_ORDER: &str = "PlaceOrder";

/// What is to be looked at. In the order in which it is done where several wait: what is known of the money decides what
/// becomes of the order, and that what becomes of the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reaction {
    /// Its customer chose how to pay: request the payment.
    BeginPayment,
    /// A request to the gateway may have been made before: the gateway is asked about it first.
    AskAgain(RequestKind),
    /// A request to the gateway waits to be made.
    Ask(RequestKind),
    /// Its customer is busy paying: it may take longer, once.
    Extend,
    /// What is known of the payment may decide what becomes of the order.
    Conclude,
    /// Money may have to be taken, let go of or given back.
    Settle,
}

/// What a reaction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An order, and the payment that follows from its id.
    Order(OrderId),
    /// A payment, whose order its state names.
    Payment(PaymentId),
}

impl Subject {
    /// What a stream is about; none if no process looks at such streams.
    #[must_use]
    pub fn of(stream: &StreamId) -> Option<Self> {
        match &*stream.aggregate_type {
            domain::order::TYPE => OrderId::from_str(&stream.aggregate_id)
                .ok()
                .map(Self::Order),
            domain::payment::TYPE => PaymentId::from_str(&stream.aggregate_id)
                .ok()
                .map(Self::Payment),
            _ => None,
        }
    }

    /// The payment. An order and its payment share it, so it names what has to be handled one after the other.
    #[must_use]
    pub fn payment(self) -> PaymentId {
        match self {
            Self::Order(id) => id.payment(),
            Self::Payment(id) => id,
        }
    }
}

/// Whether something may follow on events of this type. All others are passed over undecoded: an import of a year's
/// baskets is no work for the processes.
#[must_use]
pub fn concerns(event_type: &str) -> bool {
    matches!(
        event_type,
        "OrderPlaced"
            | "OrderConfirmed"
            | "OrderRejected"
            | "OrderLinesCancelled"
            | "OrderCancelled"
            | "OrderShipped"
            | "ReturnReceived"
            | "AuthorizationRequested"
            | "PaymentActionRequired"
            | "PaymentAuthorized"
            | "PaymentDeclined"
            | "CaptureRequested"
            | "PaymentCaptured"
            | "CaptureFailed"
            | "VoidRequested"
            | "PaymentVoided"
            | "VoidFailed"
            | "RefundRequested"
            | "PaymentRefunded"
            | "RefundFailed"
            | "PaymentAttentionSettled"
    )
}

/// What follows on `event`.
#[must_use]
pub fn reactions(event: &Event) -> &'static [Reaction] {
    match event {
        Event::Order(event) => of_order(event),
        Event::Payment(event) => of_payment(event),
        Event::Product(_)
        | Event::Stock(_)
        | Event::Account(_)
        | Event::Client(_)
        | Event::Owners(_)
        | Event::Security(_) => &[],
    }
}

fn of_order(event: &OrderEvent) -> &'static [Reaction] {
    match event {
        OrderEvent::OrderPlaced(placed) => of_placed(placed),
        OrderEvent::OrderConfirmed { .. }
        | OrderEvent::OrderRejected { .. }
        | OrderEvent::OrderLinesCancelled { .. }
        | OrderEvent::OrderCancelled { .. }
        | OrderEvent::OrderShipped { .. }
        | OrderEvent::ReturnReceived { .. } => &[Reaction::Settle],
        OrderEvent::OrderDeadlineExtended { .. }
        | OrderEvent::ShipmentDelivered { .. }
        | OrderEvent::ReturnRequested { .. }
        | OrderEvent::ReturnDeclined { .. }
        | OrderEvent::OrderCompleted {}
        | OrderEvent::OrderNoteAdded { .. } => &[],
    }
}

/// An order whose customer did not choose how to pay is left to staff, unless there is nothing to pay.
fn of_placed(placed: &OrderPlaced) -> &'static [Reaction] {
    if placed.paid.is_some() {
        return &[];
    }
    if placed.totals().total == 0 {
        return &[Reaction::Conclude];
    }
    if placed.payment.is_some() {
        return &[Reaction::BeginPayment];
    }
    &[]
}

fn of_payment(event: &PaymentEvent) -> &'static [Reaction] {
    match event {
        PaymentEvent::AuthorizationRequested { .. } => &[Reaction::Ask(RequestKind::Authorization)],
        PaymentEvent::CaptureRequested { .. } => &[Reaction::Ask(RequestKind::Capture)],
        PaymentEvent::VoidRequested { .. } => &[Reaction::Ask(RequestKind::Void)],
        PaymentEvent::RefundRequested(_) => &[Reaction::Ask(RequestKind::Refund)],
        PaymentEvent::PaymentActionRequired { .. } => &[Reaction::Extend],
        PaymentEvent::PaymentAuthorized { .. }
        | PaymentEvent::PaymentDeclined { .. }
        | PaymentEvent::PaymentVoided { .. } => &[Reaction::Conclude, Reaction::Settle],
        PaymentEvent::PaymentCaptured { .. }
        | PaymentEvent::CaptureFailed { definite: true, .. }
        | PaymentEvent::VoidFailed { definite: true, .. }
        | PaymentEvent::PaymentRefunded { .. }
        | PaymentEvent::RefundFailed { definite: true, .. } => &[Reaction::Settle],
        PaymentEvent::PaymentAttentionSettled {
            decision: AttentionDecision::Retry,
            ..
        } => &[
            Reaction::AskAgain(RequestKind::Authorization),
            Reaction::AskAgain(RequestKind::Capture),
            Reaction::AskAgain(RequestKind::Void),
            Reaction::AskAgain(RequestKind::Refund),
            Reaction::Conclude,
            Reaction::Settle,
        ],
        // What is not known is asked about when its timer is due; what a person took over is theirs.
        PaymentEvent::PaymentRequested(_)
        | PaymentEvent::AuthorizationOutcomeUnknown { .. }
        | PaymentEvent::CaptureFailed { .. }
        | PaymentEvent::CaptureOutcomeUnknown { .. }
        | PaymentEvent::VoidFailed { .. }
        | PaymentEvent::RefundFailed { .. }
        | PaymentEvent::RefundOutcomeUnknown { .. }
        | PaymentEvent::PaymentAttentionRaised { .. }
        | PaymentEvent::PaymentAttentionSettled { .. } => &[],
    }
}

#[cfg(test)]
mod tests {
    use domain::CATALOG;
    use domain::value::Text;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_reacted_to_is_not_passed_over_by_its_type() {
        let id = PaymentId(Uuid::from_u128(7));
        let text = Text::new("x").unwrap();
        let events = [
            PaymentEvent::AuthorizationRequested {
                auth_id: id.authorization(),
            },
            PaymentEvent::PaymentVoided { void_id: None },
            PaymentEvent::CaptureFailed {
                capture_id: id.capture(0),
                definite: true,
                code: text.clone(),
            },
            PaymentEvent::PaymentAttentionSettled {
                decision: AttentionDecision::Retry,
                reason: text,
            },
        ];
        for event in events.map(Event::Payment) {
            assert!(!reactions(&event).is_empty(), "{event:?}");
            assert!(concerns(event.event_type()), "{event:?}");
        }
    }

    #[test]
    fn types_that_are_looked_at_are_types_that_there_are() {
        let looked_at = CATALOG.iter().filter(|kind| concerns(kind.event_type));
        assert_eq!(looked_at.count(), 21);
        assert!(!concerns("StockReserved"));
    }

    #[test]
    fn an_order_and_its_payment_are_handled_one_after_the_other() {
        let order = OrderId(Uuid::from_u128(3));
        let stream = StreamId::new("order", order.to_string());
        let payment = StreamId::new("payment", order.payment().to_string());
        assert_eq!(
            Subject::of(&stream).unwrap().payment(),
            Subject::of(&payment).unwrap().payment()
        );
        assert_eq!(Subject::of(&StreamId::new("stock", "A@main")), None);
    }
}
