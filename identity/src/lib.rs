//! Identity: people and programs come in here. What is done when somebody registers, logs in, shows a token, forgets a password,
//! lets a program in.
//!
//! **What it is.** The use cases of accounts and clients: each checks what is shown (`access`), decides by a command
//! (`commands`), and puts into the vault what must not be in an event, in the same transaction.
//!
//! **What it knows.** `access` for all that is cryptography, `commands` and the vault beside the journal, mail through a port.
//!
//! **What it must never know.** HTTP, SQL text, query tables, and what the rules of an account are: those are the domain's.
//!
//! **What always holds.**
//! - Nothing in the vault can be used by who has only the database: it is hashed, or sealed under a key that is not there.
//! - A stranger learns from no answer, and from no answer's time, whether an address has an account.
//! - No password, token, code, link or address is logged.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod authenticate;
mod clock;
mod error;
mod foreign;
pub mod kinds;
mod options;
pub mod revocations;
mod run;
mod security;
pub mod tokens;

use std::sync::Arc;

use commands::Commands;
use journal::Vault;

pub use error::IdentityError;
use foreign::ForeignIssuers;
pub use options::IdentityOptions;
use revocations::Revocations;
pub use revocations::{LiveRevocations, RevocationTable};
use security::SecurityLog;
pub use tokens::{ForeignOptions, SessionTokens, TokenOptions, Tokens};

/// The handle. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    commands: Commands,
    #[expect(dead_code, reason = "the use cases follow")]
    vault: Vault,
    options: IdentityOptions,
    tokens: Arc<Tokens>,
    revocations: Revocations,
    foreign: ForeignIssuers,
    security: SecurityLog,
}

impl Identity {
    /// Opens it: the keys that it needs are taken from the vault, or made there by whoever is first.
    ///
    /// # Errors
    /// [`IdentityError::Unavailable`] if the vault cannot be reached; [`IdentityError::MasterKey`] if it was begun with another
    /// master key.
    pub async fn open(commands: Commands, options: IdentityOptions) -> Result<Self, IdentityError> {
        let vault = commands.vault();
        let tokens = Arc::new(Tokens::open(&vault, &options).await?);
        let foreign = ForeignIssuers::open(&options.tokens.foreign, &tokens)?;
        Ok(Self(Arc::new(Inner {
            commands,
            vault,
            options,
            tokens,
            revocations: Revocations::default(),
            foreign,
            security: SecurityLog::default(),
        })))
    }

    /// Tokens of our own.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    /// Refuses tokens of these sessions on this node from now on; the journal tells all nodes a moment later.
    pub fn note_ended(&self, sessions: impl IntoIterator<Item = domain::value::SessionId>) {
        self.0.revocations.end_sessions(sessions);
    }
}
