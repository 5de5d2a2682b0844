//! `/v1/ledger`: the books, by double entry.

mod accounts;
mod entries;
mod trial_balance;

pub use accounts::accounts;
pub use entries::{ENTRIES_PARAMETERS, entries};
pub use trial_balance::trial_balance;
