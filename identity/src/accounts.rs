//! What people do with their accounts, and staff with those of others.
//!
//! What holds:
//! - who is not known by session shows a password or a link that was mailed, and learns from no answer whether there is an
//!   account: the same is read, counted, hashed and answered either way, and what differs is done behind the answer;
//! - each change is one command, with what it puts into the vault in the same transaction;
//! - whose account it is comes from who asks; whether they may ask is decided before (`domain::policy`).

mod background;
mod credentials;
mod ended;
mod erase;
mod link;
mod log_in;
mod own;
mod owner;
mod password;
mod register;
mod second_factor;
mod staff;
mod verify;
mod view;

pub(crate) use background::{JOBS_MAX, Job, run, sweep};
pub use credentials::{FAILURES_MAX, FAILURES_WITHIN, LOCKED_FOR, Proven};
pub use log_in::{LogIn, LoggedIn};
pub use own::ProfileChange;
pub use register::Registration;
pub use second_factor::{Enrolment, RecoveryCodes};
pub use view::{AccountView, LockView, SessionView};

use commands::Context;
use domain::value::AccountId;

/// The same context, in the name of the account that was recognised.
fn in_the_name_of(account: AccountId, context: Context) -> Context {
    Context {
        actor: format!("account:{account}"),
        ..context
    }
}
