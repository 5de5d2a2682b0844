//! Asking a router without a socket in between.

use api::ApiOptions;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::request::Builder;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

/// The token of a service that may do everything.
pub const TOKEN: &str = "tests-token-0123456789abcdef";

/// The settings of an API under test.
pub fn options() -> ApiOptions {
    ApiOptions {
        token: Some(TOKEN.to_owned()),
        ..ApiOptions::default()
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body, or nothing where it is none.
    pub fn json_or_null(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        let value =
            value.unwrap_or_else(|| panic!("no {name} in {} {:?}", self.status, self.headers));
        value.to_str().unwrap()
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// A complete problem of this code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let body = answer.json();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["type"], format!("/problems/{code}"));
        for field in ["title", "detail", "instance", "trace_id"] {
            assert!(
                body[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field}: {body}"
            );
        }
        body
    }
}

/// A request with the token, and a fresh idempotency key if it is a POST.
pub fn request(method: Method, path: &str) -> Builder {
    let request =
        anonymous(method.clone(), path).header("authorization", format!("Bearer {TOKEN}"));
    if method == Method::POST {
        request.header("idempotency-key", uuid::Uuid::now_v7().to_string())
    } else {
        request
    }
}

pub fn anonymous(method: Method, path: &str) -> Builder {
    Request::builder().method(method).uri(path)
}

pub fn with_json(request: Builder, body: &Value) -> Request {
    let request = request.header("content-type", "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

pub fn empty(request: Builder) -> Request {
    request.body(Body::empty()).unwrap()
}

pub async fn ask(router: &Router, request: Request) -> Answer {
    let mut response = router.clone().oneshot(request).await.unwrap();
    let body = std::mem::take(response.body_mut());
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
    }
}

/// A POST under this idempotency key.
pub async fn post_as(router: &Router, path: &str, key: &str, body: &Value) -> Answer {
    let mut request = with_json(request(Method::POST, path), body);
    let key = key.parse().unwrap();
    request.headers_mut().insert("idempotency-key", key);
    ask(router, request).await
}

pub async fn get(router: &Router, path: &str) -> Answer {
    ask(router, empty(request(Method::GET, path))).await
}

pub async fn post(router: &Router, path: &str, body: &Value) -> Answer {
    ask(router, with_json(request(Method::POST, path), body)).await
}
