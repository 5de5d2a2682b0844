//! `PUT|DELETE /v1/accounts/{id}/roles/{role}`: what a person may be in the shop.

use axum::extract::State;
use domain::value::{AccountId, Role};

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Nothing, Place, Write};

/// Grants a role.
pub async fn grant(
    State(api): State<Api>,
    Place((id, role)): Place<(AccountId, Role)>,
    write: Write<Nothing>,
) -> Result<Accepted, Problem> {
    let receipt = api.people()?.grant(id, role, write.context).await?;
    Ok(Accepted::changed(receipt))
}

/// Revokes a role; every session of the account ends.
pub async fn revoke(
    State(api): State<Api>,
    Place((id, role)): Place<(AccountId, Role)>,
    write: Write<Nothing>,
) -> Result<Accepted, Problem> {
    let receipt = api.people()?.revoke(id, role, write.context).await?;
    Ok(Accepted::changed(receipt))
}
