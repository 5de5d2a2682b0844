//! `/v1/stock`: what is there, what is promised.

mod adjust;
mod list;
mod read;
mod receive;
mod reservations;

pub use adjust::adjust;
pub use list::{LIST_PARAMETERS, list};
pub use read::{READ_PARAMETERS, read};
pub use receive::receive;
pub use reservations::reservations;
