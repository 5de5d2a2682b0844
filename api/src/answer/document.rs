//! The answer to a query: a body, with what caches need to know of it.

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, VARY};
use http::{HeaderMap, StatusCode};
use projections::Document;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::problem::Problem;
use crate::request::Read;

/// The position of a receipt, or one that an answer shows for certain.
pub const POSITION: HeaderName = HeaderName::from_static("daybook-position");
/// The media type of everything but problems and pages for people.
pub const APPLICATION_JSON: HeaderValue = HeaderValue::from_static("application/json");
/// For what is true only at the moment.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// How many hex digits of a body's hash make its `ETag`.
const HASH_DIGITS: usize = 32;

/// Who may keep an answer. Whoever does asks again each time whether it is still right.
#[derive(Clone, Copy, Debug)]
pub enum Audience {
    /// Everybody sees the same.
    Everybody,
    /// It is for this client.
    Client,
}

/// The `ETag` of a stream's version: what `If-Match` takes.
pub fn etag_of_version(version: u64) -> String {
    format!("\"v{version}\"")
}

/// Answers with a document that shows one stream. Where it shows another one beside, its `ETag` says
/// how far that is too: `"v17.3"`.
pub fn document(read: &Read, audience: Audience, document: Document) -> Response {
    let etag = match document.revision {
        0 => etag_of_version(document.version),
        revision => format!("\"v{}.{revision}\"", document.version),
    };
    answer(read, audience, &etag, document.body)
}

/// Answers with a body that shows several streams: its `ETag` is of its bytes.
pub fn overview(read: &Read, audience: Audience, body: String) -> Response {
    let digest = Sha256::digest(body.as_bytes());
    let mut hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hash.truncate(HASH_DIGITS);
    answer(read, audience, &format!("\"{hash}\""), body.into())
}

/// Answers with something that is made for the moment.
pub fn json(value: &impl Serialize) -> Result<Response, Problem> {
    let body = text(value)?;
    let headers = [(CONTENT_TYPE, APPLICATION_JSON), (CACHE_CONTROL, NO_STORE)];
    Ok((headers, body).into_response())
}

/// Something as JSON.
pub fn text(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Problem::internal()
    })
}

fn answer(read: &Read, audience: Audience, etag: &str, body: Bytes) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(VARY, HeaderValue::from_static("authorization"));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static(match audience {
            Audience::Everybody => "public, no-cache",
            Audience::Client => "private, no-cache",
        }),
    );
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(ETAG, etag);
    }
    if let Some(position) = read.position() {
        headers.insert(POSITION, HeaderValue::from(position));
    }
    if read.has_already(etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(CONTENT_TYPE, APPLICATION_JSON);
    (headers, body).into_response()
}
