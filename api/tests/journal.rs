//! The journal and the query tables' progress, over HTTP.

use http::Method;
use serde_json::Value;

use crate::ask::{ask, empty, request, with_json};
use crate::world::{World, order_of};

fn positions(page: &Value) -> Vec<u64> {
    let events = page["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["position"].as_u64().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_followed_by_position() {
    let world = World::new().await;
    world.sells("A-1", 100, 3).await;
    let all = world.get("/v1/events").await.expect(200).json();
    let count = positions(&all).len() as u64;
    assert_eq!(positions(&all), (1..=count).collect::<Vec<_>>());
    let page = world.get("/v1/events?after=1&limit=2").await.expect(200);
    assert_eq!(positions(&page.json()), [2, 3]);
    assert_eq!(page.json()["next"], 3);
    assert_eq!(
        page.header("link"),
        "</v1/events?limit=2&after=3>; rel=\"next\""
    );
    let end = world
        .get(&format!("/v1/events?after={count}"))
        .await
        .expect(200)
        .json();
    assert!(positions(&end).is_empty());
    let typed = world
        .get("/v1/events?type=daybook.stock.received.v1")
        .await
        .expect(200)
        .json();
    assert_eq!(positions(&typed).len(), 1);
    let stream = world
        .get("/v1/streams/stock-A-1@main")
        .await
        .expect(200)
        .json();
    assert_eq!(positions(&stream), positions(&typed));
    world
        .get("/v1/streams/stock-NOBODY@main")
        .await
        .expect_problem(404, "not-found");
    let nonsense = world.get("/v1/events?stream=nonsense").await;
    assert_eq!(
        nonsense.expect_problem(400, "malformed-request")["errors"][0]["pointer"],
        "?stream"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_and_in_which_trace_is_recorded() {
    let world = World::new().await;
    world.sells("A-1", 100, 3).await;
    let trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = request(Method::POST, "/v1/orders")
        .header("traceparent", format!("00-{trace_id}-00f067aa0ba902b7-01"));
    let placed = ask(&world.router, with_json(request, &order_of(&[("A-1", 1)])))
        .await
        .expect(201);
    let stream = format!(
        "/v1/streams/order-{}",
        placed.json()["id"].as_str().unwrap()
    );
    let event = world.get(&stream).await.expect(200).json()["events"][0].to_string();
    assert!(event.contains("service:token"), "{event}");
    assert!(event.contains(trace_id), "{event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn projections_are_listed_with_their_positions() {
    let world = World::new().await;
    world.sells("A-1", 100, 3).await;
    let list = world.get("/v1/projections").await.expect(200).json();
    assert!(list["head"].as_u64().unwrap() >= 4);
    assert!(list["projections"].as_array().unwrap().len() >= 6);
    assert!(list["projections"][0]["position"].is_u64());
    let sales = world.get("/v1/projections/sales").await.expect(200).json();
    assert_eq!(sales["name"], "sales");
    world
        .get("/v1/projections/sails")
        .await
        .expect_problem(404, "not-found");
    ask(
        &world.router,
        empty(request(Method::HEAD, "/v1/projections")),
    )
    .await
    .expect(200);
}
