//! A client: one third-party or machine application that may ask for tokens (RFC 6749).
//!
//! ```text
//! (nothing) ── RegisterClient ──▶ enabled ── DisableClient ──▶ disabled
//! ```
//!
//! Rules: a *confidential* client has a secret, which is in the vault and never here; a *public*
//! one (a native application, a page) has none, and needs somewhere to send people back to. A
//! redirect URI is compared whole. A client gets the scopes that it was registered with, or fewer.
//! One that is disabled can do nothing, for ever; another is registered in its place.

mod command;
mod decide;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::{ClientCommand, RegisterClient};
pub use decide::{REDIRECT_URIS_PER_CLIENT_MAX, decide};
pub use event::{ClientEvent, ClientKind, ClientRegistered};
pub use state::{Client, ClientStatus};

use crate::cqrs::cqrs_aggregate;

/// The aggregate's type, as in stream ids.
pub const TYPE: &str = "client";

cqrs_aggregate!(Client, ClientCommand, ClientEvent, decide);
