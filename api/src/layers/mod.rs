//! What every request passes through, from the outside in: [`observe`], what is said to browsers, rates, then the limits.

mod headers;
mod limits;
mod observe;
mod rates;
mod refusals;
mod seat;

pub use headers::{headers, other_pages};
pub use limits::{Gate, deadline, gate};
pub use observe::observe;
pub use rates::{Rates, rates};
pub use seat::Seat;
