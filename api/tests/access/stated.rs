//! What a request says may need more than the request: whose an order is and what was paid, and large refunds. And what is told
//! to whoever may not.

use domain::value::Scope;
use http::Method;
use serde_json::{Value, json};

use super::cast::Cast;
use super::stage::{Stage, send};
use crate::world::World;

async fn place(world: &World, token: &str, more: Value) -> crate::ask::Answer {
    let mut body = json!({"currency": "USD", "lines": [{"sku": "A-1", "quantity": 1}]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    send(world, Some(token), Method::POST, "/v1/orders", Some(&body)).await
}

#[tokio::test]
async fn what_is_said_may_need_more_than_the_request() {
    let world = World::new().await;
    let cast = Cast::of(&world).await;
    let stage = Stage::set(&world, &cast).await;
    orders_are_ones_own(&world, &cast).await;
    only_channels_say_what_was_paid(&world, &cast).await;
    large_refunds_are_for_finance(&world, &cast, &stage).await;
    refusals_say_how_to_come_in(&world, &cast).await;
}

async fn orders_are_ones_own(world: &World, cast: &Cast) {
    let customer = &cast.customer;
    for more in [json!({}), json!({"customer": customer.id})] {
        let placed = place(world, customer.token(), more).await.expect(201);
        let path = format!("/v1/orders/{}", placed.json()["id"].as_str().unwrap());
        let read = world.get_after(&path, &placed).await.expect(200).json();
        assert_eq!(read["customer"], customer.id.as_str());
    }
    let refused = place(world, customer.token(), json!({"customer": "somebody"})).await;
    let refused = refused.expect_problem(403, "insufficient-scope");
    assert_eq!(refused["errors"][0]["pointer"], "/customer");
}

async fn only_channels_say_what_was_paid(world: &World, cast: &Cast) {
    let sold = json!({
        "customer": "household-1", "channel": "store-1", "placed_at": "2017-01-01T10:00:00Z", "paid": "external",
        "lines": [{"sku": "A-1", "quantity": 1, "gross": 1}],
    });
    let outside = json!({"payment": {"gateway": "external", "method": "cash"}});
    for token in [
        cast.customer.token(),
        cast.token("support"),
        cast.token("owner"),
        cast.service(Scope::OrdersWrite),
    ] {
        let refused = place(world, token, sold.clone()).await;
        let refused = refused.expect_problem(403, "insufficient-scope");
        let errors = refused["errors"].as_array().unwrap().iter();
        let pointers: Vec<_> = errors.map(|it| it["pointer"].as_str().unwrap()).collect();
        let all = [
            "/customer",
            "/channel",
            "/placed_at",
            "/paid",
            "/lines/0/gross",
        ];
        assert_eq!(pointers, all);
        let refused = place(world, token, outside.clone()).await;
        let refused = refused.expect_problem(403, "insufficient-scope");
        assert_eq!(refused["errors"][0]["pointer"], "/payment/gateway");
    }
    let token = cast.service(Scope::OrdersChannel);
    place(world, token, sold).await.expect(201);
}

async fn large_refunds_are_for_finance(world: &World, cast: &Cast, stage: &Stage) {
    let path = format!("/v1/payments/{}/refunds", stage.order.payment());
    let refund = async |token: &str, minor: i64| {
        let body = json!({"amount": {"minor": minor, "currency": "USD"}});
        send(world, Some(token), Method::POST, &path, Some(&body)).await
    };
    let refused = refund(cast.token("support"), 10_001).await;
    let refused = refused.expect_problem(403, "insufficient-scope");
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("the role finance"), "{detail}");
    // Nothing was captured, which only whoever may is told.
    for (token, minor) in [
        (cast.token("support"), 10_000),
        (cast.token("finance"), 10_001),
        (cast.service(Scope::PaymentsWrite), 10_001),
    ] {
        let answer = refund(token, minor).await;
        assert_ne!(answer.status, 403, "{}", answer.text());
    }
}

async fn refusals_say_how_to_come_in(world: &World, cast: &Cast) {
    let ask = async |token: Option<&str>| {
        let answer = send(world, token, Method::GET, "/v1/orders", None).await;
        let challenge = answer.header("www-authenticate").to_owned();
        (answer.status.as_u16(), challenge)
    };
    let realm = r#"Bearer realm="daybook""#;
    assert_eq!(ask(None).await, (401, realm.to_owned()));
    let wrong = (401, format!(r#"{realm}, error="invalid_token""#));
    for token in ["wrong", cast.token("expired"), cast.token("revoked")] {
        assert_eq!(ask(Some(token)).await, wrong);
    }
    let scope = r#"error="insufficient_scope", scope="orders:read""#;
    let token = cast.service(Scope::StockRead);
    assert_eq!(ask(Some(token)).await, (403, format!("{realm}, {scope}")));
}
