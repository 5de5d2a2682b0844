//! A changed version rebuilds its tables by itself, the old ones served meanwhile; a worker of the older
//! version leaves the new tables alone.

use std::time::{Duration, Instant};

use domain::value::Timestamp;
use journal::TailSource;
use projections::{Board, Health, Projection, SalesBy, State};

use crate::shop::{Shop, at};
use crate::world::{Workers, World, in_state};

/// The version of this program's own code.
const OWN: i32 = projections::sales::PROJECTION.version;

static NEWER: Projection = Projection {
    version: OWN + 1,
    ..projections::sales::PROJECTION
};

fn january() -> (Timestamp, Timestamp) {
    (at("2017-01-01T00:00:00Z"), at("2017-02-01T00:00:00Z"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_worker_rebuilds_and_an_older_one_stands_back() {
    let world = World::new().await;
    let source = TailSource::new(world.journal.clone());
    let mut shop = Shop::new(31);
    world.append(shop.history(200), 20).await;
    let board = Board::new();
    let mut older = Workers::default();
    let own = &projections::sales::PROJECTION;
    older.add(world.runner_of_another_process(own, &source, &board));
    world.caught_up_in("sales").await;
    let (from, to) = january();
    let before = world.queries().sales(from, to, SalesBy::Day).await.unwrap();

    let mut newer = Workers::default();
    newer.add(world.runner(&NEWER, &source));
    let status = in_state(&world, "sales", State::Outdated).await;
    assert_eq!((status.version, status.built_version), (OWN, Some(OWN + 1)));
    let after = world.queries().sales(from, to, SalesBy::Day).await.unwrap();
    assert_eq!(before, after);

    let mut health = board.watch("sales");
    let stands_back = health.wait_for(|progress| matches!(progress.health, Health::Unhealthy(_)));
    tokio::time::timeout(Duration::from_secs(20), stands_back)
        .await
        .unwrap()
        .unwrap();
    world.append(shop.history(50), 20).await;
    world.caught_up_in("sales").await;
    older.stop().await;
    newer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_worker_takes_the_tables_back_when_no_newer_one_is_left() {
    let world = World::new().await;
    let source = TailSource::new(world.journal.clone());
    world.append(Shop::new(32).history(50), 20).await;
    let mut newer = Workers::default();
    newer.add(world.runner(&NEWER, &source));
    world.caught_up_in("sales").await;
    newer.stop().await;
    let mut older = Workers::default();
    older.add(world.runner(&projections::sales::PROJECTION, &source));
    let status = in_state(&world, "sales", State::Posting).await;
    assert_eq!(status.built_version, Some(OWN));
    older.stop().await;
}

#[tokio::test]
async fn a_wait_for_what_is_not_posted_ends_at_its_deadline() {
    let world = World::new().await;
    world.append(Shop::new(33).history(5), 5).await;
    let deadline = Instant::now() + Duration::from_millis(200);
    let waited = world.queries().wait_for("sales", 3, deadline).await;
    let Err(projections::QueryError::Behind(behind)) = waited else {
        panic!("{waited:?}")
    };
    assert_eq!((behind.wanted, behind.reached), (3, 0));
    assert!(Instant::now() < deadline + Duration::from_millis(500));
}
