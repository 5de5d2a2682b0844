//! The feed changes from the journal's tail to one with partitions, and back, in the middle.

use std::time::Duration;

use journal::{Cursor, Feed, FeedBatch, FeedError, FeedSource, Journal, TailSource, partition_of};

use crate::shop::{Rng, Shop};
use crate::world::{World, assert_same};

/// A feed of several partitions that stand at different positions, as Kafka's do.
#[derive(Clone)]
struct Partitioned {
    journal: Journal,
    partitions: u32,
}

struct PartitionedFeed {
    journal: Journal,
    cursor: Cursor,
    rng: Rng,
}

impl FeedSource for Partitioned {
    type Feed = PartitionedFeed;

    fn partitions(&self) -> u32 {
        self.partitions
    }

    async fn open(&self, cursor: Cursor) -> Result<PartitionedFeed, FeedError> {
        assert_eq!(cursor.partitions(), self.partitions);
        let rng = Rng::new(cursor.high() + 1);
        let journal = self.journal.clone();
        Ok(PartitionedFeed {
            journal,
            cursor,
            rng,
        })
    }
}

impl Feed for PartitionedFeed {
    async fn next(&mut self, _limit: usize) -> Result<FeedBatch, FeedError> {
        loop {
            let partitions = self.cursor.partitions();
            let partition = self.rng.below(u64::from(partitions)) as u32;
            let after = self.cursor.0[partition as usize];
            let limit = 1 + self.rng.below(70) as usize;
            let read = self.journal.read_all(after, limit).await?;
            let Some(last) = read.last() else {
                tokio::time::sleep(Duration::from_millis(2)).await;
                continue;
            };
            let through = last.position;
            let of_partition = |event: &journal::RecordedEvent| {
                partition_of(&event.stream, partitions) == partition
            };
            let events = read
                .into_iter()
                .filter(of_partition)
                .map(std::sync::Arc::new)
                .collect();
            self.cursor.0[partition as usize] = through;
            return Ok(FeedBatch {
                events,
                cursor: self.cursor.clone(),
            });
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_one_partition_to_several_and_back() {
    let world = World::new().await;
    let mut shop = Shop::new(41);
    let mut rng = Rng::new(41);
    let tail = TailSource::new(world.journal.clone());
    for partitions in [1, 12, 1, 3, 12, 1] {
        let journal = world.journal.clone();
        let workers = match partitions {
            1 => world.workers_over(&tail),
            partitions => world.workers_over(&Partitioned {
                journal,
                partitions,
            }),
        };
        world.append(shop.history(120), 10).await;
        tokio::time::sleep(Duration::from_millis(rng.below(150))).await;
        // Stopped while partitions stand apart.
        if rng.below(2) == 0 {
            workers.kill()
        } else {
            workers.stop().await
        }
    }
    world.post_all().await;
    let live = world.dump().await;
    world.rebuild_all().await;
    assert_same(&live, &world.dump().await, "live and rebuilt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_of_a_table_with_partitions_keeps_them() {
    let world = World::new().await;
    let mut shop = Shop::new(42);
    let source = Partitioned {
        journal: world.journal.clone(),
        partitions: 4,
    };
    let workers = world.workers_over(&source);
    world.append(shop.history(200), 10).await;
    world.rebuild_all().await;
    world.append(shop.history(200), 10).await;
    world.caught_up().await;
    let status = world.queries().projection("sales").await.unwrap();
    assert_eq!(status.partitions, 4);
    let live = world.dump().await;
    workers.stop().await;
    world.rebuild_all().await;
    assert_same(&live, &world.dump().await, "live and rebuilt");
}
