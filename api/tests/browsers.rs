//! What answers tell browsers, and which other pages may ask.

use api::{Api, ApiOptions, EdgeOptions};
use axum::Router;
use http::Method;

use crate::ask::{Answer, anonymous, ask, empty, get};

#[tokio::test]
async fn every_answer_is_data_and_nothing_else() {
    let router = Api::closed(ApiOptions::default()).router();
    for path in ["/healthz", "/problems", "/v1/orders", "/nowhere"] {
        let answer = ask(&router, empty(anonymous(Method::GET, path))).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; frame-ancestors 'none'"
        );
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(!answer.headers.contains_key("strict-transport-security"));
        assert!(!answer.headers.contains_key("vary"), "{:?}", answer.headers);
    }
    // What is shown to somebody stays with nobody.
    let answer = get(&router, "/problems").await;
    assert_eq!(answer.header("cache-control"), "no-store");
}

fn shop() -> Router {
    let edge = EdgeOptions {
        cors_origins: vec!["https://shop.example".parse().unwrap()],
        ..EdgeOptions::default()
    };
    let options = ApiOptions {
        edge,
        ..ApiOptions::default()
    };
    Api::closed(options).router()
}

async fn from(origin: &str, method: Method) -> Answer {
    let request = anonymous(method, "/v1/orders")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,idempotency-key",
        );
    ask(&shop(), empty(request)).await
}

#[tokio::test]
async fn a_page_of_ours_may_ask_and_another_may_not() {
    let allowed = from("https://shop.example", Method::OPTIONS)
        .await
        .expect(200);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert!(
        allowed
            .header("access-control-allow-headers")
            .contains("idempotency-key")
    );
    assert!(
        allowed
            .header("access-control-allow-methods")
            .contains("POST")
    );
    assert!(
        !allowed
            .headers
            .contains_key("access-control-allow-credentials")
    );
    // Refusals can be read by the page as well.
    let refused = from("https://shop.example", Method::GET).await.expect(401);
    assert_eq!(
        refused.header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert!(
        refused
            .header("access-control-expose-headers")
            .contains("daybook-position")
    );
    for other in [
        "https://evil.example",
        "https://shop.example.evil.example",
        "http://shop.example",
        "null",
    ] {
        let answer = from(other, Method::OPTIONS).await;
        assert!(
            !answer.headers.contains_key("access-control-allow-origin"),
            "{other}"
        );
    }
}
