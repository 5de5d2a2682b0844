//! `DELETE /v1/accounts/{id}`: an account is forgotten for ever, at the person's wish. Orders and books stay.

use axum::extract::State;
use domain::value::AccountId;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Nothing, Place, Write};

/// Erases an account.
pub async fn erase(
    State(api): State<Api>,
    Place(id): Place<AccountId>,
    write: Write<Nothing>,
) -> Result<Accepted, Problem> {
    let receipt = api.people()?.erase(id, write.context).await?;
    Ok(Accepted::changed(receipt))
}
