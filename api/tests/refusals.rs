//! What is refused before anything is asked of the books: none of this needs a database.

use api::{Api, Code};
use axum::Router;
use axum::body::Body;
use http::Method;
use serde_json::json;

use crate::ask::{TOKEN, anonymous, ask, empty, get, options, post, request, with_json};

fn closed() -> Router {
    Api::closed(options()).router()
}

#[tokio::test]
async fn everything_but_the_catalogue_and_health_needs_the_token() {
    let router = closed();
    for (method, path) in [
        (Method::POST, "/v1/products"),
        (Method::PATCH, "/v1/products/some-slug"),
        (Method::GET, "/v1/stock/A-1"),
        (Method::POST, "/v1/orders"),
        (Method::GET, "/v1/orders"),
        (Method::GET, "/v1/events"),
        (Method::GET, "/v1/streams/order-1"),
        (Method::GET, "/v1/sales"),
        (Method::GET, "/v1/projections"),
        (Method::POST, "/v1/payments/1/refunds"),
        (Method::POST, "/v1/orders/1/returns"),
        (Method::POST, "/v1/attention/1/decisions"),
    ] {
        let answer = ask(&router, empty(anonymous(method, path))).await;
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, r#"Bearer realm="daybook""#);
        answer.expect_problem(401, "authentication-required");
    }
    for token in ["Basic abc", "Bearer", ""] {
        for path in ["/v1/events", "/v1/products"] {
            let request = anonymous(Method::GET, path).header("authorization", token);
            ask(&router, empty(request))
                .await
                .expect_problem(401, "authentication-required");
        }
    }
    for path in ["/healthz", "/metrics", "/problems", "/problems/not-found"] {
        ask(&router, empty(anonymous(Method::GET, path)))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn closed_books_are_503_and_say_so() {
    let router = closed();
    for path in [
        "/v1/products",
        "/v1/products/a-slug",
        "/v1/events",
        "/v1/stock/A-1",
    ] {
        let answer = get(&router, path).await;
        assert_eq!(answer.header("retry-after"), "1");
        answer.expect_problem(503, "unavailable");
    }
    let missing = get(&router, "/readyz")
        .await
        .expect_problem(503, "not-ready");
    assert_eq!(missing["errors"][0]["pointer"], "/journal");
    let order = json!({"currency": "USD", "lines": [{"sku": "A-1", "quantity": 1}]});
    post(&router, "/v1/orders", &order)
        .await
        .expect_problem(503, "unavailable");
}

#[tokio::test]
async fn nowhere_is_404_and_a_wrong_method_405() {
    let router = closed();
    for path in ["/", "/v1", "/v1/nowhere", "/v1/orders/", "/v1/orders/x/y/z"] {
        get(&router, path).await.expect_problem(404, "not-found");
    }
    let answer = ask(&router, empty(request(Method::DELETE, "/v1/products"))).await;
    let allowed = answer.header("allow").to_owned();
    assert!(
        allowed.contains("GET") && allowed.contains("POST"),
        "{allowed}"
    );
    answer.expect_problem(405, "method-not-allowed");
}

#[tokio::test]
async fn what_can_be_read_can_be_asked_for_with_head() {
    let router = closed();
    for path in ["/healthz", "/problems/not-found"] {
        let answer = ask(&router, empty(anonymous(Method::HEAD, path)))
            .await
            .expect(200);
        assert!(answer.body.is_empty());
    }
}

#[tokio::test]
async fn ids_that_nothing_can_have_are_404() {
    let router = closed();
    for path in [
        "/v1/orders/not-a-uuid",
        "/v1/stock/lower",
        "/v1/stock/A%00B",
        "/v1/stock/%FF",
        "/v1/streams/order",
    ] {
        get(&router, path).await.expect_problem(404, "not-found");
    }
    post(&router, "/v1/orders/1/notes", &json!({"note": "x"}))
        .await
        .expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_post_needs_a_key_of_visible_characters() {
    let router = closed();
    let of = |key: Option<&str>| {
        let request = anonymous(Method::POST, "/v1/orders")
            .header("authorization", format!("Bearer {TOKEN}"));
        match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        }
    };
    for key in [
        None,
        Some(""),
        Some("with space"),
        Some("k".repeat(256).as_str()),
    ] {
        let answer = ask(&router, with_json(of(key), &json!({}))).await;
        answer.expect_problem(400, "idempotency-key-missing");
    }
}

#[tokio::test]
async fn an_edit_needs_a_version() {
    let router = closed();
    let path = "/v1/products/0190163d-8694-739b-aea5-966c26f8ad91";
    let edit = |version: Option<&str>| {
        let request = request(Method::PATCH, path);
        let request = match version {
            Some(version) => request.header("if-match", version),
            None => request,
        };
        with_json(request, &json!({"name": "New"}))
    };
    ask(&router, edit(None))
        .await
        .expect_problem(428, "if-match-required");
    let wrong = ask(&router, edit(Some("17")))
        .await
        .expect_problem(400, "malformed-request");
    assert_eq!(wrong["errors"][0]["pointer"], "header:If-Match");
    ask(&router, edit(Some("\"v17\"")))
        .await
        .expect_problem(503, "unavailable");
}

#[tokio::test]
async fn bodies_are_read_strictly() {
    let router = closed();
    let send = async |media: &str, body: Vec<u8>| {
        let request = request(Method::POST, "/v1/orders").header("content-type", media);
        ask(&router, request.body(Body::from(body)).unwrap()).await
    };
    let json = "application/json; charset=utf-8";
    for (body, pointer) in [
        ("{", ""),
        ("[]", ""),
        ("null", ""),
        ("", ""),
        (r#"{"currency":"USD","lines":[],"colour":"red"}"#, "/colour"),
        (
            r#"{"currency":"USD","lines":[{"sku":"A","quantity":"two"}]}"#,
            "/lines/0/quantity",
        ),
        (
            r#"{"currency":"USD","lines":[{"sku":"A","quantity":1e400}]}"#,
            "/lines/0/quantity",
        ),
        (r#"{"currency":"USD","lines":[["A",1]]}"#, "/lines/0"),
    ] {
        let problem = send(json, body.into())
            .await
            .expect_problem(400, "malformed-request");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    send(json, vec![b'"', 0xff, b'"'])
        .await
        .expect_problem(400, "malformed-request");
    send("text/plain", b"{}".to_vec())
        .await
        .expect_problem(415, "unsupported-media-type");
    let packed = request(Method::POST, "/v1/orders")
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    let packed = ask(&router, packed.body(Body::from(vec![0x1f, 0x8b])).unwrap()).await;
    packed.expect_problem(415, "unsupported-media-type");
    let large = send(json, vec![b' '; 1024 * 1024 + 1]).await;
    large.expect_problem(413, "payload-too-large");
}

#[tokio::test]
async fn every_value_that_breaks_a_rule_is_named() {
    let order = json!({
        "currency": "usd", "customer": "a\u{0}b", "placed_at": "yesterday", "paid": "cash",
        "lines": [
            {"sku": "bad one", "quantity": 0},
            {"sku": "A-1", "quantity": -1},
            {"sku": "A-1", "quantity": 1, "net": 5},
        ],
        "expected_total": {"minor": 1, "currency": "DOLLARS"},
    });
    let problem = post(&closed(), "/v1/orders", &order)
        .await
        .expect_problem(422, "validation-failed");
    let errors = problem["errors"].as_array().unwrap();
    let pointers: Vec<&str> = errors
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        [
            "/currency",
            "/lines/0/sku",
            "/lines/0/quantity",
            "/lines/1/quantity",
            "/lines/2/gross",
            "/customer",
            "/expected_total/currency",
            "/placed_at",
            "/paid",
        ]
    );
}

#[tokio::test]
async fn query_parameters_are_read_strictly() {
    let router = closed();
    for (path, pointer) in [
        ("/v1/products?colour=red", "?colour"),
        ("/v1/products?limit=-1", "?limit"),
        ("/v1/products?limit=1&limit=2", "?limit"),
        ("/v1/products?in_stock=maybe", "?in_stock"),
        ("/v1/products?currency=dollars", "?currency"),
        ("/v1/products?sort=colour", "?sort"),
        ("/v1/products?q=%00", "?q"),
        ("/v1/orders?status=lost", "?status"),
        ("/v1/stock?below=few", "?below"),
        ("/v1/sales?to=2017-02-01&by=day", "?from"),
        ("/v1/sales?from=yesterday&to=2017-02-01&by=day", "?from"),
        ("/v1/sales?from=2017-01-01&to=2017-02-01&by=moon", "?by"),
        ("/v1/events?limit=1001", "?limit"),
        ("/v1/events?after=-1", "?after"),
        ("/v1/projections?x", "?x"),
        ("/v1/ledger/entries?account=petty_cash", "?account"),
        ("/v1/ledger/entries?order=1", "?order"),
        ("/v1/ledger/trial-balance?at=noon", "?at"),
        ("/v1/attention?limit=0", "?limit"),
        (
            "/v1/orders/0190163d-8694-739b-aea5-966c26f8ad91/timeline?x",
            "?x",
        ),
    ] {
        let problem = get(&router, path)
            .await
            .expect_problem(400, "malformed-request");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}

#[tokio::test]
async fn every_code_has_its_page() {
    let router = closed();
    let list = get(&router, "/problems").await.expect(200).text();
    for code in Code::ALL {
        let page = get(&router, &format!("/problems/{}", code.as_str()))
            .await
            .expect(200)
            .text();
        assert!(
            page.contains(code.title()) && list.contains(code.title()),
            "{code:?}"
        );
    }
    get(&router, "/problems/no-such-code")
        .await
        .expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_callers_trace_is_named_in_its_problems() {
    let trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = request(Method::GET, "/v1/nowhere")
        .header("traceparent", format!("00-{trace_id}-00f067aa0ba902b7-01"));
    let problem = ask(&closed(), empty(request))
        .await
        .expect_problem(404, "not-found");
    assert_eq!(problem["trace_id"], trace_id);
    assert_eq!(problem["instance"], "/v1/nowhere");
}

#[tokio::test]
async fn requests_are_counted_by_route_not_by_path() {
    let router = closed();
    get(&router, "/v1/orders/0190163d-8694-739b-aea5-966c26f8ad91")
        .await
        .expect(503);
    let metrics = get(&router, "/metrics").await.expect(200).text();
    assert!(metrics.contains(r#"route="/v1/orders/{id}""#), "{metrics}");
    assert!(
        metrics.contains("daybook_http_request_duration_seconds_bucket"),
        "{metrics}"
    );
    assert!(!metrics.contains("0190163d"), "{metrics}");
}
