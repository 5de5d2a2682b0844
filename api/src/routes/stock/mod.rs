//! `/v1/stock`: what is there, what is promised.

mod adjust;
mod list;
mod read;
mod receive;
mod reservations;

pub use adjust::adjust;
pub use list::list;
pub use read::read;
pub use receive::receive;
pub use reservations::reservations;
