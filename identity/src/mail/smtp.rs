//! Mail by SMTP (RFC 5321), over TLS if the address says so.

use std::time::Duration;

use futures::future::BoxFuture;
use lettre::message::Mailbox;
use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::{Mail, MailError, Mailer, MailerFault, message};

/// How long the server may take over one command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(20);

/// Sends mail through one server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// Mail from `from` (`Daybook <shop@example.org>`) through the server at `url`:
    /// `smtps://user:password@host:465` or `smtp://user:password@host:587?tls=required`.
    ///
    /// # Errors
    /// [`MailerFault`] if one of them is none.
    pub fn new(url: &str, from: &str) -> Result<Self, MailerFault> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|error| MailerFault::Server(error.to_string()))?;
        Ok(Self {
            transport: builder.timeout(Some(COMMAND_TIMEOUT)).build(),
            from: message::sender(from)?,
        })
    }

    async fn deliver(&self, mail: &Mail) -> Result<(), MailError> {
        let message = message::message(&self.from, mail)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(judge(&error)),
        }
    }
}

/// A server repeats the address in what it says, so only its code is told.
fn judge(error: &smtp::Error) -> MailError {
    let code = error.status().map(|code| code.to_string());
    if error.is_permanent() {
        return MailError::Never(format!("the server says {}", code.unwrap_or_default()));
    }
    MailError::Later(match code {
        Some(code) => format!("the server says {code}"),
        None if error.is_timeout() => "the server does not answer".to_owned(),
        None if error.is_tls() => "no TLS with the server".to_owned(),
        None => "the server cannot be reached or breaks off".to_owned(),
    })
}

impl Mailer for Smtp {
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), MailError>> {
        Box::pin(self.deliver(mail))
    }
}
