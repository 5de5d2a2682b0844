//! What every request passes through, from the outside in: [`observe`], then the limits.

mod limits;
mod observe;
mod seat;

pub use limits::{Gate, deadline, gate};
pub use observe::observe;
pub use seat::Seat;
