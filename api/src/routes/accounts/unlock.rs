//! `DELETE /v1/accounts/{id}/lock`: a lock is taken off, whatever it was for.

use axum::extract::State;
use domain::account::UnlockReason;
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
    reason: Option<UnlockReason>,
}

/// Unlocks an account.
pub async fn unlock(
    State(api): State<Api>,
    Place(id): Place<AccountId>,
    write: Write<Body>,
) -> Result<Accepted, Problem> {
    let people = api.people()?;
    let reason = write.body.reason.unwrap_or(UnlockReason::Other);
    let receipt = people.unlock(id, reason, write.context).await?;
    Ok(Accepted::changed(receipt))
}
