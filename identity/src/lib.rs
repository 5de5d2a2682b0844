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

mod error;

use std::sync::Arc;

use commands::Commands;
use domain::policy::Principal;

pub use error::IdentityError;

/// The handle. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    commands: Commands,
}

impl Identity {
    /// Opens it.
    ///
    /// # Errors
    /// [`IdentityError::Unavailable`] if the vault cannot be reached.
    pub async fn open(commands: Commands) -> Result<Self, IdentityError> {
        Ok(Self(Arc::new(Inner { commands })))
    }

    /// Who shows this bearer token.
    ///
    /// # Errors
    /// [`IdentityError::Token`] if it is nobody's.
    pub async fn authenticate(&self, bearer: &str) -> Result<Principal, IdentityError> {
        let _ = (bearer, &self.0.commands);
        Err(IdentityError::Token(access::token::TokenRefusal::Malformed))
    }
}
