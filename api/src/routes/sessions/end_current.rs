//! `DELETE /v1/sessions/current`: log out.

use axum::extract::State;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Nothing, Write};
use crate::routes::accounts::own;

/// Ends the session that asks.
pub async fn end_current(
    State(api): State<Api>,
    write: Write<Nothing>,
) -> Result<Accepted, Problem> {
    let person = own(&write.allowed)?.clone();
    let people = api.people()?;
    let receipt = people
        .log_out(person.account, person.session, write.context)
        .await?;
    Ok(Accepted::changed(receipt))
}
