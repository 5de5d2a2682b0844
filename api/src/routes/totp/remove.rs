//! `DELETE /v1/accounts/me/totp`: no second factor any more. Takes the password.

use axum::extract::State;

use super::WithPassword;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::Write;
use crate::routes::accounts::own;

/// Removes the second factor.
pub async fn remove(
    State(api): State<Api>,
    write: Write<WithPassword>,
) -> Result<Accepted, Problem> {
    let id = own(&write.allowed)?.account;
    let people = api.people()?;
    let password = write.body.password.expose();
    let receipt = people.remove_totp(id, password, write.context).await?;
    Ok(Accepted::changed(receipt))
}
