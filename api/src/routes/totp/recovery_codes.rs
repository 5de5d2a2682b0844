//! `POST /v1/accounts/me/totp/recovery-codes`: new recovery codes in the place of all older ones. Takes the password.

use axum::extract::State;
use axum::response::Response;

use super::{WithPassword, shown};
use crate::Api;
use crate::answer;
use crate::problem::Problem;
use crate::request::Write;
use crate::routes::accounts::own;

/// Renews the recovery codes.
pub async fn renew(
    State(api): State<Api>,
    write: Write<WithPassword>,
) -> Result<Response, Problem> {
    let id = own(&write.allowed)?.account;
    let people = api.people()?;
    let password = write.body.password.expose();
    let codes = people
        .renew_recovery_codes(id, password, write.context)
        .await?;
    answer::json(&shown(&codes))
}
