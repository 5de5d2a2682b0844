//! `DELETE /v1/accounts/me/sessions`: log out everywhere.

use axum::extract::State;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Nothing, Write};
use crate::routes::accounts::own;

/// Ends every session of one's own.
pub async fn end_all(State(api): State<Api>, write: Write<Nothing>) -> Result<Accepted, Problem> {
    let id = own(&write.allowed)?.account;
    let receipt = api.people()?.log_out_everywhere(id, write.context).await?;
    Ok(Accepted::changed(receipt))
}
