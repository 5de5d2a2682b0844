//! Who may do what: one policy for every way in (REST, GraphQL, the command line).
//!
//! A [`Principal`] is who asks, proven. What they may do is decided here and nowhere else, from their roles and scopes alone.

mod principal;

pub use principal::{Person, Principal};
