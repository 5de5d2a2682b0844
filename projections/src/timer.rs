//! `timer`: what is due when, by the rule of [`domain::timer`].
//!
//! A timer that is set and cleared within a batch never touches the table. Who looks for what is
//! due asks one index, and is done after one probe when nothing is.

mod post;
mod read;

use domain::timer::{RequestKind, Timer};
use domain::value::{OrderId, PaymentId};
use uuid::Uuid;

use crate::projection::Projection;

/// The projection.
pub const PROJECTION: Projection = Projection {
    name: "timer",
    version: 1,
    tables: &["timer"],
    tables_sql: include_str!("timer/tables.sql"),
    indexes_sql: include_str!("timer/indexes.sql"),
    aggregate_types: &[domain::order::TYPE, domain::payment::TYPE],
    posts,
    metadata_of: &[],
    documents: None,
    post: |connection, postings| Box::pin(post::post(connection, postings)),
};

/// All that the rule may set or clear a timer by; not the large and frequent ones that never do.
fn posts(event_type: &str) -> bool {
    !matches!(
        event_type,
        "OrderShipped"
            | "OrderCompleted"
            | "OrderLinesCancelled"
            | "ShipmentDelivered"
            | "OrderNoteAdded"
    )
}

const ORDER_DEADLINE: &str = "order_deadline";

/// A timer as it is stored: its kind, and whose it is.
fn key(timer: Timer) -> (&'static str, Uuid) {
    match timer {
        Timer::OrderDeadline(id) => (ORDER_DEADLINE, id.0),
        Timer::OpenRequest(id, kind) => (kind.as_str(), id.0),
    }
}

/// The timer that is stored so.
fn timer(kind: &str, subject: Uuid) -> Option<Timer> {
    if kind == ORDER_DEADLINE {
        return Some(Timer::OrderDeadline(OrderId(subject)));
    }
    let mut kinds = RequestKind::ALL.into_iter();
    let kind = kinds.find(|known| known.as_str() == kind)?;
    Some(Timer::OpenRequest(PaymentId(subject), kind))
}
