//! Payments, the ledger, timelines and what a person has to look at, as they are read.

use domain::payment::PaymentCommand;
use http::Method;
use serde_json::{Value, json};

use crate::ask::{Answer, ask, empty, request};
use crate::world::{Paying, World};

/// Captured, shipped, and a part of it refunded; the last write.
async fn sold<'a>(world: &'a World) -> (Paying<'a>, Answer) {
    world.sells("A-1", 1_000, 10).await;
    let paying = Paying::begun(world, "A-1", 2).await;
    paying.confirmed().await;
    let write = async |path: String, body: Value| world.post(&path, &body).await.expect(201);
    write(format!("{}/captures", paying.path()), json!({})).await;
    paying.settled().await;
    let shipments = format!("/v1/orders/{}/shipments", paying.order);
    write(shipments, json!({})).await;
    let amount = json!({"amount": {"minor": 300, "currency": "USD"}});
    write(format!("{}/refunds", paying.path()), amount).await;
    paying.settled().await;
    let notes = format!("/v1/orders/{}/notes", paying.order);
    let last = write(notes, json!({"note": "all is well"})).await;
    (paying, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_shows_what_was_taken_and_given_back() {
    let world = World::new().await;
    let (paying, last) = sold(&world).await;
    let read = world.get_after(&paying.path(), &last).await.expect(200);
    let payment = read.json();
    assert_eq!(payment["id"], paying.order.payment().to_string());
    assert_eq!(payment["order_id"], paying.order.to_string());
    assert_eq!(payment["status"], "partially_refunded", "{payment}");
    assert_eq!(payment["captured"]["minor"], 2_000, "{payment}");
    assert_eq!(payment["refunded"]["minor"], 300, "{payment}");
    let etag = read.header("etag").to_owned();
    let known = request(Method::GET, &paying.path()).header("if-none-match", etag);
    ask(&world.router, empty(known)).await.expect(304);
    let nobody = "/v1/payments/0190163d-8694-739b-aea5-966c26f8ad91";
    world.get(nobody).await.expect_problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_balance_and_every_entry_can_be_found() {
    let world = World::new().await;
    let (paying, last) = sold(&world).await;
    let read = async |path: &str| world.get_after(path, &last).await.expect(200).json();
    let balance = read("/v1/ledger/trial-balance").await;
    assert_eq!(balance["balanced"], true, "{balance}");
    let accounts = read("/v1/ledger/accounts").await;
    let clearing = &accounts["accounts"][0];
    assert_eq!(clearing["account"], "gateway_clearing");
    assert_eq!(
        clearing["balances"][0]["balance"]["minor"], 1_700,
        "{accounts}"
    );
    assert_eq!(clearing["balances"][0]["gateway"], "sandbox");
    let kinds = async |query: &str| {
        let page = read(&format!("/v1/ledger/entries?{query}")).await;
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|entry| entry["kind"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds("").await, ["refunded", "shipped", "captured"]);
    assert_eq!(kinds("account=sales_revenue").await, ["shipped"]);
    assert_eq!(kinds(&format!("order={}", paying.order)).await.len(), 3);
    let of_payment = format!("payment={}", paying.order.payment());
    assert_eq!(kinds(&of_payment).await, ["refunded", "captured"]);
    let first = read("/v1/ledger/entries?limit=1").await;
    let next = first["next"].as_str().unwrap();
    assert_eq!(kinds(&format!("limit=1&after={next}")).await, ["shipped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_tells_what_happened_in_order() {
    let world = World::new().await;
    let (paying, last) = sold(&world).await;
    let path = format!("/v1/orders/{}/timeline", paying.order);
    let timeline = world.get_after(&path, &last).await.expect(200).json();
    assert_eq!(timeline["order_id"], paying.order.to_string());
    let events = timeline["events"].as_array().unwrap();
    let positions: Vec<u64> = events
        .iter()
        .map(|event| event["position"].as_u64().unwrap())
        .collect();
    assert!(positions.is_sorted(), "{positions:?}");
    let told = timeline.to_string();
    for what in [
        "OrderPlaced",
        "PaymentAuthorized",
        "OrderShipped",
        "PaymentRefunded",
    ] {
        assert!(told.contains(what), "{what}: {told}");
    }
    assert!(
        !told.contains("all is well"),
        "what people typed stays out: {told}"
    );
    let nobody = "/v1/orders/0190163d-8694-739b-aea5-966c26f8ad91/timeline";
    world.get(nobody).await.expect_problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_settle_is_listed_until_somebody_has_decided() {
    let world = World::new().await;
    world.sells("A-1", 1_000, 10).await;
    let paying = Paying::begun(&world, "A-1", 1).await;
    let raised = paying
        .payment(PaymentCommand::RaiseAttention {
            what: "the gateway refuses".parse().unwrap(),
            tried: "three captures".parse().unwrap(),
        })
        .await;
    let listed = async |position: u64| {
        let request =
            request(Method::GET, "/v1/attention").header("daybook-min-position", position);
        let list = ask(&world.router, empty(request)).await.expect(200).json();
        list["items"].as_array().unwrap().clone()
    };
    let cases = listed(raised.position).await;
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0]["payment_id"], paying.order.payment().to_string());
    assert_eq!(cases[0]["what"], "the gateway refuses");
    assert_eq!(cases[0]["tried"], "three captures");
    let path = format!("/v1/attention/{}/decisions", paying.order.payment());
    let leave = json!({"decision": "leave", "reason": "paid back in cash"});
    let decided = world.post(&path, &leave).await.expect(201);
    let position = decided.header("daybook-position").parse().unwrap();
    assert!(listed(position).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_are_in_the_sales() {
    let world = World::new().await;
    let (_, last) = sold(&world).await;
    let path = "/v1/sales?from=2017-01-01&to=2100-01-01&by=day";
    let sales = world.get_after(path, &last).await.expect(200).json();
    assert_eq!(sales["total"]["refunds"]["minor"], 300, "{sales}");
}
