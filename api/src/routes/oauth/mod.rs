//! `/oauth`: how programs come in (OAuth 2.1). These routes follow their RFCs and not the rest of the API: bodies are forms,
//! errors are OAuth's, and no POST takes an idempotency key.

mod answer;
mod authorize;
mod cookie;
mod form;
mod introspect;
mod pages;
mod revoke;
mod token;

pub use authorize::{authorize, submit};
pub use introspect::introspect;
pub use revoke::revoke;
pub use token::token;

/// The query parameters of an authorization request. Others are passed over (RFC 6749 3.1).
pub const PARAMETERS: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];
