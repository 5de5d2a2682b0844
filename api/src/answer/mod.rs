//! What routes answer with: receipts of commands, documents and pages of queries.

mod accepted;
mod document;
pub mod html;
mod page;
mod taken_on;

pub use accepted::Accepted;
pub use document::{
    APPLICATION_JSON, Audience, NO_STORE, document, etag_of_version, json, overview, text,
};
pub use page::page;
pub use taken_on::TakenOn;
