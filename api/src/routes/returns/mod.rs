//! `/v1/orders/{id}/returns`: units that come back, from the announcement to the receipt.

mod decline;
mod receive;
mod request;

pub use decline::decline;
pub use receive::receive;
pub use request::request;

use commands::Receipt;
use domain::value::{OrderId, ReturnId};

use crate::answer::Accepted;

/// The answer to a command about a return: the order is where its effect can be read.
fn recorded(receipt: Receipt, id: OrderId, return_id: ReturnId) -> Accepted {
    Accepted::created_at(receipt, format!("/v1/orders/{id}")).with("return_id", return_id)
}
