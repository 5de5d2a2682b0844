//! A runner posts every event exactly once: killed at random moments, two at a time, and while
//! Postgres throws its connections out.

use std::time::Duration;

use journal::TailSource;
use projections::projection::ALL;

use crate::shop::{Rng, Shop};
use crate::world::{Workers, World, assert_same};

/// A stretch of time at random: the moment of a kill.
async fn a_moment(rng: &mut Rng) {
    tokio::time::sleep(Duration::from_millis(rng.below(40))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_post_each_event_once() {
    let world = World::new().await;
    let mut shop = Shop::new(11);
    let mut rng = Rng::new(7);
    for _ in 0..12 {
        let workers = world.workers();
        world.append(shop.history(60), 5).await;
        a_moment(&mut rng).await;
        workers.kill();
    }
    assert_posted_once(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_of_one_projection_post_each_event_once() {
    let world = World::new().await;
    let source = TailSource::new(world.journal.clone());
    let mut shop = Shop::new(12);
    let mut rng = Rng::new(8);
    let mut workers = [world.workers_over(&source), world.workers_over(&source)];
    for round in 0..8 {
        world.append(shop.history(60), 5).await;
        a_moment(&mut rng).await;
        let next = world.workers_over(&source);
        let old = std::mem::replace(&mut workers[round % 2], next);
        if round % 3 == 0 {
            old.stop().await
        } else {
            old.kill()
        }
    }
    assert_posted_once(&world).await;
    for workers in workers {
        workers.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_loses_its_connections_goes_on_by_itself() {
    let world = World::new().await;
    let workers = world.workers();
    let mut shop = Shop::new(13);
    for _ in 0..5 {
        world.append(shop.history(60), 5).await;
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()
               and backend_type = 'client backend'
               and query not like '%journal.append(%'",
        )
        .execute(&world.pool)
        .await
        .unwrap();
    }
    assert_posted_once(&world).await;
    workers.stop().await;
}

/// A worker that lost its lease while it was paused must not post: its epoch is over.
#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_that_is_over_posts_nothing() {
    let world = World::new().await;
    let workers = world.workers();
    let mut shop = Shop::new(14);
    for _ in 0..10 {
        world.append(shop.history(30), 5).await;
        sqlx::query("update projections.checkpoints set epoch = epoch + 1")
            .execute(&world.pool)
            .await
            .unwrap();
    }
    assert_posted_once(&world).await;
    workers.stop().await;
}

/// The live tables are what a rebuild makes, to the byte.
async fn assert_posted_once(world: &World) {
    let mut finishing = Workers::default();
    let source = TailSource::new(world.journal.clone());
    for projection in ALL {
        finishing.add(world.runner(projection, &source));
    }
    world.caught_up().await;
    let live = world.dump().await;
    finishing.stop().await;
    world.rebuild_all().await;
    assert_same(&live, &world.dump().await, "live and rebuilt");
}
