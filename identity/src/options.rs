//! What can be set, and what holds when nothing is.

use std::sync::Arc;
use std::time::Duration;

use access::password::Cost;
use access::seal::MasterKeys;

use crate::TokenOptions;
use crate::mail::{Mailer, Nowhere};

/// The settings of accounts and access.
#[derive(Clone)]
pub struct IdentityOptions {
    /// The keys that wrap all others. They come from outside the database and are never in it.
    pub master: MasterKeys,
    /// The address under which people and programs reach the shop, without a slash at the end: the issuer of its tokens (RFC 8414
    /// 2) and what mailed links begin with, the same on every node.
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
    /// Tokens and clients.
    pub tokens: TokenOptions,
}

impl IdentityOptions {
    /// The defaults for a server at this address: two passwords at a time with 64 waiting, at the least cost that is taken,
    /// sessions of 30 days, and mail that waits until there is somebody to send it.
    #[must_use]
    pub fn new(master: MasterKeys, public_url: impl Into<String>) -> Self {
        let public_url: String = public_url.into();
        Self {
            master,
            public_url: public_url.trim_end_matches('/').to_owned(),
            mailer: Arc::new(Nowhere),
            password_cost: Cost::default(),
            hashes_at_once_max: 2,
            hashes_waiting_max: 64,
            session_length: Duration::from_secs(30 * 24 * 3_600),
            tokens: TokenOptions::default(),
        }
    }
}
