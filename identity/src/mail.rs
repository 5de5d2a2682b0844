//! Mail: a port through which it leaves, and an outbox in the vault so that none is lost.
//!
//! What is to be mailed is put into the vault, sealed under its account's data key, in the transaction that makes it necessary
//! ([`outbox`]). It is sent from there, tried again with growing pauses, and given up after a day. So a mail may arrive twice and
//! is never lost; and erasing an account takes the mail that waits with it.
//!
//! What must hold: mail goes to the address that the account holds, never to one that a stranger typed.

mod folder;
mod message;
pub(crate) mod outbox;
mod smtp;
pub(crate) mod texts;

use std::fmt;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use folder::Folder;
pub use smtp::Smtp;

/// A mail in plain text. Overwritten when dropped, printed nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Mail {
    /// The one address that it goes to.
    pub to: String,
    /// What it is about. Nothing personal, no link.
    pub subject: String,
    /// What it says.
    pub text: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Mail({:?})", self.subject)
    }
}

/// Why a mail did not leave. The texts are for the operators' log and never hold an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It may leave later: the server is away, or says so.
    #[error("it did not leave and is tried again: {0}")]
    Later(String),
    /// It never will: the address or the message is refused.
    #[error("it is refused for good: {0}")]
    Never(String),
}

/// A sender address that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailerFault {
    /// Who the mail is from.
    #[error("the sender of mail is not an address such as `Daybook <shop@example.org>`")]
    Sender,
    /// Where the SMTP server is.
    #[error(
        "the SMTP server is not given as smtp://user:password@host:587?tls=required or smtps://user:password@host:465: {0}"
    )]
    Server(String),
}

/// Takes mail out of the shop.
pub trait Mailer: Send + Sync + 'static {
    /// Sends one mail, and returns when whoever takes it on has it. The caller bounds the time.
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), MailError>>;
}

/// Takes no mail, which waits in the outbox then: where none is set up.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl Mailer for Nowhere {
    fn send<'a>(&'a self, _: &'a Mail) -> BoxFuture<'a, Result<(), MailError>> {
        Box::pin(std::future::ready(Err(MailError::Later(
            "no way for mail is set up".to_owned(),
        ))))
    }
}
