//! The values that commands, events and states are made of.
//!
//! Each is made by a constructor that refuses what it must never hold, and
//! reading it from JSON goes through that constructor: a value that exists is
//! valid, so nothing behind this door checks again. A refusal is a
//! [`ValueError`], which says what was wrong and what would be right.

mod currency;
mod error;
mod id;
mod money;
mod quantity;
mod text;
mod timestamp;

pub use currency::Currency;
pub use error::ValueError;
pub use id::{
    AuthorizationId, CaptureId, LineId, OrderId, PaymentId, ProductId, RefundId, ReservationId,
    ReturnId, ShipmentId, StockId, VoidId,
};
pub use money::{Money, MoneyError, TaxRate, share_of_units, split_minor};
pub use quantity::Quantity;
pub use text::{Location, Prose, Sku, Slug, Text};
pub use timestamp::Timestamp;
