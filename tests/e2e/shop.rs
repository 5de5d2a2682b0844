//! A shop over HTTP: what the tests ask for again and again.

use std::time::Duration;

use daybook_tests::{Http, Kafka, Launch, Postgres, Server};
use serde_json::{Value, json};

/// A server whose relay publishes to a topic of its own.
pub fn launch_with_kafka(postgres: &Postgres, kafka: &Kafka) -> Launch {
    Launch::on(postgres)
        .kafka(kafka)
        .env("DAYBOOK_KAFKA_TOPIC", kafka.topic("events"))
}

/// A published product with this SKU at this price (cents), and so many units of it.
pub async fn sells(http: &Http, sku: &str, cents: i64, units: u64) {
    let product = json!({
        "name": format!("Thing {sku}"), "slug": format!("thing-{}", sku.to_lowercase()),
        "category": ["THINGS"], "published": true,
        "variants": [{"sku": sku, "prices": [{"minor": cents, "currency": "USD"}]}],
    });
    http.post("/v1/products", &product).await.expect(201);
    if units > 0 {
        let receipt = json!({"quantity": units, "reference": "opening"});
        http.post(&format!("/v1/stock/{sku}/receipts"), &receipt)
            .await
            .expect(201);
    }
}

/// The body of an order.
pub fn order_of(lines: &[(&str, u64)]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity}))
        .collect();
    json!({"currency": "USD", "lines": lines})
}

/// A read that waits for what a write answered with.
pub async fn get_after(http: &Http, path: &str, position: u64) -> daybook_tests::Reply {
    let request = http
        .request(reqwest::Method::GET, path)
        .header("daybook-min-position", position);
    http.send(request).await
}

/// All events of the journal, through `GET /v1/events`; fails on a position that is skipped or comes twice.
pub async fn journal(http: &Http) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    loop {
        let page = http
            .get(&format!("/v1/events?after={}&limit=1000", events.len()))
            .await
            .expect(200)
            .json();
        let page = page["events"].as_array().unwrap().clone();
        if page.is_empty() {
            return events;
        }
        for event in page {
            let expected = events.len() as u64 + 1;
            assert_eq!(event["position"], expected, "positions are not dense");
            events.push(event);
        }
    }
}

/// The position of the last event.
pub async fn head(http: &Http) -> u64 {
    let answer = http.get("/v1/projections").await.expect(200).json();
    answer["head"]
        .as_u64()
        .unwrap_or_else(|| panic!("no head in {answer}"))
}

/// Waits until every query table has posted everything.
pub async fn caught_up(server: &Server, within: Duration) {
    let http = server.http();
    daybook_tests::eventually("every table has caught up", within, async || {
        let answer = http.get("/v1/projections").await;
        if answer.status != 200 {
            return Err(answer.describe());
        }
        let answer = answer.json();
        let head = answer["head"].as_u64().unwrap();
        let behind: Vec<&Value> = answer["projections"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|projection| projection["position"].as_u64() < Some(head))
            .collect();
        if behind.is_empty() {
            Ok(())
        } else {
            Err(format!("head {head}, behind: {behind:?}"))
        }
    })
    .await;
}
