//! Who may do what: one policy for every way in (REST, GraphQL, the command line).
//!
//! A [`Principal`] is who asks, proven. What they may do is decided here and nowhere else, from their roles and scopes alone:
//! [`permit`] looks an [`Operation`] up in one table (`policy/table.rs`), which reads as the policy.
//!
//! What holds:
//!
//! * what the table does not allow is refused: a new operation is closed until somebody is written beside it;
//! * a role allows an operation on anything, or on what is the person's own ([`Reach`]). To them, what is another's is not
//!   there. Every account is a customer, whatever else it is;
//! * a program on its own behalf may do exactly what its scopes say, and has nothing of its own: what is about one's own
//!   account is for people;
//! * a program that a person let in needs both: the person's role, and a scope that they granted. It has the person's reach;
//! * passwords, second factors and the end of an account are not lent to programs at all.

mod operation;
mod permit;
mod principal;
mod table;
#[cfg(test)]
mod tests;

pub use operation::{Rule, Those};
pub use permit::{Denied, Reach, permit};
pub use principal::{Person, Principal};
pub use table::Operation;
