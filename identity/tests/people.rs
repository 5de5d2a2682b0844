//! People for these tests: a mailbox that is read, and accounts made the way people make them.

use std::sync::{Arc, Mutex};

use access::Secret;
use commands::{Context, RequestKey};
use daybook_tests::eventually;
use domain::value::AccountId;
use futures::future::BoxFuture;
use identity::mail::{Mail, MailError, Mailer};
use identity::{IdentityError, IdentityOptions, LogIn, LoggedIn, Registration};

use crate::world::{Node, SOON, World};

pub const PASSWORD: &str = "correct horse battery";
pub const OTHER_PASSWORD: &str = "staple of another kind";

/// All mail that left, in the order in which it did.
#[derive(Clone, Default)]
pub struct Mailbox(Arc<Mutex<Vec<Mail>>>);

impl Mailer for Mailbox {
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), MailError>> {
        self.0.lock().unwrap().push(mail.clone());
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Mailbox {
    /// The next mail of this subject; it is taken out.
    pub async fn next(&self, subject: &str) -> Mail {
        eventually(subject, SOON, async || {
            let mut mails = self.0.lock().unwrap();
            let at = mails.iter().position(|mail| mail.subject == subject);
            at.map(|at| mails.remove(at))
                .ok_or_else(|| format!("{:?}", *mails))
        })
        .await
    }

    pub async fn verification(&self) -> String {
        token_in(&self.next("Please confirm your e-mail address").await)
    }

    pub async fn reset(&self) -> String {
        token_in(&self.next("A new password").await)
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

fn token_in(mail: &Mail) -> String {
    let (_, rest) = mail.text.split_once("?token=").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

/// A node whose mail is read.
pub async fn node_of(world: &World) -> (Node, Mailbox) {
    let mailbox = Mailbox::default();
    let options = IdentityOptions {
        mailer: Arc::new(mailbox.clone()),
        ..world.options()
    };
    (world.node_with(options).await.unwrap(), mailbox)
}

/// A request under this idempotency key.
pub fn under(key: &str) -> Context {
    Context {
        actor: "anonymous".to_owned(),
        request: Some(RequestKey::new(&["tests"], key, format!("hash of {key}"))),
        ..Context::default()
    }
}

impl Node {
    pub async fn register(&self, email: &str, password: &str) -> Result<bool, IdentityError> {
        let new = Registration {
            email: secret(email),
            password: secret(password),
            name: Some(secret("Ann Other")),
        };
        self.identity.register(new, Context::default()).await
    }

    /// An account whose address is verified.
    pub async fn person(&self, mailbox: &Mailbox, email: &str) -> AccountId {
        self.register(email, PASSWORD).await.unwrap();
        let token = mailbox.verification().await;
        let verified = self.identity.verify_email(&token, Context::default());
        verified.await.unwrap();
        self.identity.account_of(email).await.unwrap().unwrap()
    }

    pub async fn log_in_as(&self, email: &str, password: &str) -> Result<LoggedIn, IdentityError> {
        self.log_in_with(email, password, None, Context::default())
            .await
    }

    pub async fn log_in_with(
        &self,
        email: &str,
        password: &str,
        code: Option<&str>,
        context: Context,
    ) -> Result<LoggedIn, IdentityError> {
        let log_in = LogIn {
            email: secret(email),
            password: secret(password),
            code: code.map(secret),
        };
        self.identity.log_in(log_in, context).await
    }
}

pub fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// What somebody who is refused is told.
#[track_caller]
pub fn code<T>(outcome: Result<T, IdentityError>) -> String {
    match outcome {
        Ok(_) => "let in".to_owned(),
        Err(IdentityError::InvalidCredentials) => "invalid-credentials".to_owned(),
        Err(error) => match error.rejection() {
            Some(rejection) => match rejection.fields.first() {
                Some(field) => format!("{} {}", field.pointer, field.code),
                None => rejection.code().to_owned(),
            },
            None => error.to_string(),
        },
    }
}
