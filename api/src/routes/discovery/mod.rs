//! `/.well-known`: where everything is, and the keys that tokens are checked with. Public; others may keep it for some minutes.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;

use crate::Api;
use crate::answer::{APPLICATION_JSON, text};
use crate::problem::Problem;

/// How long others may keep it: less than a key is announced before it signs.
const FIVE_MINUTES: &str = "public, max-age=300";

/// `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server` (RFC 8414): the same document.
pub async fn metadata(State(api): State<Api>) -> Result<Response, Problem> {
    published(&api.people()?.metadata())
}

/// `GET /.well-known/jwks.json`: the keys of access tokens (RFC 7517).
pub async fn jwks(State(api): State<Api>) -> Result<Response, Problem> {
    published(&api.people()?.tokens().jwks())
}

fn published(document: &impl Serialize) -> Result<Response, Problem> {
    let headers = [
        (CONTENT_TYPE, APPLICATION_JSON),
        (CACHE_CONTROL, http::HeaderValue::from_static(FIVE_MINUTES)),
    ];
    Ok((headers, text(document)?).into_response())
}
