//! An order: lines, fulfilment, cancellation and returns; also the memory of checkout.
//!
//! ```text
//! PlaceOrder ──▶ placed ── ConfirmOrder ──▶ confirmed ── CompleteOrder ──▶ completed
//!                  │  └──── CancelLines of all ─┬─┘
//!              RejectOrder                      ▼
//!                  ▼                        cancelled
//!              rejected
//! ```
//!
//! Rules: a line per SKU; on each `0 ≤ returned ≤ shipped ≤ ordered − cancelled`; a line's amounts
//! are for the whole line, `net = gross − discount`, and tax is on top of net, rounded half up per
//! line; the total is Σ net + Σ tax + shipping. Totals and the fulfilment status are derived, here
//! as methods, and never recorded.
//!
//! Its deadline is extended at most once. Shipped units come back by a return, which is announced
//! and then received or declined, also after the order is completed.
//!
//! Units leave a line by being cancelled or shipped, in that order of events, and carry their
//! exact share of the line's amounts with them ([`LineShare`]); all shares sum to the line. Those
//! that come back bring the share that they left with.
//!
//! What an order does to stock is composed in [`crate::ordering`].

mod command;
mod decide;
mod event;
mod line;
#[cfg(test)]
mod share_tests;
mod state;
#[cfg(test)]
mod tests;

pub use command::{LineQuantity, OrderCommand};
pub(crate) use decide::wanted_lines;
pub use decide::{LINES_PER_ORDER_MAX, ORDER_TOTAL_MINOR_MAX, UNITS_PER_LINE_MAX, decide};
pub use event::{
    LineShare, OrderEvent, OrderPlaced, Paid, PaymentChoice, PlacedLine, RejectReason,
    RenewedReservation, ReturnLine,
};
pub use line::{Line, LineProgress, Parts};
pub use state::{Fulfilment, Order, OrderStatus, Return, ReturnStatus, Totals};

use crate::cqrs::cqrs_aggregate;

/// The aggregate's type, as in stream ids.
pub const TYPE: &str = "order";

cqrs_aggregate!(Order, OrderCommand, OrderEvent, decide);
