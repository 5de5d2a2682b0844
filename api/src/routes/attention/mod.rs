//! `/v1/attention`: what no policy can settle, for a person to decide.

mod decide;
mod list;

pub use decide::decide;
pub use list::list;
