//! `GET /v1/accounts/me/sessions`: where one is logged in.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::Api;
use crate::answer;
use crate::auth::Allowed;
use crate::problem::Problem;
use crate::routes::accounts::own;

/// Lists one's own sessions, the latest first.
pub async fn list(State(api): State<Api>, allowed: Allowed) -> Result<Response, Problem> {
    let person = own(&allowed)?;
    let people = api.people()?;
    let sessions = people
        .sessions(person.account, Some(person.session))
        .await?;
    answer::json(&json!({ "items": sessions }))
}
