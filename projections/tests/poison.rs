//! An event that cannot be read stops the projections that need it, just before it, and says so;
//! the others go on.

use std::time::Duration;

use journal::{NewEvent, PendingCommand, StreamId, TailSource};
use projections::{Health, Projection, State};

use crate::shop::Shop;
use crate::world::{Workers, World, in_state};

fn nonsense(stream: &str) -> PendingCommand {
    let event = NewEvent {
        stream: StreamId::new("order", stream),
        sequence: 1,
        event_type: "OrderPlaced".into(),
        event_version: "1".into(),
        payload: r#"{"OrderPlaced":{"order_id":7}}"#.into(),
        metadata: "{}".into(),
    };
    PendingCommand {
        events: vec![event],
        ..PendingCommand::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_event_stops_its_projections_before_it() {
    let world = World::new().await;
    let mut shop = Shop::new(51);
    world.append(shop.history(40), 40).await;
    let before = world.journal.head().await.unwrap();
    world
        .append(vec![nonsense("0190163d-8694-739b-aea5-966c26f8ad91")], 1)
        .await;
    world.append(shop.history(40), 40).await;
    let workers = world.workers();
    for name in ["order_detail", "customer_orders", "sales"] {
        let status = in_state(&world, name, State::Failed).await;
        assert_eq!(status.position_low, before, "{name}");
        let failure = status.failure.unwrap();
        assert!(
            failure.contains(&format!("position {}", before + 1)),
            "{failure}"
        );
    }
    for name in ["stock_level", "product_page", "product_listing"] {
        world.caught_up_in(name).await;
    }
    workers.stop().await;
}

static PANICS: Projection = Projection {
    name: "panics",
    tables: &[],
    tables_sql: "",
    indexes_sql: "",
    post: |_, _| panic!("on purpose"),
    ..projections::sales::PROJECTION
};

#[tokio::test(flavor = "multi_thread")]
async fn code_that_panics_makes_its_worker_unhealthy_and_does_not_end_it() {
    let world = World::new().await;
    world.append(Shop::new(52).history(5), 5).await;
    let mut workers = Workers::default();
    let source = TailSource::new(world.journal.clone());
    workers.add(world.runner(&PANICS, &source));
    let mut health = world.board.watch("panics");
    let unwell = health.wait_for(|progress| matches!(progress.health, Health::Unhealthy(_)));
    tokio::time::timeout(Duration::from_secs(20), unwell)
        .await
        .unwrap()
        .unwrap();
    workers.stop().await;
}
