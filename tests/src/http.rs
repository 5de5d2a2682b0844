//! A small HTTP client: bearer token on every request, a fresh idempotency key on every POST, JSON in and out.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use uuid::Uuid;

const DEADLINE: Duration = Duration::from_secs(30);

/// A client of one server.
#[derive(Clone, Debug)]
pub struct Http {
    base: String,
    token: Option<String>,
    client: reqwest::Client,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body's bytes, for comparisons byte by byte.
    pub body: Vec<u8>,
}

impl Http {
    /// A client of `base` (`http://127.0.0.1:8080`) with the harness' token.
    pub fn new(base: &str) -> Self {
        let client = reqwest::Client::builder().timeout(DEADLINE).build();
        Self {
            base: base.trim_end_matches('/').to_owned(),
            token: Some(crate::TOKEN.to_owned()),
            client: client.expect("build an HTTP client"),
        }
    }

    /// The same client with another token, or with none.
    pub fn with_token(mut self, token: Option<&str>) -> Self {
        self.token = token.map(str::to_owned);
        self
    }

    /// A request to be completed by the caller (`.header(…)`, `.body(…)`, …), then given to [`Http::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` under a fresh idempotency key.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_as(path, &Uuid::now_v7().to_string(), body).await
    }

    /// `POST` under the given idempotency key.
    pub async fn post_as(&self, path: &str, key: &str, body: &Value) -> Reply {
        let request = self.request(Method::POST, path);
        self.send(request.header("idempotency-key", key).json(body))
            .await
    }

    /// `PUT`, `PATCH` or `DELETE` of the version in `etag`.
    pub async fn edit(&self, method: Method, path: &str, etag: &str, body: &Value) -> Reply {
        let request = self.request(method, path).header("if-match", etag);
        self.send(request.json(body)).await
    }

    /// Sends it; a request without an answer fails the test.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        self.try_send(request)
            .await
            .unwrap_or_else(|error| panic!("no answer from {}: {error}", self.base))
    }

    /// Sends it; for tests in which the server is away on purpose.
    pub async fn try_send(&self, request: RequestBuilder) -> Result<Reply, reqwest::Error> {
        let response = request.send().await?;
        Ok(Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await?.to_vec(),
        })
    }
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.describe()))
    }

    /// One header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The problem's `code`, or nothing when the body is no problem.
    pub fn code(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get("code")?.as_str()?.to_owned())
    }

    /// Status and body for a failure's message.
    pub fn describe(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }

    /// Fails the test with the whole answer unless the status is `status`.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert!(
            self.status == status,
            "expected {status}, got {}",
            self.describe()
        );
        self
    }
}
