//! Orders that are paid: over HTTP on a real server, with the gateway that is built in.

use std::time::Duration;

use daybook_tests::{Http, Postgres, Reply, Server, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::shop::{get_after, order_of, sells};

/// For what the shop does by itself, on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// A server that sells `PAY-1` for 10.00 USD, five of them.
async fn shop(postgres: &Postgres) -> (Server, Http) {
    let server = Server::start(postgres).await;
    let http = server.http();
    sells(&http, "PAY-1", 1_000, 5).await;
    (server, http)
}

fn paid_with(card: &str, units: u64) -> Value {
    let mut order = order_of(&[("PAY-1", units)]);
    order["payment"] = json!({"gateway": "sandbox", "method": card});
    order
}

async fn place(http: &Http, key: &str, order: &Value) -> Reply {
    let request = http.request(Method::POST, "/v1/orders");
    let request = request
        .header("idempotency-key", key)
        .header("prefer", "wait=20");
    http.send(request.json(order)).await
}

async fn place_new(http: &Http, order: &Value) -> Reply {
    place(http, &Uuid::now_v7().to_string(), order).await
}

/// The path of the order that was confirmed.
async fn confirmed(http: &Http, units: u64) -> String {
    let placed = place_new(http, &paid_with("pm_card_visa", units)).await;
    let placed = placed.expect(201);
    assert_eq!(
        placed.json()["status"],
        "confirmed",
        "{}",
        placed.describe()
    );
    placed.header("location").unwrap().to_owned()
}

/// The order, once `is_so` holds for it.
async fn order_when(http: &Http, path: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    eventually(what, SOON, async || {
        let reply = http.get(path).await;
        if reply.status == 200 && is_so(&reply.json()) {
            Ok(reply.json())
        } else {
            Err(reply.describe())
        }
    })
    .await
}

async fn captured(http: &Http, path: &str, minor: i64) -> Value {
    order_when(http, path, "the money is taken", |order| {
        order["totals"]["captured"]["minor"] == minor
    })
    .await
}

async fn refunded(http: &Http, path: &str, minor: i64) -> Value {
    order_when(http, path, "the money is given back", |order| {
        order["totals"]["refunded"]["minor"] == minor
    })
    .await
}

fn payment_path(order: &Value) -> String {
    format!("/v1/payments/{}", order["payment"]["id"].as_str().unwrap())
}

/// The books balance, and the gateway's account holds this much.
async fn assert_books(http: &Http, position: u64, clearing_minor: i64) {
    let balance = get_after(http, "/v1/ledger/trial-balance", position).await;
    let balance = balance.expect(200).json();
    assert_eq!(balance["balanced"], true, "{balance}");
    for total in balance["totals"].as_array().unwrap() {
        assert_eq!(total["balance"]["minor"], 0, "{balance}");
    }
    let accounts = get_after(http, "/v1/ledger/accounts", position).await;
    let accounts = accounts.expect(200).json();
    let clearing = &accounts["accounts"][0];
    assert_eq!(clearing["account"], "gateway_clearing");
    let held = &clearing["balances"][0]["balance"]["minor"];
    assert_eq!(*held, clearing_minor, "{accounts}");
}

async fn head(http: &Http) -> u64 {
    crate::shop::head(http).await
}

async fn available(http: &Http, position: u64) -> Value {
    let level = get_after(http, "/v1/stock/PAY-1?location=main", position).await;
    level.expect(200).json()["available"].clone()
}

fn position(reply: &Reply) -> u64 {
    reply.header("daybook-position").unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_card_is_confirmed_while_the_client_waits_and_then_charged_once() {
    let postgres = Postgres::fresh().await;
    let (_server, http) = shop(&postgres).await;
    let order = paid_with("pm_card_visa", 2);
    let first = place(&http, "the-key", &order).await.expect(201);
    assert_eq!(first.json()["status"], "confirmed", "{}", first.describe());
    assert_eq!(first.header("preference-applied"), Some("wait=20"));
    let path = first.header("location").unwrap().to_owned();
    let read = get_after(&http, &path, position(&first)).await.expect(200);
    assert_eq!(read.json()["status"], "confirmed");
    let again = place(&http, "the-key", &order).await.expect(201);
    assert_eq!(again.body, first.body);
    let order = captured(&http, &path, 2_000).await;
    let payment = http.get(&payment_path(&order)).await.expect(200).json();
    assert_eq!(payment["status"], "captured", "{payment}");
    assert_eq!(payment["captures"].as_array().unwrap().len(), 1);
    assert_books(&http, head(&http).await, 2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_card_is_402_and_the_stock_is_back() {
    let postgres = Postgres::fresh().await;
    let (_server, http) = shop(&postgres).await;
    let order = paid_with("pm_card_visa_chargeDeclined", 3);
    let declined = place_new(&http, &order).await.expect(402);
    let problem = declined.json();
    assert_eq!(problem["code"], "payment-declined", "{problem}");
    assert_eq!(problem["decline_code"], "card_declined");
    let path = format!("/v1/orders/{}", problem["order_id"].as_str().unwrap());
    assert_eq!(declined.header("location"), Some(path.as_str()));
    let order = get_after(&http, &path, position(&declined))
        .await
        .expect(200);
    assert_eq!(order.json()["status"], "rejected");
    assert_eq!(available(&http, head(&http).await).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_needs_its_owner_is_402_with_the_address_to_go_to() {
    let postgres = Postgres::fresh().await;
    let (_server, http) = shop(&postgres).await;
    let order = paid_with("pm_card_authenticationRequired", 1);
    let problem = place_new(&http, &order).await.expect(402).json();
    assert_eq!(problem["code"], "payment-action-required", "{problem}");
    assert!(
        problem["next_url"]
            .as_str()
            .is_some_and(|url| !url.is_empty()),
        "{problem}"
    );
    let path = format!("/v1/orders/{}", problem["order_id"].as_str().unwrap());
    let order = order_when(&http, &path, "the order waits", |order| {
        order["payment_status"] == "action_required"
    })
    .await;
    assert_eq!(order["status"], "placed");
    assert_eq!(available(&http, head(&http).await).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn finance_gives_money_back_once_for_each_request() {
    let postgres = Postgres::fresh().await;
    let (_server, http) = shop(&postgres).await;
    let path = confirmed(&http, 2).await;
    let order = captured(&http, &path, 2_000).await;
    let refunds = format!("{}/refunds", payment_path(&order));
    let body = json!({"amount": {"minor": 300, "currency": "USD"}, "note": "scratched"});
    let (one, same) = tokio::join!(
        http.post_as(&refunds, "one", &body),
        http.post_as(&refunds, "one", &body)
    );
    assert_eq!(one.expect(201).body, same.expect(201).body);
    refunded(&http, &path, 300).await;
    http.post_as(&refunds, "two", &body).await.expect(201);
    let order = refunded(&http, &path, 600).await;
    let payment = http.get(&payment_path(&order)).await.expect(200).json();
    assert_eq!(payment["refunds"].as_array().unwrap().len(), 2, "{payment}");
    let too_much = json!({"amount": {"minor": 1_401, "currency": "USD"}});
    let refused = http.post(&refunds, &too_much).await.expect(422);
    assert_eq!(refused.code().as_deref(), Some("refund-exceeds-captured"));
    assert_books(&http, head(&http).await, 1_400).await;
    let sales = "/v1/sales?from=2017-01-01&to=2100-01-01&by=channel";
    let sales = get_after(&http, sales, head(&http).await).await.expect(200);
    assert_eq!(
        sales.json()["total"]["refunds"]["minor"],
        600,
        "{}",
        sales.describe()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_paid_back_and_the_timeline_shows_it_all() {
    let postgres = Postgres::fresh().await;
    let (_server, http) = shop(&postgres).await;
    let path = confirmed(&http, 3).await;
    captured(&http, &path, 3_000).await;
    let shipped = http.post(&format!("{path}/shipments"), &json!({})).await;
    let shipment = shipped.expect(201).json()["shipment_id"].clone();
    let delivery = format!("{path}/shipments/{}/delivery", shipment.as_str().unwrap());
    http.post(&delivery, &json!({})).await.expect(201);
    let two = json!({"lines": [{"sku": "PAY-1", "quantity": 2}], "reason": "too many"});
    let announced = http
        .post(&format!("{path}/returns"), &two)
        .await
        .expect(201);
    let id = announced.json()["return_id"].as_str().unwrap().to_owned();
    let one_broken = json!({"lines": [
        {"sku": "PAY-1", "quantity": 1},
        {"sku": "PAY-1", "quantity": 1, "condition": "damaged", "reason": "dropped"},
    ]});
    let receipt = format!("{path}/returns/{id}/receipt");
    let received = http.post(&receipt, &one_broken).await.expect(201);
    assert_eq!(available(&http, position(&received)).await, 3);
    refunded(&http, &path, 2_000).await;
    assert_books(&http, head(&http).await, 1_000).await;

    let timeline = get_after(&http, &format!("{path}/timeline"), head(&http).await).await;
    let told = timeline.expect(200).json().to_string();
    for what in [
        "OrderPlaced",
        "PaymentRequested",
        "PaymentAuthorized",
        "OrderConfirmed",
        "PaymentCaptured",
        "OrderShipped",
        "ShipmentDelivered",
        "ReturnReceived",
        "PaymentRefunded",
    ] {
        assert!(told.contains(what), "{what} is missing: {told}");
    }
    let cases = http.get("/v1/attention").await.expect(200).json();
    assert_eq!(cases["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_gateway_can_tell_that_money_moved() {
    let postgres = Postgres::fresh().await;
    let (_server, http) = shop(&postgres).await;
    let http = http.with_token(None);
    let tell = async |gateway: &str, body: &'static [u8]| {
        let path = format!("/v1/gateways/{gateway}/webhooks");
        let request = http.request(Method::POST, &path).body(body);
        let signature = "t=1700000000,v1=00112233";
        http.send(request.header("stripe-signature", signature))
            .await
    };
    let forged = tell("sandbox", br#"{"type":"payment_intent.succeeded"}"#).await;
    assert_eq!(
        forged.expect(400).code().as_deref(),
        Some("invalid-signature")
    );
    tell("no-such-bank", b"{}").await.expect(404);
    let huge = vec![b' '; 2 * 1024 * 1024];
    let request = http.request(Method::POST, "/v1/gateways/sandbox/webhooks");
    http.send(request.body(huge)).await.expect(413);
}
