//! `POST /v1/sessions`: somebody logs in. A repeat of the request gets the same session and the same refresh token; the access
//! token is a new one.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::value::{AccountId, SessionId, Timestamp};
use http::StatusCode;
use identity::{LogIn, LoggedIn};
use serde::{Deserialize, Serialize};

use crate::Api;
use crate::answer::{self, Accepted};
use crate::problem::Problem;
use crate::request::{Hidden, Write};

/// What somebody logs in with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    email: Hidden,
    password: Hidden,
    code: Option<Hidden>,
}

/// The session, and its first tokens (RFC 6749, 5.1).
#[derive(Serialize)]
struct Answer<'a> {
    id: SessionId,
    account_id: AccountId,
    expires_at: Timestamp,
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    refresh_token: &'a str,
}

/// Logs in.
pub async fn start(State(api): State<Api>, write: Write<Body>) -> Result<Response, Problem> {
    let log_in = LogIn {
        email: write.body.email.into_secret(),
        password: write.body.password.into_secret(),
        code: write.body.code.map(Hidden::into_secret),
    };
    let done = api.people()?.log_in(log_in, write.context).await?;
    let body = answer::text(&answer(&done))?;
    let headers = Accepted::changed(done.receipt).headers();
    Ok((StatusCode::CREATED, headers, body).into_response())
}

fn answer(done: &LoggedIn) -> Answer<'_> {
    Answer {
        id: done.session,
        account_id: done.account,
        expires_at: done.expires_at,
        access_token: done.tokens.access_token.expose(),
        token_type: "Bearer",
        expires_in: done.tokens.expires_in.as_secs(),
        refresh_token: done.tokens.refresh_token.expose(),
    }
}
