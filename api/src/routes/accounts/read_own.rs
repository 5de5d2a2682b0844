//! `GET /v1/accounts/me`: one's own account, with what is personal in clear.

use axum::extract::State;
use axum::response::Response;

use super::{own, shown};
use crate::Api;
use crate::auth::Allowed;
use crate::problem::Problem;

/// Reads one's own account.
pub async fn read_own(State(api): State<Api>, allowed: Allowed) -> Result<Response, Problem> {
    let id = own(&allowed)?.account;
    let account = api.people()?.account_opened(id).await?;
    shown(&account)
}
