//! Problems as clients see them, and their table.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn;
use axum::routing::get;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::layers::observe;

async fn get_of(router: Router, path: &str) -> (Response, Value) {
    let router = router.layer(from_fn(observe));
    let request = Request::get(path).body(Body::empty()).unwrap();
    let mut response = router.oneshot(request).await.unwrap();
    let body = std::mem::take(response.body_mut());
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    (response, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn a_problem_says_what_where_and_what_would_be_right() {
    let wrong = || async {
        Problem::at(
            Code::ValidationFailed,
            "/lines/3/sku",
            "invalid-value",
            "no such SKU",
        )
    };
    let (response, body) = get_of(Router::new().route("/here", get(wrong)), "/here?x=1").await;
    assert_eq!(response.status(), 422);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let trace_id = body["trace_id"].as_str().unwrap().to_owned();
    assert_eq!(trace_id.len(), 32);
    let expected = json!({
        "type": "/problems/validation-failed",
        "title": "Something in the request is not right",
        "status": 422,
        "detail": "no such SKU",
        "instance": "/here",
        "code": "validation-failed",
        "trace_id": trace_id,
        "errors": [{"pointer": "/lines/3/sku", "code": "invalid-value", "detail": "no such SKU"}],
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_tells_nothing() {
    async fn panics() -> Problem {
        panic!("the secret reason")
    }
    let (response, body) = get_of(Router::new().route("/", get(panics)), "/").await;
    assert_eq!(response.status(), 500);
    assert_eq!(body["code"], "internal-error");
    assert!(!body.to_string().contains("secret"));
}

#[tokio::test]
async fn an_error_of_a_library_becomes_a_problem() {
    let plain = || async {
        (
            StatusCode::IM_A_TEAPOT,
            [("x-kept", "yes")],
            "short and stout",
        )
    };
    let (response, body) = get_of(Router::new().route("/", get(plain)), "/").await;
    assert_eq!(
        (response.status().as_u16(), &body["code"]),
        (400, &json!("malformed-request"))
    );
    assert_eq!(response.headers()["x-kept"], "yes");
}

#[tokio::test]
async fn what_passes_says_when_to_try_again() {
    let passing = || async { Problem::new(Code::Overloaded, "busy") };
    let (response, _) = get_of(Router::new().route("/", get(passing)), "/").await;
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(response.headers()["cache-control"], "no-store");
}

#[test]
fn every_code_is_there_once_and_explained() {
    let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
    for code in Code::ALL {
        assert_eq!(Code::find(code.as_str()), Some(*code));
        assert!(
            code.as_str()
                .bytes()
                .all(|b| b == b'-' || b.is_ascii_lowercase()),
            "{code:?}"
        );
        assert!(
            code.status().is_client_error() || code.status().is_server_error(),
            "{code:?}"
        );
        assert!(
            code.explanation().len() > 40 && code.title().len() > 10,
            "{code:?}"
        );
    }
}
