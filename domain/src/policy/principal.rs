//! Who asks, once it was proven.

use std::collections::BTreeSet;
use std::fmt;

use crate::value::{AccountId, ClientId, Role, Scope, SessionId};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Nobody said who they are.
    Anonymous,
    /// A person who is logged in, or a client that a person let in.
    Person(Person),
    /// A program on its own behalf: it may do exactly what its scopes say.
    Service {
        /// Its name, as it is recorded: a client's id, `token`, or a foreign subject under its issuer's name. Nothing personal.
        name: String,
        /// What it may do.
        scopes: BTreeSet<Scope>,
    },
}

/// A person with a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their account.
    pub account: AccountId,
    /// The session, which stands.
    pub session: SessionId,
    /// Their roles, [`Role::Customer`] among them.
    pub roles: BTreeSet<Role>,
    /// The client that acts for them and what they let it do; none for the shop's own pages. It may do what both the roles and
    /// the scopes allow.
    pub client: Option<(ClientId, BTreeSet<Scope>)>,
}

/// As recorded beside events: `account:{id}`, `service:{name}`, `anonymous`.
impl fmt::Display for Principal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => out.write_str("anonymous"),
            Self::Person(person) => match &person.client {
                None => write!(out, "account:{}", person.account),
                Some((client, _)) => write!(out, "account:{} by client:{client}", person.account),
            },
            Self::Service { name, .. } => write!(out, "service:{name}"),
        }
    }
}
