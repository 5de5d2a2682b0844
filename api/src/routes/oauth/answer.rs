//! OAuth's answers: JSON that nobody keeps, and errors in OAuth's own form (RFC 6749 5.2).

use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, StatusCode};
use identity::oauth::{OAuthCode, OAuthError};
use serde::Serialize;
use serde_json::json;

use crate::problem::{OwnForm, Problem};

/// How a confidential client may show who it is.
const BASIC: HeaderValue = HeaderValue::from_static(r#"Basic realm="daybook", charset="UTF-8""#);

/// Why a request gets nothing.
#[derive(Debug)]
pub enum Refusal {
    /// By OAuth.
    OAuth(OAuthError),
    /// Before it came to that: the body did not arrive, the server is not open yet.
    Problem(Problem),
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::OAuth(error) => refused(&error),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// An answer.
pub fn answered(body: &impl Serialize) -> Result<Response, Refusal> {
    let body = crate::answer::text(body)?;
    Ok((headers(), body).into_response())
}

fn refused(error: &OAuthError) -> Response {
    let body = json!({
        "error": error.code.as_str(),
        "error_description": error.description,
    });
    let mut headers = headers();
    match error.code {
        OAuthCode::InvalidClient => {
            headers.insert(WWW_AUTHENTICATE, BASIC);
        }
        OAuthCode::TemporarilyUnavailable => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    let mut response = (status(error.code), headers, body.to_string()).into_response();
    response.extensions_mut().insert(OwnForm);
    response
}

/// The status that goes with an error.
pub const fn status(code: OAuthCode) -> StatusCode {
    match code {
        OAuthCode::InvalidClient => StatusCode::UNAUTHORIZED,
        OAuthCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        OAuthCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn headers() -> HeaderMap {
    HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (PRAGMA, HeaderValue::from_static("no-cache")),
    ])
}
