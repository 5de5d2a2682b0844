//! The values that commands, events and states are made of.
//!
//! Each is made by a constructor that refuses what it must never hold, and
//! reading it from JSON goes through that constructor: a value that exists is
//! valid, so nothing behind this door checks again. A refusal is a
//! [`ValueError`], which says what was wrong and what would be right.

mod currency;
mod email_hash;
mod error;
mod id;
mod money;
mod quantity;
mod redirect_uri;
mod role;
mod scope;
mod sealed;
mod text;
mod timestamp;

pub use currency::Currency;
pub use email_hash::EmailHash;
pub use error::ValueError;
pub use id::{
    AccountId, AuthorizationId, CaptureId, ClientId, FactorId, FamilyId, LineId, OrderId,
    PaymentId, ProductId, RefundId, ReservationId, ReturnId, SessionId, ShipmentId, StockId,
    VoidId,
};
pub use money::{Money, MoneyError, TaxRate, share_of_units, split_minor};
pub use quantity::Quantity;
pub use redirect_uri::{REDIRECT_URI_CHARS_MAX, RedirectUri};
pub use role::Role;
pub use scope::Scope;
pub use sealed::Sealed;
pub use text::{
    CIPHERTEXT_CHARS_MAX, Ciphertext, KEY_ID_CHARS_MAX, KeyId, Location, Prose, Sku, Slug, Text,
};
pub use timestamp::Timestamp;
