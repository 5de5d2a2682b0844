//! The streams of the shop's aggregates.

use domain::value::{OrderId, PaymentId, ProductId, StockId};
use journal::StreamId;

/// A product's stream.
pub(crate) fn product(id: ProductId) -> StreamId {
    StreamId::new("product", id.to_string())
}

/// A stock item's stream.
pub(crate) fn stock(id: &StockId) -> StreamId {
    StreamId::new("stock", id.to_string())
}

/// A payment's stream.
pub(crate) fn payment(id: PaymentId) -> StreamId {
    StreamId::new("payment", id.to_string())
}

/// An order's stream.
pub(crate) fn order(id: OrderId) -> StreamId {
    StreamId::new("order", id.to_string())
}
