//! `/v1/payments`: what finance does with a payment, and where it stands.

mod capture;
mod read;
mod refund;
mod void;

pub use capture::capture;
pub use read::read;
pub use refund::refund;
pub use void::void;

use commands::Receipt;
use domain::value::PaymentId;

use crate::answer::Accepted;

/// The answer to a command to a payment: the payment itself is where its effect can be read.
fn recorded(receipt: Receipt, id: PaymentId) -> Accepted {
    Accepted::created_at(receipt, format!("/v1/payments/{id}"))
}
