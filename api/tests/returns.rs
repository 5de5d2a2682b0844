//! Units that come back, over HTTP.

use serde_json::{Value, json};

use crate::world::{World, order_of};

/// An order of five units that has left.
async fn shipped(world: &World) -> String {
    world.sells("A-1", 250, 10).await;
    let placed = world.post("/v1/orders", &order_of(&[("A-1", 5)])).await;
    let order = placed.expect(201).header("location").to_owned();
    for what in ["confirmations", "shipments"] {
        let path = format!("{order}/{what}");
        world.post(&path, &json!({})).await.expect(201);
    }
    order
}

fn lines(quantity: u32) -> Value {
    json!({"lines": [{"sku": "A-1", "quantity": quantity}], "reason": "too small"})
}

async fn announced(world: &World, order: &str, quantity: u32) -> String {
    let answer = world
        .post(&format!("{order}/returns"), &lines(quantity))
        .await;
    let body = answer.expect(201).json();
    body["return_id"].as_str().unwrap().to_owned()
}

async fn stock(world: &World, written: &crate::ask::Answer) -> Value {
    let level = world
        .get_after("/v1/stock/A-1?location=main", written)
        .await;
    level.expect(200).json()["on_hand"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn units_come_back_to_stock_unless_they_are_damaged() {
    let world = World::new().await;
    let order = shipped(&world).await;
    let too_many = world.post(&format!("{order}/returns"), &lines(6)).await;
    too_many.expect_problem(422, "quantity-exceeds-open");
    let id = announced(&world, &order, 3).await;
    let receipt = format!("{order}/returns/{id}/receipt");
    let came = json!({"lines": [
        {"sku": "A-1", "quantity": 1},
        {"sku": "A-1", "quantity": 2, "condition": "damaged", "reason": "the lid is broken"},
    ]});
    let received = world.post(&receipt, &came).await.expect(201);
    assert_eq!(received.json()["return_id"], id);
    assert_eq!(stock(&world, &received).await, 6);
    // Once is enough: nothing changes, whatever is sent.
    world.post(&receipt, &json!({})).await.expect(201);
    let late = world
        .post(&format!("{order}/returns/{id}/declines"), &json!({}))
        .await;
    late.expect_problem(409, "order-state");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_lines_all_that_was_announced_came_fit_to_be_sold() {
    let world = World::new().await;
    let order = shipped(&world).await;
    let id = announced(&world, &order, 3).await;
    let path = format!("{order}/returns/{id}/receipt");
    let received = world.post(&path, &json!({})).await.expect(201);
    assert_eq!(stock(&world, &received).await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_that_is_declined_cannot_be_received() {
    let world = World::new().await;
    let order = shipped(&world).await;
    let id = announced(&world, &order, 1).await;
    let declined = world
        .post(
            &format!("{order}/returns/{id}/declines"),
            &json!({"reason": "worn"}),
        )
        .await;
    declined.expect(201);
    let receipt = format!("{order}/returns/{id}/receipt");
    world
        .post(&receipt, &json!({}))
        .await
        .expect_problem(409, "order-state");
    // Its units may be announced again.
    announced(&world, &order, 5).await;
    let unknown = format!("{order}/returns/0190163d-8694-739b-aea5-966c26f8ad91/receipt");
    world
        .post(&unknown, &json!({}))
        .await
        .expect_problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_receipt_is_named() {
    let world = World::new().await;
    let order = shipped(&world).await;
    let id = announced(&world, &order, 1).await;
    let receipt = format!("{order}/returns/{id}/receipt");
    let wrong = json!({"lines": [{"sku": "a 1", "quantity": 0}, {"sku": "A-1", "quantity": 1, "reason": "fine"}]});
    let problem = world
        .post(&receipt, &wrong)
        .await
        .expect_problem(422, "validation-failed");
    let errors = problem["errors"].as_array().unwrap();
    let pointers: Vec<&Value> = errors.iter().map(|error| &error["pointer"]).collect();
    assert_eq!(
        pointers,
        ["/lines/0/sku", "/lines/0/quantity", "/lines/1/reason"]
    );
    let unknown = json!({"lines": [{"sku": "A-1", "quantity": 1, "condition": "lost"}]});
    let problem = world.post(&receipt, &unknown).await;
    problem.expect_problem(400, "malformed-request");
}
