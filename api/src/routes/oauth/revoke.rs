//! `POST /oauth/revoke`: a token is given back, and its session ends (RFC 7009). The hint about its kind is not needed.

use axum::extract::State;
use axum::response::Response;
use identity::oauth::{OAuthCode, OAuthError};
use serde_json::json;

use super::answer::{Refusal, answered};
use super::form::ProgramForm;
use crate::Api;

/// Takes a token back. One that is not known is as good as given back.
pub async fn revoke(State(api): State<Api>, form: ProgramForm) -> Result<Response, Refusal> {
    let token = form.fields.get("token");
    let missing = OAuthError::new(OAuthCode::InvalidRequest, "token is missing");
    let token = token.ok_or(missing)?;
    api.people()?.give_back(token, &form.client).await?;
    answered(&json!({}))
}
