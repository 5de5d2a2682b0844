//! `GET /healthz`: the process is alive. It asks nobody else: a database that is away is no reason to restart us.

use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;

use crate::answer::{APPLICATION_JSON, NO_STORE};

/// Answers.
pub async fn alive() -> Response {
    let headers = [
        (http::header::CONTENT_TYPE, APPLICATION_JSON),
        (CACHE_CONTROL, NO_STORE),
    ];
    (headers, r#"{"status":"alive"}"#).into_response()
}
