//! What the order tables derive alike: what is due, fulfilment and payment status.

use domain::order::{Fulfilment, OrderStatus, Paid};
use domain::value::Money;
use serde::{Deserialize, Serialize};

use crate::payment_progress::PaymentProgress;

/// How far an order's payment is: as far as its payment's events say, or its own where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentStatus {
    /// Nothing is known to be paid.
    Awaiting,
    /// The gateway waits for the customer.
    ActionRequired,
    /// Enough was authorized to confirm the order.
    Authorized,
    /// Some of what is due was captured.
    PartiallyPaid,
    /// All that is due was captured, or it was paid outside, in cash or at a terminal.
    Paid,
    /// Some of it was given back.
    PartiallyRefunded,
    /// All of it was given back.
    Refunded,
    /// The gateway refused.
    Declined,
    /// Nothing is to be paid any more.
    Cancelled,
}

impl PaymentStatus {
    pub fn of(
        status: OrderStatus,
        paid: Option<Paid>,
        payment: Option<&PaymentProgress>,
        due: i64,
    ) -> Self {
        if let Some(payment) = payment.filter(|_| paid.is_none()) {
            return Self::of_payment(status, payment, due);
        }
        match (paid, status) {
            (Some(Paid::External), _) => Self::Paid,
            (None, OrderStatus::Placed) => Self::Awaiting,
            (None, OrderStatus::Confirmed | OrderStatus::Completed) => Self::Authorized,
            (None, OrderStatus::Rejected | OrderStatus::Cancelled) => Self::Cancelled,
        }
    }

    fn of_payment(status: OrderStatus, payment: &PaymentProgress, due: i64) -> Self {
        use domain::payment::PaymentStatus as Status;
        let is_over = matches!(status, OrderStatus::Rejected | OrderStatus::Cancelled);
        match payment.status {
            Status::Requested | Status::Authorizing | Status::ActionRequired if is_over => {
                Self::Cancelled
            }
            Status::Requested | Status::Authorizing => Self::Awaiting,
            Status::ActionRequired => Self::ActionRequired,
            Status::Authorized => Self::Authorized,
            Status::Declined => Self::Declined,
            Status::Voided => Self::Cancelled,
            Status::Captured if payment.captured.minor < due => Self::PartiallyPaid,
            Status::Captured => Self::Paid,
            Status::PartiallyRefunded => Self::PartiallyRefunded,
            Status::Refunded => Self::Refunded,
        }
    }
}

/// What is to be paid for an order in all, in minor units: for what is sent and kept.
pub(crate) fn due(status: OrderStatus, total: Money, cancelled: Money, returned: Money) -> i64 {
    match status {
        OrderStatus::Rejected | OrderStatus::Cancelled => 0,
        OrderStatus::Placed | OrderStatus::Confirmed | OrderStatus::Completed => {
            let sent = total.minor.saturating_sub(cancelled.minor);
            sent.saturating_sub(returned.minor)
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
