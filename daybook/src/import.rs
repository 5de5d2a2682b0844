//! `daybook import …`: other people's data, brought in through the same doors as anybody's.

pub mod complete_journey;
