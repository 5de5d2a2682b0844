//! The pages that mailed links open. Opening one changes nothing: programs that scan mail open links too. What they send proves
//! itself by the link's token, so there is nothing that another site could make a browser send.

mod form;
mod reset;
mod verify;

pub use reset::{reset, submit_reset};
pub use verify::{submit_verify, verify};

/// The query parameter that a link's token is in.
pub const PARAMETERS: &[&str] = &["token"];
