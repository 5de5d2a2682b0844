//! Too much at once, and too long.

use std::convert::Infallible;
use std::time::Duration;

use api::{Api, ApiOptions};
use axum::body::{Body, Bytes};
use futures::stream;
use http::Method;

use crate::ask::{ask, get, options, request};

/// A request that is worked on for as long as its body does not end.
fn endless() -> axum::extract::Request {
    let body = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let request = request(Method::POST, "/v1/orders").header("content-type", "application/json");
    request.body(body).unwrap()
}

#[tokio::test]
async fn one_more_than_fits_is_refused_at_once() {
    let api = Api::closed(ApiOptions {
        requests_at_once_max: 1,
        ..options()
    });
    let router = api.router();
    let running = tokio::spawn({
        let router = router.clone();
        async move { ask(&router, endless()).await }
    });
    daybook_tests::eventually("the gate is closed", Duration::from_secs(10), async || {
        let answer = get(&router, "/v1/orders").await;
        match answer.json()["code"].as_str() {
            Some("overloaded") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    let refused = get(&router, "/v1/orders").await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.expect_problem(503, "overloaded");
    // Those who watch the process get in all the same.
    get(&router, "/healthz").await.expect(200);
    running.abort();
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
