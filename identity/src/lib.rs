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

mod accounts;
mod authenticate;
mod clients;
mod clock;
mod error;
mod foreign;
pub mod kinds;
pub mod mail;
pub mod oauth;
mod once;
mod options;
mod own_key;
mod personal;
pub mod revocations;
mod run;
mod security;
pub mod tokens;

use std::sync::{Arc, Mutex};

use access::password::Hasher;
use access::seal::{EmailKey, KeyUse};
use commands::Commands;
use journal::{SecretWrite, Vault};
use tokio::sync::{Notify, mpsc};

pub use accounts::{
    AccountView, Enrolment, FAILURES_MAX, FAILURES_WITHIN, LOCKED_FOR, LockView, LogIn, LoggedIn,
    ProfileChange, Proven, RecoveryCodes, Registration, SessionView,
};
pub use error::IdentityError;
use foreign::ForeignIssuers;
pub use foreign::is_safe_address;
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
    vault: Vault,
    /// Addresses are hashed with it, for ever.
    email_key: EmailKey,
    /// Its limits are shared by all who log in.
    hasher: Hasher,
    /// Told when mail was put into the outbox.
    mail_waits: Notify,
    /// What is done behind the answers.
    jobs: mpsc::Sender<accounts::Job>,
    /// Taken by the task that does it.
    waiting_jobs: Mutex<Option<mpsc::Receiver<accounts::Job>>>,
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
        let (jobs, waiting_jobs) = mpsc::channel(accounts::JOBS_MAX);
        Ok(Self(Arc::new(Inner {
            email_key: email_key(&vault, &options).await?,
            hasher: Hasher::new(
                options.password_cost,
                options.hashes_at_once_max,
                options.hashes_waiting_max,
            )?,
            mail_waits: Notify::new(),
            jobs,
            waiting_jobs: Mutex::new(Some(waiting_jobs)),
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

    /// Who issues its tokens: the address under which clients reach this server.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.options.public_url
    }

    /// Refuses tokens of these sessions on this node from now on; the journal tells all nodes a moment later.
    pub fn note_ended(&self, sessions: impl IntoIterator<Item = domain::value::SessionId>) {
        self.0.revocations.end_sessions(sessions);
    }

    fn vault(&self) -> &Vault {
        &self.0.vault
    }

    fn commands(&self) -> &Commands {
        &self.0.commands
    }

    async fn destroy(&self, kind: &'static str, key: &str) -> Result<(), IdentityError> {
        let key = key.to_owned();
        let write = SecretWrite::Destroy { kind, key };
        Ok(self.vault().write(&[write]).await?)
    }
}

async fn email_key(vault: &Vault, options: &IdentityOptions) -> Result<EmailKey, IdentityError> {
    let generated = EmailKey::generate()?;
    let kind = (kinds::EMAIL_KEY, KeyUse::EmailClaims);
    let secret = own_key::own_key(vault, &options.master, kind, generated.secret()).await?;
    Ok(EmailKey::from_secret(secret))
}
