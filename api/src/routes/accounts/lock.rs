//! `PUT /v1/accounts/{id}/lock`: nobody is let in any more, and every session ends. The reason is a choice and no text: what
//! staff type about a person is personal.

use axum::extract::State;
use domain::account::LockReason;
use domain::value::AccountId;
use serde::Deserialize;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Place, Write};

/// Why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    reason: LockReason,
}

/// Locks an account.
pub async fn lock(
    State(api): State<Api>,
    Place(id): Place<AccountId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let people = api.people()?;
    let receipt = people.lock(id, write.body.reason, write.context).await?;
    Ok(Accepted::changed(receipt))
}
