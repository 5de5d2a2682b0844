//! Rule 10, as far as events show it: a request takes effect once, and so does what a gateway
//! tells. Every id of a request or of an outcome is in one event of its kind.

use std::collections::HashMap;

use uuid::Uuid;

use super::breach::{Breaches, RuleId};
use super::stream::Stream;
use super::{RecordedFact, Rule};
use crate::event::Event;
use crate::order::OrderEvent;
use crate::payment::PaymentEvent;

const RULE: RuleId = RuleId(10, "applied-once");

/// Every id by kind of event, and the position that used it.
#[derive(Debug, Default)]
pub(super) struct Once(HashMap<(&'static str, Option<usize>, Uuid), u64>);

impl Rule for Once {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        // Shipments and returns are numbered within their order, requests to gateways in the
        // whole shop.
        let (within, id) = match fact.event {
            Event::Order(event) => (Some(stream.number), id_in_order(event)),
            Event::Payment(event) => (None, id_in_payment(event)),
            Event::Product(_)
            | Event::Stock(_)
            | Event::Account(_)
            | Event::Client(_)
            | Event::Owners(_)
            | Event::Security(_) => return,
        };
        let Some(id) = id else { return };
        let key = (fact.event.event_type(), within, id);
        if let Some(first) = self.0.get(&key) {
            let detail = format!("{id} was applied at position {first} already");
            breaches.report(RULE, fact, stream, detail);
        } else {
            self.0.insert(key, fact.position);
        }
    }
}

fn id_in_order(event: &OrderEvent) -> Option<Uuid> {
    match event {
        OrderEvent::OrderShipped { shipment_id, .. }
        | OrderEvent::ShipmentDelivered { shipment_id, .. } => Some(shipment_id.0),
        OrderEvent::ReturnRequested { return_id, .. }
        | OrderEvent::ReturnReceived { return_id, .. }
        | OrderEvent::ReturnDeclined { return_id, .. } => Some(return_id.0),
        _ => None,
    }
}

fn id_in_payment(event: &PaymentEvent) -> Option<Uuid> {
    match event {
        PaymentEvent::PaymentRequested(requested) => Some(requested.payment_id.0),
        PaymentEvent::AuthorizationRequested { auth_id }
        | PaymentEvent::PaymentAuthorized { auth_id, .. }
        | PaymentEvent::PaymentDeclined { auth_id, .. } => Some(auth_id.0),
        PaymentEvent::CaptureRequested { capture_id, .. } => Some(capture_id.0),
        PaymentEvent::VoidRequested { void_id, .. } => Some(void_id.0),
        PaymentEvent::PaymentVoided { void_id } => void_id.map(|id| id.0),
        PaymentEvent::RefundRequested(requested) => Some(requested.refund_id.0),
        // That captures and refunds settle once is rule 5.
        _ => None,
    }
}
