//! `POST /oauth/token`: a code, a refresh token or a client's secret for an access token (RFC 6749 3.2, 5.1).

use axum::extract::State;
use axum::response::Response;
use identity::oauth::{TokenRequest, scope_text};
use serde::Serialize;

use super::answer::{Refusal, answered};
use super::form::ProgramForm;
use crate::Api;

#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// Gives tokens.
pub async fn token(State(api): State<Api>, form: ProgramForm) -> Result<Response, Refusal> {
    let ProgramForm { fields, client } = form;
    let request = TokenRequest {
        grant_type: fields.text("grant_type"),
        code: fields.text("code"),
        redirect_uri: fields.text("redirect_uri"),
        code_verifier: fields.text("code_verifier"),
        refresh_token: fields.text("refresh_token"),
        scope: fields.text("scope"),
        client,
    };
    let tokens = api.people()?.exchange(&request).await?;
    answered(&Answer {
        access_token: tokens.access_token.expose(),
        token_type: "Bearer",
        expires_in: tokens.expires_in.as_secs(),
        refresh_token: tokens.refresh_token.as_ref().map(|token| token.expose()),
        scope: tokens.scope.as_ref().map(scope_text),
    })
}
