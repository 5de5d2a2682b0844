//! Problems: how every error is told to a client (RFC 9457).
//!
//! A handler returns a [`Problem`]; it knows neither the path nor the trace. The outermost layer
//! completes it ([`finish`]), along with whatever other error a library answered with, so there is one place
//! where errors become bytes. What is for the operators goes to the log where it is met, never in here.

mod code;
mod convert;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::FieldError;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use serde::Serialize;

pub use code::Code;

/// The media type of problems.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// How many faults one answer names. A body of a megabyte can hold very many.
const ERRORS_MAX: usize = 100;

/// An error, as the client is told.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    /// What this code has to say beyond the others, by name (RFC 9457, 3.2).
    more: BTreeMap<&'static str, String>,
    /// Seconds after which trying again makes sense, where that is known better than the code tells.
    retry_after_seconds: Option<u32>,
    /// What is wrong with the token, for `WWW-Authenticate` (RFC 6750, section 3).
    challenge: Option<Challenge>,
}

/// What is wrong with a token.
#[derive(Clone, Debug)]
enum Challenge {
    /// It is not good, or not any more.
    InvalidToken,
    /// It does not allow this; one of these scopes would.
    InsufficientScope(String),
}

/// A problem as it is sent.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    code: &'static str,
    trace_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    more: &'a BTreeMap<&'static str, String>,
}

impl Problem {
    /// A problem; `detail` says what was wrong, where, and what would be right.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            more: BTreeMap::new(),
            challenge: None,
            retry_after_seconds: None,
        }
    }

    /// A problem with one place of the request.
    pub fn at(
        code: Code,
        pointer: impl Into<String>,
        fault: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let detail = detail.into();
        let error = FieldError::new(pointer, fault, detail.clone());
        Self::new(code, detail).with_errors(vec![error])
    }

    /// There is no such thing, or none that this client may see.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Code::NotFound, detail)
    }

    /// A defect of ours. What it was is for the log; the caller writes it there.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            Code::InternalError,
            "the server met a defect of its own; the log explains it under the trace_id",
        )
    }

    /// The token is not good. Whatever is wrong with it, the answer is the same: only what its holder can mend has a code
    /// of its own.
    #[must_use]
    pub fn invalid_token(code: Code) -> Self {
        let detail = match code {
            Code::TokenExpired => "the token has expired",
            Code::TokenRevoked => "the token's session has ended, or its client was disabled",
            _ => "the bearer token is not one that this server accepts",
        };
        let mut problem = Self::new(code, detail);
        problem.challenge = Some(Challenge::InvalidToken);
        problem
    }

    /// Whoever asks may not; one of these scopes, with spaces between them, is needed.
    #[must_use]
    pub fn insufficient_scope(detail: impl Into<String>, scopes: String) -> Self {
        let mut problem = Self::new(Code::InsufficientScope, detail);
        problem.challenge = Some(Challenge::InsufficientScope(scopes));
        problem
    }

    /// The same problem with the places that are to blame.
    #[must_use]
    pub fn with_errors(mut self, mut errors: Vec<FieldError>) -> Self {
        errors.truncate(ERRORS_MAX);
        self.errors = errors;
        self
    }

    /// The same problem with one more member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.more.insert(name, value.to_string());
        self
    }

    /// The same problem with its pointers below `from` moved to `to`: for routes whose body is a part of the command.
    #[must_use]
    pub fn with_pointers_moved(mut self, from: &str, to: &str) -> Self {
        for error in &mut self.errors {
            if let Some(rest) = error.pointer.strip_prefix(from) {
                error.pointer = format!("{to}{rest}");
            }
        }
        self
    }

    /// The same problem with a word about when to try again, in seconds.
    #[must_use]
    pub fn retry_after_seconds(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// What kind it is.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What was wrong, where, and what would be right.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The places that are to blame.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Seconds after which trying again makes sense, where it does.
    fn retry_after(&self) -> Option<HeaderValue> {
        if let Some(seconds) = self.retry_after_seconds {
            return Some(HeaderValue::from(seconds));
        }
        let passes = matches!(
            self.code,
            Code::IdempotencyInProgress
                | Code::Overloaded
                | Code::Unavailable
                | Code::OutcomeUnknown
                | Code::NotReady
                | Code::ProjectionBehind
                | Code::Timeout
        );
        passes.then(|| HeaderValue::from_static("1"))
    }

    /// How to come in (RFC 9110, 11.6.1): on every 401, and where a token does not reach.
    fn authenticate(&self) -> Option<HeaderValue> {
        let challenge = match &self.challenge {
            None if self.code.status() != StatusCode::UNAUTHORIZED => return None,
            None => r#"Bearer realm="daybook""#.to_owned(),
            Some(Challenge::InvalidToken) => {
                r#"Bearer realm="daybook", error="invalid_token""#.to_owned()
            }
            // None would do: it is not lent to programs.
            Some(Challenge::InsufficientScope(scopes)) if scopes.is_empty() => {
                r#"Bearer realm="daybook", error="insufficient_scope""#.to_owned()
            }
            Some(Challenge::InsufficientScope(scopes)) => {
                format!(r#"Bearer realm="daybook", error="insufficient_scope", scope="{scopes}""#)
            }
        };
        HeaderValue::from_str(&challenge).ok()
    }

    fn to_json(&self, instance: &str, trace_id: &str) -> Vec<u8> {
        let document = Document {
            r#type: format!("/problems/{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: &self.detail,
            instance,
            code: self.code.as_str(),
            trace_id,
            errors: &self.errors,
            more: &self.more,
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    /// Status and headers; the outermost layer adds the body.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, seconds);
        }
        if let Some(challenge) = self.authenticate() {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Marks an error answer that has its own form: a page for people, an error of OAuth. It is left as it is.
#[derive(Clone, Copy, Debug)]
pub struct OwnForm;

/// Completes an answer: a problem gets its body, and an error that is none becomes one. Its [`Code`] stays with the answer.
pub fn finish(mut response: Response, instance: &str, trace_id: &str) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.extensions().get::<OwnForm>().is_some() {
        return response;
    }
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None => {
            let problem = foreign(status);
            let mut complete = problem.clone().into_response();
            for (name, value) in response.headers() {
                complete.headers_mut().append(name, value.clone());
            }
            response = complete;
            problem
        }
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, PROBLEM_JSON);
    headers.remove(CONTENT_LENGTH);
    headers.remove(ETAG);
    *response.body_mut() = Body::from(problem.to_json(instance, trace_id));
    response.extensions_mut().insert(problem.code);
    response
}

/// What an error of a library means. There should be none but those that routing makes.
fn foreign(status: StatusCode) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::not_found("there is no such route"),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            Code::MethodNotAllowed,
            "this path does not take this method; the header Allow names those that it takes",
        ),
        status if status.is_client_error() => {
            Problem::new(Code::MalformedRequest, "the request cannot be read")
        }
        status => {
            tracing::error!(%status, "an error answer was made outside of the problems' table");
            Problem::internal()
        }
    }
}
