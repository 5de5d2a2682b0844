//! `/v1/accounts`: registering, one's own account, and, for staff, other people's.

mod erase;
mod erase_own;
mod list;
mod lock;
mod password;
mod read;
mod read_own;
mod register;
mod resend;
mod revise_own;
mod roles;
mod unlock;
mod verify;

pub use erase::erase;
pub use erase_own::erase_own;
pub use list::{LIST_PARAMETERS, list};
pub use lock::lock;
pub use password::change_password;
pub use read::read;
pub use read_own::read_own;
pub use register::register;
pub use resend::resend;
pub use revise_own::revise_own;
pub use roles::{grant, revoke};
pub use unlock::unlock;
pub use verify::verify;

use axum::response::{IntoResponse, Response};
use domain::policy::{Person, Principal};
use domain::value::{Role, Scope};
use http::HeaderValue;
use http::header::ETAG;
use identity::AccountView;

use crate::answer;
use crate::auth::Allowed;
use crate::problem::Problem;

/// The person who asks; the policy lets nobody else come to what is one's own.
pub fn own(allowed: &Allowed) -> Result<&Person, Problem> {
    match &*allowed.principal {
        Principal::Person(person) => Ok(person),
        _ => {
            tracing::error!("somebody who is no person came to what is one's own");
            Err(Problem::internal())
        }
    }
}

/// Whether who asks may see what is personal of other people: support and owners, and programs that may search accounts.
fn sees_personal_data(allowed: &Allowed) -> bool {
    match &*allowed.principal {
        Principal::Anonymous => false,
        Principal::Service { scopes, .. } => scopes.contains(&Scope::AccountsRead),
        Principal::Person(person) => {
            let roles = [Role::Support, Role::Owner];
            let lent = person.client.as_ref();
            roles.iter().any(|role| person.roles.contains(role))
                && lent.is_none_or(|(_, scopes)| scopes.contains(&Scope::AccountsRead))
        }
    }
}

/// An account as it is now, with the version that `If-Match` takes.
fn shown(account: &AccountView) -> Result<Response, Problem> {
    let mut response = answer::json(account)?.into_response();
    let etag = HeaderValue::from_str(&answer::etag_of_version(account.version));
    if let Ok(etag) = etag {
        response.headers_mut().insert(ETAG, etag);
    }
    Ok(response)
}
