//! `POST /oauth/introspect`: what a token is, for clients with a secret (RFC 7662).

use axum::extract::State;
use axum::response::Response;
use identity::oauth::{Introspection, OAuthCode, OAuthError};
use serde::Serialize;

use super::answer::{Refusal, answered};
use super::form::ProgramForm;
use crate::Api;

#[derive(Serialize)]
struct Answer {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
}

/// Tells what a token is.
pub async fn introspect(State(api): State<Api>, form: ProgramForm) -> Result<Response, Refusal> {
    let token = form.fields.get("token");
    let missing = OAuthError::new(OAuthCode::InvalidRequest, "token is missing");
    let token = token.ok_or(missing)?;
    let people = api.people()?;
    let Introspection {
        active,
        scope,
        client_id,
        sub,
        exp,
        sid,
        token_type,
    } = people.introspect(token, &form.client).await?;
    answered(&Answer {
        active,
        scope,
        client_id,
        sub,
        exp,
        sid,
        token_type,
        iss: active.then(|| people.issuer().to_owned()),
    })
}
