//! `/v1/password-resets`: for who has forgotten the password.

mod complete;
mod request;

pub use complete::complete;
pub use request::request;
