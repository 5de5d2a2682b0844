//! Whether somebody may do something, and with what.

use super::operation::{Rule, Those};
use super::{Operation, Person, Principal};
use crate::value::{AccountId, Scope};

/// With what an operation may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// With anything.
    Any,
    /// With what is this person's own. What is another's is not there.
    Own(AccountId),
}

impl Reach {
    /// Whose things alone are there, as orders name their customers.
    #[must_use]
    pub fn only_of(self) -> Option<String> {
        match self {
            Self::Any => None,
            Self::Own(account) => Some(account.to_string()),
        }
    }
}

/// An operation is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody said who they are.
    #[error("this needs somebody who is logged in, or a program with a token")]
    AuthenticationRequired,
    /// Whoever it is may not, or not with this token.
    #[error("{} needs {needs}", operation.as_str())]
    InsufficientScope {
        /// What was asked.
        operation: Operation,
        /// Who may.
        needs: Those,
    },
}

impl Denied {
    /// The scopes one of which a program would need (RFC 6750, section 3).
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        match self {
            Self::AuthenticationRequired => Vec::new(),
            Self::InsufficientScope { needs, .. } => needs.lent().collect(),
        }
    }
}

/// Whether `principal` may do `operation`, and with what.
///
/// # Errors
/// [`Denied`] says whether somebody else might, and who.
pub fn permit(principal: &Principal, operation: Operation) -> Result<Reach, Denied> {
    let needs = match operation.rule() {
        Rule::Anybody | Rule::ByItself => return Ok(Reach::Any),
        Rule::Those(needs) => needs,
    };
    let reach = match principal {
        Principal::Anonymous => return Err(Denied::AuthenticationRequired),
        Principal::Service { scopes, .. } => {
            let may = needs.scopes.iter().any(|scope| scopes.contains(scope));
            may.then_some(Reach::Any)
        }
        Principal::Person(person) => reach_of(person, &needs),
    };
    reach.ok_or(Denied::InsufficientScope { operation, needs })
}

/// How far a person reaches, by themselves or through a program that they let in.
fn reach_of(person: &Person, needs: &Those) -> Option<Reach> {
    if let Some((_, granted)) = &person.client
        && !needs.lent().any(|scope| granted.contains(&scope))
    {
        return None;
    }
    let has = |role| person.roles.contains(role);
    if needs.any.iter().any(has) {
        Some(Reach::Any)
    } else if needs.own.iter().any(has) {
        Some(Reach::Own(person.account))
    } else {
        None
    }
}
