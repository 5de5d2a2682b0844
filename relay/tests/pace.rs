//! How fast it goes: figures are printed, none is asserted.

use std::time::Instant;

use journal::Cursor;
use relay::KafkaSource;

use crate::follower::Follower;
use crate::world::{PARTITIONS, WITHIN, World};

const EVENTS: u64 = 50_000;
const BATCH: u64 = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_published_and_followed() {
    let world = World::new().await;
    let mut last = 0;
    for _ in 0..EVENTS / BATCH {
        last = world.append(BATCH, 500).await;
    }
    let began = Instant::now();
    let relay = world.relay();
    world.published(last).await;
    let published = rate(EVENTS, began);

    let source = world.source();
    let began = Instant::now();
    let mut follower = Follower::<KafkaSource>::from_the_start(&source).await;
    follower.reach(last, BATCH as usize).await;
    let caught_up = rate(EVENTS, began);

    // Near the end: what is appended now comes through Kafka.
    let mut follower = Follower::<KafkaSource>::open(&source, Cursor::at(last, PARTITIONS)).await;
    let mut others = Vec::new();
    for _ in 0..5 {
        others.push(Follower::<KafkaSource>::open(&source, Cursor::at(last, PARTITIONS)).await);
    }
    let first = world.append(1, 1).await;
    follower.reach(first, 1).await;
    let began = Instant::now();
    let writing = async {
        let mut last = 0;
        for _ in 0..EVENTS / BATCH {
            last = world.append(BATCH, 500).await;
        }
        (last, rate(EVENTS, began))
    };
    let reading = async {
        while follower.got.len() < EVENTS as usize {
            follower.step(BATCH as usize, WITHIN).await;
        }
        for other in &mut others {
            other.reach(first + EVENTS, BATCH as usize).await;
        }
    };
    let ((last, written), ()) = tokio::join!(writing, reading);
    let followed = rate(EVENTS, began);
    follower.reach(last, BATCH as usize).await;
    world.published(last).await;

    let mut waits = Vec::new();
    for _ in 0..100 {
        let asked = Instant::now();
        let last = world.append(1, 1).await;
        while follower.cursor.high() < last {
            follower.step(1, WITHIN).await;
        }
        waits.push(asked.elapsed());
    }
    waits.sort_unstable();
    println!(
        "published {published:.0}/s, caught up {caught_up:.0}/s; six feeds while {written:.0}/s were appended: {followed:.0}/s; \
         append to reader: median {:?}, p95 {:?}; {:?}",
        waits[50],
        waits[95],
        source.carried()
    );
    relay.stop().await;
}

fn rate(events: u64, began: Instant) -> f64 {
    events as f64 / began.elapsed().as_secs_f64()
}
