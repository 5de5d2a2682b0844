//! `/v1/attention`: what no policy can settle, for a person to decide.

mod decide;

pub use decide::decide;
