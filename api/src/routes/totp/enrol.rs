//! `POST /v1/accounts/me/totp`: a second factor is begun. Its secret is shown here alone.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::WithPassword;
use crate::Api;
use crate::answer::{self, Accepted};
use crate::problem::Problem;
use crate::request::Write;
use crate::routes::accounts::own;

/// Enrols a second factor.
pub async fn enrol(
    State(api): State<Api>,
    write: Write<WithPassword>,
) -> Result<Response, Problem> {
    let id = own(&write.allowed)?.account;
    let people = api.people()?;
    let password = write.body.password.expose();
    let enrolment = people.enrol_totp(id, password, write.context).await?;
    let body = answer::text(&json!({
        "id": enrolment.factor,
        "secret": enrolment.secret.expose(),
        "uri": enrolment.uri.expose(),
    }))?;
    let headers = Accepted::changed(enrolment.receipt).headers();
    Ok((StatusCode::CREATED, headers, body).into_response())
}
