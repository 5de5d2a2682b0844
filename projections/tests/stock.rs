//! Stock: levels per location, what is scarce, and what holds a SKU's units.

use domain::value::Location;
use projections::State;

use crate::shop::{Shop, sku};
use crate::world::{World, in_state, json, page};

#[tokio::test]
async fn levels_and_reservations_follow_an_order() {
    let world = World::new().await;
    let mut shop = Shop::new(81);
    shop.receive("ICE-1", 10);
    shop.receive_at("ICE-1", "annex", 4);
    let held = shop.place("2017-01-01T08:00:00Z", None, None, &[("ICE-1", 2, 200, 0)]);
    let committed = shop.place("2017-01-01T09:00:00Z", None, None, &[("ICE-1", 3, 300, 0)]);
    shop.confirm(committed);
    shop.ship(committed, 1);
    let gone = shop.place("2017-01-01T10:00:00Z", None, None, &[("ICE-1", 1, 100, 0)]);
    shop.reject(gone);
    // One command an event: reservations begin and end in different batches.
    let command = shop.command();
    let commands = command
        .events
        .into_iter()
        .map(|event| journal::PendingCommand {
            events: vec![event],
            ..journal::PendingCommand::default()
        });
    let workers = world.workers();
    world.append(commands.collect(), 1).await;
    world.caught_up().await;
    workers.stop().await;

    let queries = world.queries();
    let levels = queries.stock(&sku("ICE-1")).await.unwrap();
    let [annex, main] = &levels[..] else {
        panic!("{levels:?}")
    };
    assert_eq!(json(&annex.body)["available"], 4);
    let level = json(&main.body);
    assert_eq!(
        (level["on_hand"].as_i64(), level["held"].as_i64()),
        (Some(9), Some(2))
    );
    assert_eq!(
        (level["committed"].as_i64(), level["available"].as_i64()),
        (Some(2), Some(5))
    );
    assert_eq!(level["version"], main.version);
    assert_eq!(
        queries
            .stock_at(&sku("ICE-1"), &Location::default())
            .await
            .unwrap()
            .as_ref(),
        Some(main)
    );
    assert_eq!(queries.stock(&sku("NONE")).await.unwrap(), []);

    let open = queries
        .reservations(&sku("ICE-1"), &page(10))
        .await
        .unwrap()
        .items;
    let mut told: Vec<(String, u64, String)> = open
        .iter()
        .map(json)
        .map(|item| {
            let text = |field: &str| item[field].as_str().unwrap().to_owned();
            (
                text("order_id"),
                item["quantity"].as_u64().unwrap(),
                text("status"),
            )
        })
        .collect();
    told.sort();
    let mut expected = vec![
        (held.to_string(), 2, "held".to_owned()),
        (committed.to_string(), 2, "committed".to_owned()),
    ];
    expected.sort();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_forced_shortfall_is_told_and_comes_first_among_the_scarce() {
    let world = World::new().await;
    let mut shop = Shop::new(82);
    for (code, quantity) in [("A", 10), ("B", 3), ("C", 1)] {
        shop.receive(code, quantity);
    }
    shop.place("2017-01-01T08:00:00Z", None, None, &[("A", 9, 900, 0)]);
    shop.adjust("A", -4);
    let command = shop.command();
    world.append(vec![command], 1).await;
    world.post_all().await;
    let queries = world.queries();
    let scarce = queries.stock_below(Some(3), &page(10)).await.unwrap();
    let skus: Vec<_> = scarce
        .items
        .iter()
        .map(|item| json(item)["sku"].clone())
        .collect();
    assert_eq!(skus, ["A", "C"]);
    let first = json(&scarce.items[0]);
    assert_eq!(
        (first["available"].as_i64(), first["shortfall"].as_i64()),
        (Some(0), Some(3))
    );
    let all = queries.stock_below(None, &page(10)).await.unwrap();
    assert_eq!(all.items.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_not_where_the_events_go_on_from_stop_the_tables_before_the_first() {
    let world = World::new().await;
    let mut shop = Shop::new(83);
    for code in ["ICE-1", "SOAP-1", "TEA-1"] {
        shop.receive(code, 10);
    }
    let command = shop.command();
    world.append(vec![command], 1).await;
    world.post_all().await;
    for (table, sku) in [
        ("stock_level", "ICE-1"),
        ("stock_level", "TEA-1"),
        ("product_listing_stock", "ICE-1"),
        ("product_listing_stock", "TEA-1"),
    ] {
        let by_hand = format!("update query.{table} set version = 7 where sku = $1");
        let by_hand = sqlx::query(&by_hand).bind(sku);
        by_hand.execute(world.journal.pool()).await.unwrap();
    }
    // One command: the events come in one batch. Those before the first that cannot be posted are posted.
    for code in ["SOAP-1", "TEA-1", "ICE-1"] {
        shop.receive(code, 1);
    }
    let command = shop.command();
    world.append(vec![command], 1).await;
    let workers = world.workers();
    for name in ["stock_level", "product_listing"] {
        let status = in_state(&world, name, State::Failed).await;
        assert_eq!(status.position_low, 4, "{name}");
        let failure = status.failure.unwrap();
        assert!(
            failure.contains("position 5 (stock-TEA-1@main)"),
            "{failure}"
        );
        assert!(
            failure.contains("the row is at version 7; rebuild the projection"),
            "{failure}"
        );
    }
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_begins_where_a_row_is_already_stops_the_tables() {
    let world = World::new().await;
    let mut shop = Shop::new(84);
    shop.receive("ICE-1", 10);
    let command = shop.command();
    world.append(vec![command], 1).await;
    world.post_all().await;
    for statement in [
        "insert into query.stock_level (sku, location, version, on_hand, held, committed, uncommitted, updated_at)
         values ('TEA-1', 'main', 3, 0, 0, 0, 0, now())",
        "insert into query.product_listing_stock (sku, location, version, available) values ('TEA-1', 'main', 3, 0)",
    ] {
        let by_hand = sqlx::query(statement).execute(world.journal.pool());
        by_hand.await.unwrap();
    }
    shop.receive("TEA-1", 1);
    let command = shop.command();
    world.append(vec![command], 1).await;
    let workers = world.workers();
    for name in ["stock_level", "product_listing"] {
        let failure = in_state(&world, name, State::Failed).await.failure.unwrap();
        assert!(
            failure.contains("it is number 1 of its stream, but the row is at version 3"),
            "{failure}"
        );
    }
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_postgres_refuses_stops_its_table_and_is_told() {
    let world = World::new().await;
    let mut shop = Shop::new(85);
    shop.receive("ICE-1", 10);
    let command = shop.command();
    world.append(vec![command], 1).await;
    world.post_all().await;
    let by_hand =
        "alter table query.stock_reservation add constraint none_at_all check (quantity = 0)";
    let by_hand = sqlx::query(by_hand).execute(world.journal.pool());
    by_hand.await.unwrap();
    shop.place("2017-01-01T08:00:00Z", None, None, &[("ICE-1", 2, 200, 0)]);
    let command = shop.command();
    world.append(vec![command], 1).await;
    let workers = world.workers();
    let status = in_state(&world, "stock_level", State::Failed).await;
    assert!(status.failure.unwrap().contains("none_at_all"));
    workers.stop().await;
}
