//! `POST /v1/accounts/verifications`: the address is confirmed by the token of the mailed link.

use axum::extract::State;
use serde::Deserialize;

use crate::Api;
use crate::answer::TakenOn;
use crate::problem::Problem;
use crate::request::{Hidden, Write};

/// The link's token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    token: Hidden,
}

/// Verifies the address.
pub async fn verify(State(api): State<Api>, write: Write<Body>) -> Result<TakenOn, Problem> {
    let people = api.people()?;
    let token = write.body.token.expose();
    let repeated = people.verify_email(token, write.context).await?;
    Ok(TakenOn::done(repeated))
}
