//! Too much at once, and too long.

use std::convert::Infallible;
use std::time::Duration;

use api::{Api, ApiOptions};
use axum::body::{Body, Bytes};
use futures::stream;
use http::Method;
use serde_json::json;

use crate::ask::{ask, options, post, request};

/// A request that is worked on for as long as its body does not end.
fn endless() -> axum::extract::Request {
    let body = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let request = request(Method::POST, "/v1/orders").header("content-type", "application/json");
    request.body(body).unwrap()
}

#[tokio::test]
async fn a_body_that_does_not_end_takes_nobodys_place() {
    let api = Api::closed(ApiOptions {
        requests_at_once_max: 1,
        ..options()
    });
    let router = api.router();
    let mut running = Box::pin(ask(&router, endless()));
    assert!(futures::poll!(&mut running).is_pending());
    // One who writes as well, and whose body has come.
    post(&router, "/v1/orders", &json!({}))
        .await
        .expect_problem(400, "malformed-request");
}

#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    let api = Api::closed(ApiOptions {
        request_timeout: Duration::from_millis(50),
        ..options()
    });
    let answer = ask(&api.router(), endless()).await;
    answer.expect_problem(504, "timeout");
}
