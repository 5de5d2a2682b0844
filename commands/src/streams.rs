//! The streams of the shop's aggregates.

use domain::value::{OrderId, PaymentId, ProductId, StockId};
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
