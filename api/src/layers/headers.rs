//! What every answer says to browsers: guess no types, run nothing, tell nobody where you came from, keep nothing that is
//! somebody's. And which other pages may ask.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    HeaderValue, IF_MATCH, IF_NONE_MATCH, LINK, LOCATION, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method};
use tower_http::cors::CorsLayer;

use crate::serve::Peer;

/// Answers of the API are data: a browser that shows one as a page must neither run nor fetch nor frame anything.
const NOTHING_RUNS: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Two years, as the lists of the browsers ask for (RFC 6797). Only over TLS: said in clear it would be ignored anyway. Without
/// `includeSubDomains`: what else is served there is not ours to say.
const ONLY_BY_TLS: HeaderValue = HeaderValue::from_static("max-age=63072000");

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// How long a browser may remember what other pages are allowed.
const CORS_AGE: Duration = Duration::from_secs(600);

/// Adds what a handler has not said itself.
pub async fn headers(request: Request, next: Next) -> Response {
    let encrypted = request
        .extensions()
        .get()
        .is_some_and(|peer: &Peer| peer.encrypted);
    let is_somebodys = request.headers().contains_key(AUTHORIZATION);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    unless_said(headers, X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    unless_said(headers, CONTENT_SECURITY_POLICY, NOTHING_RUNS);
    unless_said(headers, REFERRER_POLICY, NO_REFERRER);
    if is_somebodys {
        unless_said(headers, CACHE_CONTROL, NO_STORE);
    }
    if encrypted {
        unless_said(headers, STRICT_TRANSPORT_SECURITY, ONLY_BY_TLS);
    }
    response
}

fn unless_said(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}

/// Lets pages of these origins use the API from a browser (the CORS protocol of the Fetch standard). Without credentials of the
/// browser's own: who asks is said by the bearer token alone. Without origins nothing is said, which browsers take for a no.
pub fn other_pages<S: Clone + Send + Sync + 'static>(
    routes: Router<S>,
    origins: &[HeaderValue],
) -> Router<S> {
    if origins.is_empty() {
        return routes;
    }
    let asked = [
        ACCEPT,
        AUTHORIZATION,
        CONTENT_TYPE,
        IF_MATCH,
        IF_NONE_MATCH,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("prefer"),
        HeaderName::from_static("daybook-min-position"),
        HeaderName::from_static("traceparent"),
        HeaderName::from_static("tracestate"),
    ];
    let answered = [
        ETAG,
        LINK,
        LOCATION,
        RETRY_AFTER,
        WWW_AUTHENTICATE,
        HeaderName::from_static("daybook-position"),
        HeaderName::from_static("idempotency-replayed"),
        HeaderName::from_static("preference-applied"),
        HeaderName::from_static("ratelimit"),
        HeaderName::from_static("ratelimit-policy"),
    ];
    let cors = CorsLayer::new()
        .allow_origin(origins.to_vec())
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers(asked)
        .expose_headers(answered)
        .max_age(CORS_AGE);
    routes.layer(cors)
}
