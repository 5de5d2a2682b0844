//! What the order tables derive alike: fulfilment and payment status.

use domain::order::{Fulfilment, OrderStatus, Paid};
use serde::{Deserialize, Serialize};

/// How far an order's payment is, as far as its own events say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentStatus {
    /// Nothing is known to be paid.
    Awaiting,
    /// Enough was authorized to confirm the order.
    Authorized,
    /// It was paid outside, in cash or at a terminal.
    Paid,
    /// Nothing is to be paid any more.
    Cancelled,
}

impl PaymentStatus {
    pub fn of(status: OrderStatus, paid: Option<Paid>) -> Self {
        match (paid, status) {
            (Some(Paid::External), _) => Self::Paid,
            (None, OrderStatus::Placed) => Self::Awaiting,
            (None, OrderStatus::Confirmed | OrderStatus::Completed) => Self::Authorized,
            (None, OrderStatus::Rejected | OrderStatus::Cancelled) => Self::Cancelled,
        }
    }
}

/// How far an order's units are; the rule of [`domain::order::Order::fulfilment`] on sums.
pub(crate) fn fulfilment(
    ordered: u64,
    cancelled: u64,
    shipped: u64,
    under_way: bool,
) -> Fulfilment {
    let open = ordered.saturating_sub(cancelled).saturating_sub(shipped);
    match (shipped, open) {
        (0, _) => Fulfilment::NotShipped,
        (_, 1..) => Fulfilment::PartiallyShipped,
        (_, 0) if under_way => Fulfilment::Shipped,
        (_, 0) => Fulfilment::Delivered,
    }
}
