//! The built-in gateway's page, on which a customer approves a payment. No real money, so no log-in: the address is the key.

mod answer;
mod page;

pub use answer::answer;
pub use page::page;

use http::StatusCode;

use crate::answer::html::Page;

/// For a payment that is not there, was answered, or whose time is over: the same page for all.
fn nothing_to_approve() -> Page {
    Page::new(StatusCode::NOT_FOUND, "Nothing to approve")
        .text("This payment is not there, or waits for nobody any more. The order says what became of it.")
}
