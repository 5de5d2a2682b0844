//! What has to be said when identities are opened.

use std::sync::Arc;
use std::time::Duration;

use access::password::Cost;
use access::seal::MasterKeys;

use crate::mail::Mailer;

/// The settings. [`IdentityOptions::new`] has the defaults.
#[derive(Clone)]
pub struct IdentityOptions {
    /// The keys that wrap all others. They come from outside the database and are never in it.
    pub master: MasterKeys,
    /// Where people and programs find the shop, without a slash at the end: the issuer of tokens, and what mailed links begin with.
    pub public_url: String,
    /// Sends mail.
    pub mailer: Arc<dyn Mailer>,
    /// What hashing a password takes.
    pub password_cost: Cost,
    /// How many passwords are hashed at a time; each takes a core and the cost's memory.
    pub hashes_at_once_max: usize,
    /// How many wait behind them; more are refused.
    pub hashes_waiting_max: usize,
    /// How long a session lasts, however often it is refreshed.
    pub session_length: Duration,
}

impl IdentityOptions {
    /// Two passwords at a time with 64 waiting, at the least cost that is taken, and sessions of 30 days.
    #[must_use]
    pub fn new(master: MasterKeys, public_url: String, mailer: Arc<dyn Mailer>) -> Self {
        Self {
            master,
            public_url,
            mailer,
            password_cost: Cost::default(),
            hashes_at_once_max: 2,
            hashes_waiting_max: 64,
            session_length: Duration::from_secs(30 * 24 * 3_600),
        }
    }
}
