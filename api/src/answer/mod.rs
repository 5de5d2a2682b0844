//! What routes answer with: receipts of commands, documents and pages of queries.

mod accepted;
mod document;
#[allow(dead_code, reason = "the pages follow")]
pub mod html;
mod page;

pub use accepted::Accepted;
pub use document::{APPLICATION_JSON, Audience, NO_STORE, document, json, overview, text};
pub use page::page;
