//! `DELETE /v1/accounts/me/sessions/{id}`: one of one's own sessions ends.

use axum::extract::State;
use domain::value::SessionId;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Nothing, Place, Write};
use crate::routes::accounts::own;

/// Ends a session.
pub async fn end(
    State(api): State<Api>,
    Place(session): Place<SessionId>,
    write: Write<Nothing>,
) -> Result<Accepted, Problem> {
    let id = own(&write.allowed)?.account;
    let receipt = api.people()?.log_out(id, session, write.context).await?;
    Ok(Accepted::changed(receipt))
}
