//! `POST /v1/password-resets/completions`: another password, by the token of the mailed link. Every session ends.

use axum::extract::State;
use serde::Deserialize;

use crate::Api;
use crate::answer::TakenOn;
use crate::problem::Problem;
use crate::request::{Hidden, Write};

/// The link's token, and the new password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    token: Hidden,
    password: Hidden,
}

/// Takes the new password.
pub async fn complete(State(api): State<Api>, write: Write<Body>) -> Result<TakenOn, Problem> {
    let people = api.people()?;
    let (token, password) = (write.body.token, write.body.password);
    let done = people.reset_password(token.expose(), password.expose(), write.context);
    Ok(TakenOn::done(done.await?))
}
