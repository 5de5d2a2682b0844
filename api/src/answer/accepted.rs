//! The answer to an accepted command: a pure function of its receipt and the request, so that a repeated request is
//! answered with the same bytes.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use commands::Receipt;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use super::document::{APPLICATION_JSON, NO_STORE, POSITION, etag_of_version};

/// Marks the answer to a request that had been answered before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An accepted command.
#[derive(Debug)]
pub struct Accepted {
    status: StatusCode,
    receipt: Receipt,
    location: Option<String>,
    /// What this command has to say beyond any receipt, by name.
    more: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    version: u64,
    position: u64,
    #[serde(flatten)]
    more: &'a BTreeMap<&'static str, String>,
}

impl Accepted {
    /// Something changed.
    pub fn changed(receipt: Receipt) -> Self {
        Self {
            status: StatusCode::OK,
            receipt,
            location: None,
            more: BTreeMap::new(),
        }
    }

    /// Something came to be; `collection` followed by its id is where it can be read.
    pub fn created(receipt: Receipt, collection: &str) -> Self {
        let location = format!("{collection}/{}", receipt.subject().aggregate_id);
        Self::created_at(receipt, location)
    }

    /// Something came to be, and can be read at `location`.
    pub fn created_at(receipt: Receipt, location: String) -> Self {
        Self {
            status: StatusCode::CREATED,
            location: Some(location),
            ..Self::changed(receipt)
        }
    }

    /// With one more field: the id of what came to be, or what became of it.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.more.insert(name, value.to_string());
        self
    }

    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Body {
            id: &self.receipt.subject().aggregate_id,
            version: self.receipt.version(),
            position: self.receipt.position,
            more: &self.more,
        })
    }

    /// The headers of the answer, which a refusal of what was accepted carries as well.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, APPLICATION_JSON);
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(POSITION, HeaderValue::from(self.receipt.position));
        if let Ok(etag) = HeaderValue::from_str(&etag_of_version(self.receipt.version())) {
            headers.insert(ETAG, etag);
        }
        if let Some(Ok(location)) = self.location.as_deref().map(HeaderValue::from_str) {
            headers.insert(LOCATION, location);
        }
        if self.receipt.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        headers
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        match self.body() {
            Ok(body) => (self.status, self.headers(), body).into_response(),
            Err(error) => {
                tracing::error!(%error, "a receipt could not be written");
                crate::problem::Problem::internal().into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use commands::StreamId;

    use super::*;

    fn receipt(replayed: bool) -> Receipt {
        Receipt {
            position: 1_042,
            streams: vec![
                (StreamId::new("order", "0190163d"), 3),
                (StreamId::new("stock", "A@main"), 9),
            ],
            events: 2,
            replayed,
        }
    }

    #[tokio::test]
    async fn a_repeat_has_the_same_bytes_and_says_that_it_is_one() {
        let first = Accepted::created(receipt(false), "/v1/orders").into_response();
        let again = Accepted::created(receipt(true), "/v1/orders").into_response();
        assert_eq!(
            (first.status(), again.status()),
            (StatusCode::CREATED, StatusCode::CREATED)
        );
        assert_eq!(first.headers()["etag"], "\"v3\"");
        assert_eq!(first.headers()["daybook-position"], "1042");
        assert_eq!(first.headers()["location"], "/v1/orders/0190163d");
        assert!(!first.headers().contains_key("idempotency-replayed"));
        assert_eq!(again.headers()["idempotency-replayed"], "true");
        let bytes = to_bytes(first.into_body(), usize::MAX).await.unwrap();
        assert_eq!(bytes, r#"{"id":"0190163d","version":3,"position":1042}"#);
        assert_eq!(
            bytes,
            to_bytes(again.into_body(), usize::MAX).await.unwrap()
        );
    }
}
