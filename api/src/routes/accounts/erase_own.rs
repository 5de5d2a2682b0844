//! `DELETE /v1/accounts/me`: one's own account is forgotten for ever. Takes the password; orders and books stay.

use axum::extract::State;
use serde::Deserialize;

use super::own;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Hidden, Write};

/// The password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    password: Hidden,
}

/// Erases one's own account.
pub async fn erase_own(State(api): State<Api>, write: Write<Body>) -> Result<Accepted, Problem> {
    let id = own(&write.allowed)?.account;
    let people = api.people()?;
    let password = write.body.password.expose();
    let receipt = people.erase_own(id, password, write.context).await?;
    Ok(Accepted::changed(receipt))
}
