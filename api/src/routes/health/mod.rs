//! For those who watch the process: alive, ready, measured.

mod alive;
mod metrics;
mod ready;

pub use alive::alive;
pub use metrics::metrics;
pub use ready::ready;
