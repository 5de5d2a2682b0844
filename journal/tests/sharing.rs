//! Workers that share one work: each its part, and none that was overtaken moves anything.

use std::time::Duration;

use journal::{Journal, Shards};
use uuid::Uuid;

use crate::world::World;

const TTL: Duration = Duration::from_secs(30);

fn worker(journal: &Journal, ttl: Duration) -> Shards {
    Shards::new(journal, "knitting", 4, Uuid::now_v7(), ttl)
}

#[tokio::test]
async fn two_workers_share_and_none_has_anothers_shard() {
    let world = World::new().await;
    let (one, two) = (worker(&world.journal, TTL), worker(&world.journal, TTL));
    assert_eq!(one.attend().await.unwrap(), 4);
    let held = one.take(4, &[]).await.unwrap();
    assert_eq!(held.len(), 4);
    assert_eq!(two.attend().await.unwrap(), 2);
    assert_eq!(two.take(4, &[]).await.unwrap(), []);
    let given: Vec<_> = held[..2].iter().map(|shard| (*shard, 17)).collect();
    one.give_back(&given).await.unwrap();
    let taken = two.take(2, &[]).await.unwrap();
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|shard| shard.position == 17), "{taken:?}");
    two.leave().await.unwrap();
    assert_eq!(one.attend().await.unwrap(), 4);
}

#[tokio::test]
async fn one_that_was_overtaken_moves_nothing() {
    let world = World::new().await;
    // It is silent for longer than it holds anything.
    let zombie = worker(&world.journal, Duration::ZERO);
    let held = zombie.take(1, &[]).await.unwrap();
    let heir = worker(&world.journal, TTL);
    let taken = heir.take(4, &[]).await.unwrap();
    assert_eq!(taken.len(), 4);
    let stored: Vec<_> = held.iter().map(|shard| (*shard, 99)).collect();
    assert_eq!(zombie.store(&stored).await.unwrap(), [] as [u32; 0]);
    zombie.give_back(&stored).await.unwrap();
    let mine: Vec<_> = taken.iter().map(|shard| (*shard, 5)).collect();
    assert_eq!(heir.store(&mine).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_worker_that_begins_anew_takes_its_own_at_once() {
    let world = World::new().await;
    let one = worker(&world.journal, TTL);
    let held = one.take(4, &[]).await.unwrap();
    let stored: Vec<_> = held.iter().map(|shard| (*shard, 3)).collect();
    assert_eq!(one.store(&stored).await.unwrap().len(), 4);
    let again = one.take(4, &[]).await.unwrap();
    assert_eq!(again.len(), 4);
    assert!(
        again
            .iter()
            .all(|shard| shard.position == 3 && shard.epoch == 2)
    );
    assert_eq!(one.store(&stored).await.unwrap(), [] as [u32; 0]);
}
