//! `/v1/clients`: programs that may ask for tokens.

mod disable;
mod list;
mod read;
mod register;
mod rotate_secret;
mod scopes;

pub use disable::disable;
pub use list::list;
pub use read::read;
pub use register::register;
pub use rotate_secret::rotate_secret;
pub use scopes::change_scopes;
