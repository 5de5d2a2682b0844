//! Every table rebuilt while it is read and posted: readers see the old or the new, never a half,
//! and the bytes are the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use domain::value::OrderId;
use projections::projection::ALL;
use projections::{ListingFilter, OrdersFilter, Queries, RebuildError, RebuildStage, SalesBy};

use crate::market::Market;
use crate::shop::{Shop, at, sku};
use crate::world::{World, assert_same, page};

#[tokio::test(flavor = "multi_thread")]
async fn rebuilt_while_read_and_appended_to() {
    let world = Arc::new(World::new().await);
    let mut shop = Shop::new(21);
    shop.product("ice", &["GROCERY"], &[("ICE-1", 100)]);
    shop.receive("ICE-1", 1_000_000);
    let first = shop.place("2017-01-01T00:00:00Z", None, None, &[("ICE-1", 1, 100, 0)]);
    // Nothing further happens to this order: what is read of it never shrinks.
    shop.orders.clear();
    let seeded = vec![shop.command()];
    world.append(seeded, 1).await;
    world.append(shop.history(300), 10).await;
    world.append(Market::new(21).history(200), 10).await;
    let workers = world.workers();
    world.caught_up().await;

    let done = Arc::new(AtomicBool::new(false));
    let reads = Arc::new(AtomicU64::new(0));
    let reader = tokio::spawn(read(world.queries(), first.0, done.clone(), reads.clone()));
    let appender = tokio::spawn(append(world.clone(), shop, done.clone()));
    for _ in 0..3 {
        world.rebuild_all().await;
        let rebuilt = projections::rebuild_all(&world.journal, |_, _| ())
            .await
            .unwrap();
        assert!(
            rebuilt.iter().all(|(_, outcome)| outcome.is_ok()),
            "{rebuilt:?}"
        );
    }
    done.store(true, Ordering::Relaxed);
    appender.await.unwrap();
    reader.await.unwrap();
    assert!(reads.load(Ordering::Relaxed) > 20);

    world.caught_up().await;
    let live = world.dump().await;
    world.rebuild_all().await;
    assert_same(&live, &world.dump().await, "live and rebuilt");
    projections::rebuild_all(&world.journal, |_, _| ())
        .await
        .unwrap();
    assert_same(&live, &world.dump().await, "live and all rebuilt at once");
    workers.stop().await;
}

/// Reads every table over and over: what was there stays there, and sums only grow.
async fn read(queries: Queries, order: uuid::Uuid, done: Arc<AtomicBool>, reads: Arc<AtomicU64>) {
    let mut orders_before = 0;
    while !done.load(Ordering::Relaxed) {
        assert!(queries.order_detail(order).await.unwrap().is_some());
        assert_eq!(queries.stock(&sku("ICE-1")).await.unwrap().len(), 1);
        let range = (at("2017-01-01T00:00:00Z"), at("2017-01-01T00:00:01Z"));
        let sales = queries
            .sales(range.0, range.1, SalesBy::Department)
            .await
            .unwrap();
        assert!(
            sales.total.orders >= 1 && sales.total.orders >= orders_before,
            "{sales:?}"
        );
        orders_before = sales.total.orders;
        let listed = queries
            .product_listing(&ListingFilter::default(), &page(10))
            .await
            .unwrap();
        assert!(!listed.items.is_empty());
        let orders = queries
            .orders(&OrdersFilter::default(), &page(50))
            .await
            .unwrap();
        assert_eq!(orders.items.len(), 50);
        let trial = queries.trial_balance().await.unwrap();
        assert!(trial.balanced && !trial.accounts.is_empty(), "{trial:?}");
        let timeline = queries.order_timeline(OrderId(order)).await.unwrap();
        assert_eq!(timeline.len(), 1);
        reads.fetch_add(1, Ordering::Relaxed);
    }
}

async fn append(world: Arc<World>, mut shop: Shop, done: Arc<AtomicBool>) {
    while !done.load(Ordering::Relaxed) {
        let mut commands = shop.history(20);
        shop.place("2017-01-01T00:00:00Z", None, None, &[("ICE-1", 1, 100, 0)]);
        shop.orders.pop();
        commands.push(shop.command());
        world.append(commands, 5).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_rebuild_of_the_same_table_fails_fast() {
    let world = World::new().await;
    world.append(Shop::new(22).history(200), 50).await;
    let (started, starts) = tokio::sync::oneshot::channel();
    let mut started = Some(started);
    let journal = world.journal.clone();
    let first = tokio::spawn(async move {
        projections::rebuild(&journal, "sales", |_| {
            if let Some(started) = started.take() {
                started.send(()).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(300));
            }
        })
        .await
    });
    starts.await.unwrap();
    let second = projections::rebuild(&world.journal, "sales", |_| ()).await;
    assert!(
        matches!(second, Err(RebuildError::AlreadyRunning("sales"))),
        "{second:?}"
    );
    first.await.unwrap().unwrap();
    projections::rebuild(&world.journal, "sales", |_| ())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_rebuild_says_how_far_it_is_and_an_unknown_name_is_refused_with_the_known_ones() {
    let world = World::new().await;
    world.append(Shop::new(23).history(100), 50).await;
    let head = world.journal.head().await.unwrap();
    let mut told = Vec::new();
    let rebuilt = projections::rebuild(&world.journal, "stock_level", |step| told.push(step))
        .await
        .unwrap();
    assert_eq!(rebuilt.position, head);
    assert_eq!(told.first().unwrap().stage, RebuildStage::Loading);
    assert_eq!(told.last().unwrap().stage, RebuildStage::Swapping);
    assert!(told.iter().all(|step| step.head == head));

    let unknown = projections::rebuild(&world.journal, "no_such", |_| ())
        .await
        .unwrap_err();
    assert!(unknown.to_string().contains("stock_level"), "{unknown}");
    let statuses = projections::list(&world.pool).await.unwrap();
    assert_eq!(statuses.len(), ALL.len());
    let left: i64 =
        sqlx::query_scalar("select count(*) from pg_namespace where nspname like 'rebuild%'")
            .fetch_one(&world.pool)
            .await
            .unwrap();
    assert_eq!(left, 0);
}
