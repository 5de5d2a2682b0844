//! The streams of the shop's aggregates.

use domain::value::{AccountId, ClientId, OrderId, PaymentId, ProductId, StockId, Timestamp};
use journal::StreamId;

/// A product's stream.
#[must_use]
pub fn product(id: ProductId) -> StreamId {
    StreamId::new("product", id.to_string())
}

/// A stock item's stream.
#[must_use]
pub fn stock(id: &StockId) -> StreamId {
    StreamId::new("stock", id.to_string())
}

/// A payment's stream.
#[must_use]
pub fn payment(id: PaymentId) -> StreamId {
    StreamId::new("payment", id.to_string())
}

/// An order's stream.
#[must_use]
pub fn order(id: OrderId) -> StreamId {
    StreamId::new("order", id.to_string())
}

/// An account's stream.
#[must_use]
pub fn account(id: AccountId) -> StreamId {
    StreamId::new("account", id.to_string())
}

/// A client's stream.
#[must_use]
pub fn client(id: ClientId) -> StreamId {
    StreamId::new("client", id.to_string())
}

/// The security log's stream of the day of `now`.
#[must_use]
pub fn security(now: Timestamp) -> StreamId {
    StreamId::new(domain::security::TYPE, domain::security::id_of_day(now))
}

/// The stream of the owners. There is one.
#[must_use]
pub fn owners() -> StreamId {
    StreamId::new(domain::owners::TYPE, domain::owners::ID)
}
