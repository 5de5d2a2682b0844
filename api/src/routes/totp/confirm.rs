//! `POST /v1/accounts/me/totp/confirmation`: the first right code. The recovery codes are shown here alone.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::shown;
use crate::Api;
use crate::answer::{self, Accepted};
use crate::problem::Problem;
use crate::request::{Hidden, Write};
use crate::routes::accounts::own;

/// The code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    code: Hidden,
}

/// Confirms the second factor.
pub async fn confirm(State(api): State<Api>, write: Write<Body>) -> Result<Response, Problem> {
    let id = own(&write.allowed)?.account;
    let people = api.people()?;
    let code = write.body.code.expose();
    let (codes, receipt) = people.confirm_totp(id, code, write.context).await?;
    let body = answer::text(&shown(&codes))?;
    Ok((Accepted::changed(receipt).headers(), body).into_response())
}
