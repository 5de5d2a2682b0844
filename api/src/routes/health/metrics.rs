//! `GET /metrics`: the process' metrics as Prometheus reads them.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue};

const PROMETHEUS_TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4");

/// Renders the metrics.
pub async fn metrics() -> Response {
    ([(CONTENT_TYPE, PROMETHEUS_TEXT)], crate::metrics::render()).into_response()
}
