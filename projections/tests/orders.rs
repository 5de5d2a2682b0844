//! Orders: the document agrees with the aggregate, and lists are filtered and paged.

use domain::order::{OrderStatus, Paid};
use projections::OrdersFilter;

use crate::shop::Shop;
use crate::world::{World, json, page};

#[tokio::test(flavor = "multi_thread")]
async fn documents_and_items_say_what_the_aggregate_derives() {
    let world = World::new().await;
    let mut shop = Shop::new(71);
    world.append(shop.history(600), 50).await;
    world.post_all().await;
    let items = world
        .queries()
        .orders(&OrdersFilter::default(), &page(500))
        .await
        .unwrap()
        .items;
    assert_eq!(items.len(), shop.orders.len());
    for item in &items {
        let item = json(item);
        let id = item["id"].as_str().unwrap().parse().unwrap();
        let state = &shop.states[&id];
        let document = world.queries().order_detail(id.0).await.unwrap().unwrap();
        let detail = json(&document.body);
        assert_eq!(detail["version"], document.version);
        for told in [&item, &detail] {
            assert_eq!(told["version"], document.version);
            assert_eq!(told["status"], state.status().unwrap().as_str());
            assert_eq!(
                told["fulfilment_status"],
                state.fulfilment().as_str(),
                "{told}"
            );
        }
        assert_eq!(item["due"]["minor"], state.due().unwrap().minor);
        assert_eq!(detail["totals"]["due"]["minor"], state.due().unwrap().minor);
        for (line, told) in state.lines().zip(detail["lines"].as_array().unwrap()) {
            assert_eq!(told["cancelled"], line.progress.cancelled);
            assert_eq!(told["shipped"], line.progress.shipped);
        }
    }
}

#[tokio::test]
async fn a_document_has_the_documented_fields() {
    let world = World::new().await;
    let mut shop = Shop::new(72);
    let id = shop.place(
        "2017-01-01T08:00:00Z",
        Some("store-330"),
        Some(Paid::External),
        &[("ICE-1", 2, 200, 20)],
    );
    shop.confirm(id);
    let shipment = shop.ship(id, 1);
    shop.deliver(id, shipment);
    let command = shop.command();
    world.append(vec![command], 1).await;
    world.post_all().await;
    let detail = json(
        &world
            .queries()
            .order_detail(id.0)
            .await
            .unwrap()
            .unwrap()
            .body,
    );
    assert_eq!(detail["payment_status"], "paid");
    assert_eq!(detail["fulfilment_status"], "partially_shipped");
    assert_eq!(detail["placed_at"], "2017-01-01T08:00:00.000000Z");
    assert_eq!(
        detail["totals"]["total"],
        serde_json::json!({"minor": 187, "currency": "USD"})
    );
    assert_eq!(detail["shipments"][0]["status"], "delivered");
    assert_eq!(detail["shipments"][0]["lines"][0]["quantity"], 1);
    assert_eq!(
        world
            .queries()
            .order_detail(uuid::Uuid::nil())
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn lists_are_filtered() {
    let world = World::new().await;
    let mut shop = Shop::new(73);
    world.append(shop.history(300), 50).await;
    world.post_all().await;
    let queries = world.queries();
    let filter = OrdersFilter {
        customer: Some("household-1".into()),
        status: Some(OrderStatus::Completed),
        channel: Some("store-330".into()),
    };
    let found = queries.orders(&filter, &page(500)).await.unwrap().items;
    let expected = shop.states.values().filter(|state| {
        let placed = state.placed().unwrap();
        placed.customer.as_deref() == Some("household-1")
            && placed.channel.as_deref() == Some("store-330")
            && state.status() == Some(OrderStatus::Completed)
    });
    assert_eq!(found.len(), expected.count());
    assert!(!found.is_empty());
    let placed: Vec<String> = found
        .iter()
        .map(|item| json(item)["placed_at"].to_string())
        .collect();
    assert!(placed.is_sorted_by(|a, b| a >= b), "{placed:?}");
}
