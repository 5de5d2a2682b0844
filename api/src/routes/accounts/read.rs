//! `GET /v1/accounts/{id}`: one account; with what is personal for who may see that.

use axum::extract::State;
use axum::response::Response;
use domain::value::AccountId;

use super::{sees_personal_data, shown};
use crate::Api;
use crate::auth::Allowed;
use crate::problem::Problem;
use crate::request::Place;

/// Reads an account.
pub async fn read(
    State(api): State<Api>,
    Place(id): Place<AccountId>,
    allowed: Allowed,
) -> Result<Response, Problem> {
    let people = api.people()?;
    let account = if sees_personal_data(&allowed) {
        people.account_opened(id).await?
    } else {
        people.account_sealed(id).await?
    };
    shown(&account)
}
