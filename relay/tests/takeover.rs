//! One relay at a time, whatever becomes of the others; a restart loses nothing and reorders nothing.

use std::time::{Duration, Instant};

use daybook_tests::eventually;
use journal::Lease;
use relay::KafkaSource;
use uuid::Uuid;

use crate::follower::Follower;
use crate::raw;
use crate::world::{WITHIN, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_relay_goes_on() {
    let world = World::new().await;
    let source = world.source();
    let mut follower = Follower::<KafkaSource>::from_the_start(&source).await;
    for round in 0..4 {
        let relay = world.relay();
        let last = world.append(400, 13).await;
        follower.reach(last - 100, 1_000).await;
        match round {
            0 | 2 => {
                world.published(last).await;
                relay.stop().await;
            }
            // In the middle of it.
            _ => {
                eventually("some of it is there", WITHIN, async || {
                    match raw::ends(&world).await {
                        Some(ends) if ends.iter().sum::<i64>() > 400 => Ok(()),
                        ends => Err(format!("{ends:?}")),
                    }
                })
                .await;
                relay.kill().await;
            }
        }
    }
    let relay = world.relay();
    let head = world.journal.head().await.unwrap();
    follower.reach(head, 1_000).await;
    follower.assert_whole(&world).await;
    world.published(head).await;
    relay.stop().await;
    raw::assert_a_faithful_copy(&world, &raw::everything(&world).await, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_relays_one_publishes_and_the_other_takes_over() {
    let world = World::new().await;
    let first = world.relay();
    world.published(world.append(100, 9).await).await;
    let (epoch, _) = world.checkpoint().await;
    let second = world.relay();
    world.published(world.append(100, 9).await).await;
    assert_eq!(world.checkpoint().await.0, epoch, "it changed hands");
    let positions: Vec<_> = raw::everything(&world)
        .await
        .iter()
        .filter_map(raw::Seen::position)
        .collect();
    assert_eq!(positions.len(), 200, "published twice");

    first.kill().await;
    let last = world.append(100, 9).await;
    world.published(last).await;
    assert!(world.checkpoint().await.0 > epoch);
    second.stop().await;
    raw::assert_a_faithful_copy(&world, &raw::everything(&world).await, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_stops_in_order_leaves_its_place_at_once() {
    let world = World::new().await;
    let first = world.relay();
    world.published(world.append(10, 3).await).await;
    let second = world.relay();
    first.stop().await;
    let asked = Instant::now();
    world.published(world.append(10, 3).await).await;
    assert!(
        asked.elapsed() < Duration::from_secs(3),
        "{:?}",
        asked.elapsed()
    );
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_was_overtaken_stops() {
    let world = World::new().await;
    let relay = world.relay();
    world.published(world.append(50, 9).await).await;
    let (epoch, position) = world.checkpoint().await;
    // Somebody takes the lease while the relay believes that it has it.
    let (pool, name) = (world.journal.pool(), format!("relay:{}", world.topic()));
    sqlx::query("update journal.leases set expires_at = '-infinity' where name = $1")
        .bind(&name)
        .execute(pool)
        .await
        .unwrap();
    let usurper = Lease::try_acquire(pool, &name, Uuid::now_v7(), WITHIN * 10).await;
    let usurper = usurper.unwrap().unwrap();
    // Not even watermarks come any more.
    let (mut last, mut since) = (raw::ends(&world).await, Instant::now());
    eventually("the topic stands still", WITHIN, async || {
        let ends = raw::ends(&world).await;
        if ends != last {
            (last, since) = (ends, Instant::now());
        }
        match since.elapsed() > Duration::from_millis(1_500) {
            true => Ok(()),
            false => Err("it is written to".to_owned()),
        }
    })
    .await;
    let head = world.append(50, 9).await;
    assert_eq!(world.checkpoint().await, (epoch, position));
    usurper.release(pool).await.unwrap();
    world.published(head).await;
    assert!(world.checkpoint().await.0 > epoch);
    relay.stop().await;
    raw::assert_a_faithful_copy(&world, &raw::everything(&world).await, 0).await;
}
