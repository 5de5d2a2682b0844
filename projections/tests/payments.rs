//! One order and its payment from beginning to end, as every table tells it: the documented JSON.

use domain::ledger::Account;
use domain::order::{OrderEvent, ReturnLine};
use domain::payment::{AttentionDecision, PaymentEvent, RefundReason, RefundRequested};
use domain::value::{OrderId, PaymentId, Quantity, ReturnId, Timestamp};
use projections::{LedgerFilter, Queries, SalesBy};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::shop::{Shop, sku, text, usd};
use crate::world::{World, json as read, page};

/// Two lines that net 180 and 270, each taxed with 7.
fn history(shop: &mut Shop) -> OrderId {
    shop.product("ice", &["GROCERY"], &[("ICE-1", 100)]);
    shop.product("soap", &["DRUG GM"], &[("SOAP-1", 300)]);
    let id = shop.place(
        "2017-01-01T08:00:00Z",
        None,
        None,
        &[("ICE-1", 2, 200, 20), ("SOAP-1", 1, 300, 30)],
    );
    shop.request_payment(id);
    let (payment, amount) = (id.payment(), usd(464));
    let auth_id = payment.authorization();
    shop.on_payment(id, PaymentEvent::AuthorizationRequested { auth_id });
    let authorized = PaymentEvent::PaymentAuthorized {
        auth_id,
        amount,
        expires_at: None,
        gateway_ref: text("pi_7"),
    };
    shop.on_payment(id, authorized);
    shop.confirm(id);
    let capture_id = payment.capture(0);
    shop.on_payment(id, PaymentEvent::CaptureRequested { capture_id, amount });
    let captured = PaymentEvent::PaymentCaptured {
        capture_id,
        amount,
        gateway_ref: None,
    };
    shop.on_payment(id, captured);
    shop.ship(id, u32::MAX);
    give_back(shop, id, payment);
    id
}

/// One unit of ice comes back and is refunded; then something is given out of kindness, which fails.
fn give_back(shop: &mut Shop, id: OrderId, payment: PaymentId) {
    let return_id = ReturnId(Uuid::from_u128(5));
    let requested = OrderEvent::ReturnRequested {
        return_id,
        lines: vec![ReturnLine {
            line_id: id.line(&sku("ICE-1")),
            sku: sku("ICE-1"),
            quantity: Quantity::new(1).unwrap(),
        }],
        reason: Some(text("too cold")),
    };
    shop.on_order(id, requested);
    let order = &shop.states[&id];
    let line = order.line(&sku("ICE-1")).unwrap();
    let lines = vec![line.returned_share(Quantity::new(1).unwrap())];
    let received = OrderEvent::ReturnReceived {
        return_id,
        lines: lines.clone(),
    };
    shop.on_order(id, received);
    let refund = RefundRequested {
        refund_id: payment.refund(0),
        amount: usd(100),
        reason: RefundReason::Returned,
        lines: lines.clone(),
        note: Some(text("says their freezer broke")),
    };
    shop.on_payment(id, PaymentEvent::RefundRequested(refund.clone()));
    let refunded = PaymentEvent::PaymentRefunded {
        refund_id: refund.refund_id,
        amount: refund.amount,
        reason: refund.reason,
        lines,
        gateway_ref: None,
    };
    shop.on_payment(id, refunded);
    let kindness = RefundRequested {
        refund_id: payment.refund(1),
        amount: usd(50),
        reason: RefundReason::Goodwill,
        lines: Vec::new(),
        note: None,
    };
    shop.on_payment(id, PaymentEvent::RefundRequested(kindness.clone()));
    let failed = PaymentEvent::RefundFailed {
        refund_id: kindness.refund_id,
        definite: true,
        code: text("card-closed"),
    };
    shop.on_payment(id, failed);
    let raised = PaymentEvent::PaymentAttentionRaised {
        what: text("the gateway refuses to refund the payment"),
        tried: text("once"),
    };
    shop.on_payment(id, raised);
}

fn money(minor: i64) -> Value {
    json!({"minor": minor, "currency": "USD"})
}

#[tokio::test]
async fn one_payment_is_told_alike_everywhere() {
    let world = World::new().await;
    let mut shop = Shop::new(201);
    let id = history(&mut shop);
    world.append(vec![shop.command()], 1).await;
    world.post_all().await;
    let queries = world.queries();
    payment(&queries, id).await;
    order(&queries, id).await;
    books(&queries, id).await;
    timeline(&queries, id).await;
    refunds(&queries).await;
    attention(&world, &mut shop, id).await;
}

async fn payment(queries: &Queries, id: OrderId) {
    let document = queries.payment(id.payment().0).await.unwrap().unwrap();
    let body = read(&document.body);
    assert_eq!(body["order_id"], json!(id));
    assert_eq!(body["status"], "partially_refunded");
    assert_eq!(body["authorized"], money(464));
    assert_eq!(body["gateway_ref"], "pi_7");
    let refunds = body["refunds"].as_array().unwrap();
    assert_eq!(refunds[0]["status"], "done");
    assert_eq!(refunds[0]["lines"][0]["sku"], "ICE-1");
    assert_eq!(refunds[1]["status"], "failed");
    assert_eq!(refunds[1]["code"], "card-closed");
    assert!(!body.to_string().contains("freezer"), "{body:#}");
    let nobody = queries.payment(Uuid::nil()).await.unwrap();
    assert_eq!(nobody, None);
}

async fn order(queries: &Queries, id: OrderId) {
    let document = queries.order_detail(id.0).await.unwrap().unwrap();
    let body = read(&document.body);
    assert_eq!(body["payment_status"], "partially_refunded");
    assert_eq!(body["totals"]["captured"], money(464));
    assert_eq!(body["totals"]["refunded"], money(100));
    assert_eq!(body["totals"]["due"], money(464 - 90 - 4));
    let returned = &body["returns"][0];
    assert_eq!(returned["status"], "received");
    assert_eq!(returned["reason"], "too cold");
    assert_eq!(returned["lines"][0]["received"], 1);
    assert_eq!(
        (&returned["net"], &returned["tax"]),
        (&money(90), &money(4))
    );
}

async fn books(queries: &Queries, id: OrderId) {
    let filter = LedgerFilter {
        account: Some(Account::SalesReturns),
        order: Some(id),
        payment: None,
    };
    let entries = queries.ledger_entries(&filter, &page(10)).await.unwrap();
    let entry = read(&entries.items[0]);
    assert_eq!(entries.items.len(), 1);
    assert_eq!(entry["kind"], "refunded");
    assert_eq!(entry["payment_id"], json!(id.payment()));
    let clearing =
        json!({"account": "gateway_clearing", "gateway": "sandbox", "amount": money(-100)});
    assert_eq!(entry["lines"][2], clearing);

    let accounts = queries.ledger_accounts().await.unwrap();
    let accounts = serde_json::to_value(accounts).unwrap();
    let clearing = json!({
        "account": "gateway_clearing",
        "balances": [{
            "gateway": "sandbox", "currency": "USD",
            "debits": money(464), "credits": money(100), "balance": money(364),
        }],
    });
    assert_eq!(accounts["accounts"][0], clearing);
    let trial = serde_json::to_value(queries.trial_balance().await.unwrap()).unwrap();
    assert_eq!(trial["balanced"], true);
    assert_eq!(trial["totals"][0]["balance"], money(0));
}

async fn timeline(queries: &Queries, id: OrderId) {
    let items = queries.order_timeline(id).await.unwrap();
    let items = items.iter().map(|item| {
        let item = read(item);
        assert_eq!(item["actor"], "service:tests");
        let summary = item["summary"].as_str().unwrap_or_default().to_owned();
        (item["type"].as_str().unwrap().to_owned(), summary)
    });
    let told: Vec<(String, String)> = items.collect();
    let told: Vec<(&str, &str)> = told.iter().map(|(of, what)| (&**of, &**what)).collect();
    let expected = [
        ("OrderPlaced", "3 units of 2 SKUs for 4.64 USD"),
        ("PaymentRequested", "4.64 USD by sandbox"),
        ("AuthorizationRequested", ""),
        ("PaymentAuthorized", "4.64 USD"),
        ("OrderConfirmed", "4.64 USD authorized"),
        ("CaptureRequested", "4.64 USD"),
        ("PaymentCaptured", "4.64 USD"),
        ("OrderShipped", "3 units of 2 SKUs"),
        ("ReturnRequested", "1 unit of 1 SKU"),
        ("ReturnReceived", "1 unit of 1 SKU"),
        ("RefundRequested", "1.00 USD, returned: 1 unit of 1 SKU"),
        ("PaymentRefunded", "1.00 USD, returned: 1 unit of 1 SKU"),
        ("RefundRequested", "0.50 USD, goodwill"),
        ("RefundFailed", "card-closed, for good"),
        (
            "PaymentAttentionRaised",
            "the gateway refuses to refund the payment; tried: once",
        ),
    ];
    assert_eq!(told, expected);
}

/// The unit bears the 94 that were paid for it; the 6 beyond it are for nothing in particular.
async fn refunds(queries: &Queries) {
    let from = Timestamp::parse("2017-01-01T00:00:00Z").unwrap();
    let to = Timestamp::parse("2999-01-01T00:00:00Z").unwrap();
    for (by, expected) in [
        (
            SalesBy::Sku,
            vec![("(none)", 6), ("ICE-1", 94), ("SOAP-1", 0)],
        ),
        (
            SalesBy::Department,
            vec![("(none)", 6), ("DRUG GM", 0), ("GROCERY", 94)],
        ),
        (SalesBy::Channel, vec![("shop", 100)]),
    ] {
        let report = queries.sales(from, to, by).await.unwrap();
        let rows = report.rows.iter();
        let found: Vec<(&str, i64)> = rows
            .map(|row| (&*row.key, row.amounts.refunds.minor))
            .collect();
        assert_eq!(found, expected);
        assert_eq!((report.total.orders, report.total.lines), (1, 2));
        assert_eq!(report.total.amounts.unwrap().refunds.minor, 100);
    }
    // They count when they were made, which is today, and not when the order was placed.
    let placed = Timestamp::parse("2017-01-02T00:00:00Z").unwrap();
    let by_day = queries.sales(from, placed, SalesBy::Day).await.unwrap();
    assert_eq!(by_day.total.amounts.unwrap().refunds.minor, 0);
    let by_day = queries.sales(from, to, SalesBy::Day).await.unwrap();
    let last = by_day.rows.last().unwrap();
    assert_eq!((last.orders, last.amounts.refunds.minor), (0, 100));
}

async fn attention(world: &World, shop: &mut Shop, id: OrderId) {
    let queries = world.queries();
    let open = queries.attention(&page(10)).await.unwrap();
    let case = read(&open.items[0]);
    assert_eq!(open.items.len(), 1);
    assert_eq!(case["order_id"], json!(id));
    assert_eq!(case["what"], "the gateway refuses to refund the payment");
    assert_eq!(case["tried"], "once");
    let settled = PaymentEvent::PaymentAttentionSettled {
        decision: AttentionDecision::Leave,
        reason: text("sent a cheque"),
    };
    shop.on_payment(id, settled);
    world.append(vec![shop.command()], 1).await;
    world.post_all().await;
    let open = queries.attention(&page(10)).await.unwrap();
    assert_eq!(open.items, Vec::<String>::new());
    let document = queries.payment(id.payment().0).await.unwrap().unwrap();
    let body = read(&document.body);
    assert_eq!(
        (&body["attention"], &body["left"]),
        (&Value::Null, &json!(true))
    );
}

#[tokio::test]
async fn looking_for_what_is_due_probes_one_index() {
    let world = World::new().await;
    world.post_all().await;
    sqlx::query(
        "insert into query.timer (kind, subject, due_at)
         select 'order_deadline', gen_random_uuid(), timestamptz '2030-01-01' + n * interval '1 second'
         from generate_series(1, 20000) n",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    sqlx::query("analyze query.timer")
        .execute(&world.pool)
        .await
        .unwrap();
    let looks = include_str!("../src/timer/due.sql")
        .replace("$1", "timestamptz '2029-01-01'")
        .replace("$2", "100");
    let plan: Vec<String> = sqlx::query_scalar(&format!("explain {looks}"))
        .fetch_all(&world.pool)
        .await
        .unwrap();
    assert!(plan.concat().contains("timer_due_at"), "{plan:#?}");
    assert!(!plan.concat().contains("Sort"), "{plan:#?}");
}
