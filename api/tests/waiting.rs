//! `Prefer: wait` on `POST /v1/orders`.

use std::time::{Duration, Instant};

use commands::order::OrderingCommand;
use domain::order::RejectReason;
use domain::ordering::CapturePolicy;
use domain::payment::PaymentCommand;
use domain::value::OrderId;
use http::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::ask::{Answer, ask, request, with_json};
use crate::world::{Paying, World, paid_by_card};

/// What the shop does with an order meanwhile.
enum Meanwhile {
    Conclude(PaymentCommand),
    Record(PaymentCommand),
    Reject(RejectReason),
}

fn order(id: OrderId) -> Value {
    let mut body = paid_by_card("A-1", 1);
    body["id"] = id.to_string().into();
    body
}

async fn place(world: &World, prefer: &str, key: &str, body: &Value) -> Answer {
    let mut request = with_json(
        request(Method::POST, "/v1/orders").header("prefer", prefer),
        body,
    );
    let key = key.parse().unwrap();
    request.headers_mut().insert("idempotency-key", key);
    ask(&world.router, request).await
}

/// Places an order that the client waits for, and does to it what happens meanwhile.
async fn placed_while(world: &World, id: OrderId, key: &str, meanwhile: Meanwhile) -> Answer {
    let paying = Paying { world, order: id };
    let shop = async {
        let stream = commands::streams::order(id);
        daybook_tests::eventually("the order is placed", Duration::from_secs(20), async || {
            match world.commands.state_of(&stream).await {
                Ok((_, version)) if version > 0 => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        paying.ordering(OrderingCommand::BeginPayment).await;
        let conclude = OrderingCommand::Conclude {
            policy: CapturePolicy::OnConfirm,
        };
        match meanwhile {
            Meanwhile::Conclude(command) => {
                paying.payment(command).await;
                paying.ordering(conclude).await
            }
            Meanwhile::Record(command) => paying.payment(command).await,
            Meanwhile::Reject(reason) => paying.ordering(OrderingCommand::Reject { reason }).await,
        }
    };
    let body = order(id);
    let (answer, _) = tokio::join!(place(world, "wait=30", key, &body), shop);
    answer
}

fn authorized(id: OrderId) -> PaymentCommand {
    PaymentCommand::RecordAuthorized {
        auth_id: id.payment().authorization(),
        amount: domain::value::Money::new(250, "USD".parse().unwrap()),
        expires_at: None,
        gateway_ref: "pi_1".parse().unwrap(),
    }
}

fn declined(id: OrderId) -> PaymentCommand {
    PaymentCommand::RecordDeclined {
        auth_id: id.payment().authorization(),
        code: "card_declined".parse().unwrap(),
    }
}

fn new_id() -> OrderId {
    OrderId::from(Uuid::now_v7())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_order_is_answered_as_soon_as_it_is() {
    let world = World::new().await;
    world.sells("A-1", 250, 10).await;
    let (id, began) = (new_id(), Instant::now());
    let answer = placed_while(&world, id, "k", Meanwhile::Conclude(authorized(id))).await;
    assert!(
        began.elapsed() < Duration::from_secs(25),
        "it waited to the end"
    );
    let answer = answer.expect(201);
    assert_eq!(answer.header("preference-applied"), "wait=30");
    let body = answer.json();
    assert_eq!(
        (&body["status"], &body["id"]),
        (&"confirmed".into(), &id.to_string().into())
    );
    assert_eq!(answer.header("etag"), format!("\"v{}\"", body["version"]));
    let read = world
        .get_after(answer.header("location"), &answer)
        .await
        .expect(200);
    assert_eq!(
        read.json()["status"],
        "confirmed",
        "what is read from there on shows it"
    );
    let version = answer.header("etag").trim_end_matches('"');
    assert!(
        read.header("etag").starts_with(version),
        "{:?}",
        read.headers
    );
    // The same bytes when it is repeated, at once.
    let again = place(&world, "wait=30", "k", &order(id)).await.expect(201);
    assert_eq!(
        (again.body, &again.headers["idempotency-replayed"]),
        (answer.body, &"true".parse().unwrap())
    );
    assert!(
        began.elapsed() < Duration::from_secs(25),
        "it waited to the end"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_payment_is_402_and_names_the_order() {
    let world = World::new().await;
    world.sells("A-1", 250, 10).await;
    let id = new_id();
    let answer = placed_while(&world, id, "k", Meanwhile::Conclude(declined(id))).await;
    assert_eq!(answer.header("preference-applied"), "wait=30");
    assert_eq!(answer.header("location"), format!("/v1/orders/{id}"));
    let order_path = answer.header("location").to_owned();
    let read = world.get_after(&order_path, &answer).await.expect(200);
    assert_eq!(read.json()["status"], "rejected");
    let problem = answer.expect_problem(402, "payment-declined");
    assert_eq!(problem["order_id"], id.to_string());
    assert_eq!(problem["decline_code"], "card_declined");
    let again = place(&world, "wait=30", "k", &order(id)).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    let again = again.expect_problem(402, "payment-declined");
    assert_eq!(again["order_id"], problem["order_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_needs_the_customer_is_402_with_the_address() {
    let world = World::new().await;
    world.sells("A-1", 250, 10).await;
    let id = new_id();
    let action = PaymentCommand::RecordActionRequired {
        auth_id: id.payment().authorization(),
        gateway_ref: None,
        next_url: Some("https://bank.example/3ds".parse().unwrap()),
    };
    let answer = placed_while(&world, id, "k", Meanwhile::Record(action)).await;
    let problem = answer.expect_problem(402, "payment-action-required");
    assert_eq!(problem["next_url"], "https://bank.example/3ds");
    assert_eq!(problem["order_id"], id.to_string());
    // The customer approves; the repeat tells what became of it.
    let paying = Paying {
        world: &world,
        order: id,
    };
    paying.payment(authorized(id)).await;
    let policy = CapturePolicy::OnConfirm;
    paying.ordering(OrderingCommand::Conclude { policy }).await;
    let again = place(&world, "wait=30", "k", &order(id)).await.expect(201);
    assert_eq!(again.json()["status"], "confirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_order_says_why() {
    let world = World::new().await;
    world.sells("A-1", 250, 10).await;
    let meanwhile = Meanwhile::Reject(RejectReason::OutOfStock);
    let answer = placed_while(&world, new_id(), "k", meanwhile)
        .await
        .expect(201);
    let body = answer.json();
    assert_eq!(
        (&body["status"], &body["reason"]),
        (&"rejected".into(), &"out_of_stock".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_outcome_it_is_placed_and_without_the_wish_nothing_is_different() {
    let world = World::new().await;
    world.sells("A-1", 250, 10).await;
    let waited = place(&world, "wait=0", "k", &order(new_id()))
        .await
        .expect(201);
    assert_eq!(waited.header("preference-applied"), "wait=0");
    assert_eq!(waited.json()["status"], "placed");
    let plain = world.post("/v1/orders", &order(new_id())).await.expect(201);
    assert!(!plain.headers.contains_key("preference-applied"));
    let fields: Vec<String> = plain.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, ["id", "position", "version"]);
    // What cannot be had is refused as ever, wait or not.
    let mut order = order(new_id());
    order["lines"][0]["quantity"] = 11.into();
    let short = place(&world, "wait=5", "l", &order).await;
    short.expect_problem(409, "out-of-stock");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_at_a_till_is_confirmed_at_once() {
    let world = World::new().await;
    world.sells("A-1", 250, 10).await;
    let sale = serde_json::json!({
        "currency": "USD", "channel": "store-330", "placed_at": "2017-01-05T10:00:00Z", "paid": "external",
        "lines": [{"sku": "A-1", "quantity": 2, "gross": 500}],
    });
    let sold = place(&world, "wait=30", "k", &sale).await.expect(201);
    assert_eq!(sold.json()["status"], "confirmed");
}
