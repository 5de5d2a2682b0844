//! One suite over every feed: the journal's tail, Kafka, and Kafka where there is none.

use std::time::Duration;

use journal::{Cursor, FeedSource, TailSource};
use relay::KafkaSource;

use crate::follower::Follower;
use crate::raw;
use crate::world::{WITHIN, World};

const LIMIT: usize = 200;

/// How long a feed may lie idle before its cursor stands at the journal's head.
const IDLE_MAX: Duration = Duration::from_secs(10);

async fn suite<S: FeedSource>(world: &World, source: S) {
    nothing_is_waited_for(world, &source).await;
    what_was_there_and_what_comes(world, &source).await;
    any_cursor(world, &source).await;
    cancelled_at_any_time(world, &source).await;
    an_idle_partition_goes_along(world, &source).await;
    much_at_once(world, &source).await;
}

/// An empty journal: no batch, and no end of waiting either.
async fn nothing_is_waited_for<S: FeedSource>(world: &World, source: &S) {
    let mut follower = Follower::from_the_start(source).await;
    assert!(!follower.step(LIMIT, Duration::from_millis(300)).await);
    let last = world.append(1, 1).await;
    follower.reach(last, LIMIT).await;
    follower.assert_whole(world).await;
}

async fn what_was_there_and_what_comes<S: FeedSource>(world: &World, source: &S) {
    world.append(500, 23).await;
    let mut early = Follower::from_the_start(source).await;
    early.step(LIMIT, WITHIN).await;
    let writing = async {
        let mut last = 0;
        for _ in 0..200 {
            last = world.append(5, 7).await;
        }
        last
    };
    let reading = async {
        while early.got.len() < 600 {
            early.step(LIMIT, WITHIN).await;
        }
    };
    let (last, ()) = tokio::join!(writing, reading);
    early.reach(last, LIMIT).await;
    early.assert_whole(world).await;
}

/// A reader may have come to another place in each partition, and goes on there.
async fn any_cursor<S: FeedSource>(world: &World, source: &S) {
    let head = world.journal.head().await.unwrap();
    for seed in [1, 7, 31] {
        let positions = (0..u64::from(source.partitions())).map(|p| (p + seed) * 7919 % (head + 1));
        let mut follower = Follower::open(source, Cursor(positions.collect())).await;
        follower.reach(head, LIMIT).await;
        follower.assert_whole(world).await;
    }
    // And from each place where a reader stood between two batches.
    let mut first = Follower::from_the_start(source).await;
    while first.cursor.low() < head {
        first.step(97, WITHIN).await;
        let mut second = Follower::open(source, first.cursor.clone()).await;
        second.reach(head, LIMIT * 10).await;
        second.assert_whole(world).await;
        first.step(1_000, WITHIN).await;
    }
}

/// Dropping `next` loses nothing, whenever it happens.
async fn cancelled_at_any_time<S: FeedSource>(world: &World, source: &S) {
    let head = world.journal.head().await.unwrap();
    let mut follower = Follower::open(source, Cursor::at(head, source.partitions())).await;
    let writing = async {
        let mut last = 0;
        for _ in 0..200 {
            last = world.append(4, 11).await;
        }
        last
    };
    let reading = async {
        for patience in (0..1_000).map(|index| Duration::from_micros(index * 37 % 3_000)) {
            follower.step(LIMIT, patience).await;
        }
    };
    let (last, ()) = tokio::join!(writing, reading);
    follower.reach(last, LIMIT).await;
    follower.assert_whole(world).await;
}

/// Events in one partition move the cursor of all.
async fn an_idle_partition_goes_along<S: FeedSource>(world: &World, source: &S) {
    let head = world.journal.head().await.unwrap();
    let mut follower = Follower::open(source, Cursor::at(head, source.partitions())).await;
    for _ in 0..3 {
        let last = world.append(1, 1).await;
        tokio::time::timeout(IDLE_MAX, follower.reach(last, LIMIT))
            .await
            .expect("an idle partition stands still");
    }
    follower.assert_whole(world).await;
}

/// A reader that does some work for each batch finds what came meanwhile in big ones.
async fn much_at_once<S: FeedSource>(world: &World, source: &S) {
    const EVENTS: u64 = 4_000;
    let head = world.journal.head().await.unwrap();
    let mut follower = Follower::open(source, Cursor::at(head, source.partitions())).await;
    let last = world.append(EVENTS, 50).await;
    while follower.cursor.low() < last {
        follower.step(1_000, WITHIN).await;
        world.checkpoint().await;
    }
    follower.assert_whole(world).await;
    let batches = follower.batches.len();
    assert!(batches <= 200, "{EVENTS} events came in {batches} batches");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_tail() {
    let world = World::new().await;
    suite(&world, TailSource::new(world.journal.clone())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kafka_with_a_relay() {
    let world = World::new().await;
    let relay = world.relay();
    let source = world.source();
    suite(&world, source.clone()).await;
    assert!(source.carried().by_kafka > 0, "{:?}", source.carried());
    world.published(world.journal.head().await.unwrap()).await;
    relay.stop().await;
    raw::assert_a_faithful_copy(&world, &raw::everything(&world).await, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kafka_without_the_topic() {
    let world = World::new().await;
    suite(&world, world.source()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kafka_at_all() {
    let world = World::new().await;
    let mut options = world.options();
    // Nobody listens on port 1.
    options.brokers = "127.0.0.1:1".to_owned();
    let source = KafkaSource::new(TailSource::new(world.journal.clone()), options);
    suite(&world, source.clone()).await;
    assert_eq!(source.carried().by_kafka, 0);
}
