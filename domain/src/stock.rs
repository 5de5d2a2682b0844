//! A stock item: one SKU at one location, the unit of "never negative".
//!
//! ```text
//! available = on hand − held − committed
//!
//! ReceiveStock ─▶ on hand ─ ReserveStock ─▶ held ─ CommitReservation ─▶ committed ─ DispatchStock ─▶ gone
//!                              ▲               │                            │
//!                              └── released ◀──┴── (held only: expired) ────┘
//! ```
//!
//! Rules: what is reserved was available at that moment; a hold is extended at most once; overdue
//! holds end before anyone is told that there is nothing; a reservation's units each end exactly
//! once (dispatched, released or expired); only a forced adjustment may leave less on hand than is
//! promised, and then `StockShortfallDetected` names the promises that it breaks.
//!
//! A reservation that has ended is forgotten, so the state of a hot item stays as small as its
//! open reservations.

mod command;
mod decide;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::{Condition, Reserve, StockCommand};
pub use decide::{BROKEN_RESERVATIONS_NAMED_MAX, EXPIRED_PER_COMMAND, ON_HAND_UNITS_MAX, decide};
pub use event::{BrokenReservation, Hold, ReleaseReason, StockEvent};
pub use state::{Reservation, Reservations, StockItem};

use crate::cqrs::cqrs_aggregate;

/// The aggregate's type, as in stream ids.
pub const TYPE: &str = "stock";

cqrs_aggregate!(StockItem, StockCommand, StockEvent, decide);
