//! Kafka loses what it can lose, and holds what it should not: readers get everything once, in order.

use std::time::Duration;

use daybook_tests::{Broker, Kafka, eventually};
use journal::{Cursor, Position, RecordedEvent, partition_of};
use relay::{KafkaSource, Relay};
use tokio_util::sync::CancellationToken;

use crate::follower::Follower;
use crate::raw;
use crate::world::{PARTITIONS, WITHIN, World};

const LIMIT: usize = 500;

/// The topic holds an event after `position` again.
async fn carried_again(world: &World, position: Position) {
    eventually("the topic is used again", WITHIN, async || {
        if raw::ends(world).await.is_none() {
            return Err("no topic".to_owned());
        }
        let seen = raw::everything(world).await;
        let last = seen.iter().filter_map(raw::Seen::position).max();
        match last > Some(position) {
            true => Ok(()),
            false => Err(format!("{last:?}, not after {position}")),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_topic_is_deleted_and_made_anew() {
    let world = World::new().await;
    let relay = world.relay();
    let source = world.source();
    let mut follower = Follower::<KafkaSource>::from_the_start(&source).await;
    let mut last = world.append(300, 17).await;
    follower.reach(last, LIMIT).await;
    world.published(last).await;
    for _ in 0..2 {
        raw::delete_topic(&world).await;
        let deleted_at = last;
        for _ in 0..20 {
            last = world.append(10, 17).await;
        }
        follower.reach(last, LIMIT).await;
        world.published(last).await;
        last = world.append(10, 17).await;
        follower.reach(last, LIMIT).await;
        carried_again(&world, deleted_at).await;
    }
    follower.assert_whole(&world).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn holes_are_filled_from_the_journal() {
    let world = World::new().await;
    raw::create_topic(&world, PARTITIONS).await;
    let source = world.source();
    let mut follower = Follower::<KafkaSource>::from_the_start(&source).await;
    follower.reach(world.append(1, 1).await, LIMIT).await;
    for round in 0..3 {
        let last = world.append(60, 6).await;
        let events = world.events().await;
        let id = events[0].metadata().event_id;
        let mut before = vec![0; PARTITIONS as usize];
        for (index, event) in events.iter().enumerate() {
            let before = &mut before[partition_of(&event.stream, PARTITIONS) as usize];
            // Two of three never reach the topic; in the last round even repeats do.
            if event.position > last - 60 && (index % 3 == 0 || round == 2 && index % 5 == 0) {
                raw::publish(&world, &id, event, *before).await;
                raw::publish(&world, &id, event, *before).await;
            }
            *before = event.position;
        }
        follower.reach(last, LIMIT).await;
        follower.assert_whole(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_relay_believes_to_have_published_is_filled_in_too() {
    let world = World::new().await;
    let relay = world.relay();
    let source = world.source();
    let mut follower = Follower::<KafkaSource>::from_the_start(&source).await;
    let last = world.append(300, 17).await;
    follower.reach(last, LIMIT).await;
    world.published(last).await;
    relay.stop().await;
    // Published, says the checkpoint; but Kafka never got it.
    let lost = world.append(200, 17).await;
    sqlx::query(
        "update relay.checkpoints set position = $1, last_published = array_fill($1, array[$2])",
    )
    .bind(lost as i64)
    .bind(PARTITIONS as i32)
    .execute(world.journal.pool())
    .await
    .unwrap();
    let relay = world.relay();
    let last = world.append(100, 17).await;
    follower.reach(last, LIMIT).await;
    follower.assert_whole(&world).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_too_large_for_kafka_stops_nobody() {
    let world = World::new().await;
    let relay = world.relay();
    let source = world.source();
    let mut follower = Follower::<KafkaSource>::from_the_start(&source).await;
    follower.reach(world.append(10, 3).await, LIMIT).await;
    let large = world.append_large(3_000_000).await;
    let last = world.append(10, 3).await;
    world.published(last).await;
    follower.reach(last, LIMIT).await;
    follower.assert_whole(&world).await;
    relay.stop().await;
    let seen = raw::everything(&world).await;
    assert!(seen.iter().all(|record| record.position() != Some(large)));
    assert!(seen.iter().any(|record| record.previous() == large));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_journals_records_are_not_ours() {
    let world = World::new().await;
    let relay = world.relay();
    let source = world.source();
    let mut follower = Follower::<KafkaSource>::from_the_start(&source).await;
    let last = world.append(30, 6).await;
    follower.reach(last, LIMIT).await;
    // A relay of another journal that was given the same topic, and has come further.
    let other = World::on(world.kafka.clone()).await;
    let others = other.relay();
    other.published(other.append(300, 6).await).await;
    let last = world.append(30, 6).await;
    follower.reach(last, LIMIT).await;
    other.published(other.append(300, 6).await).await;
    let last = world.append(30, 6).await;
    follower.reach(last, LIMIT).await;
    follower.assert_whole(&world).await;
    relay.stop().await;
    others.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_in_the_topic_is_passed_over() {
    let world = World::new().await;
    let relay = world.relay();
    let source = world.source();
    let mut follower = Follower::<KafkaSource>::from_the_start(&source).await;
    follower.reach(world.append(30, 6).await, LIMIT).await;
    let events = world.events().await;
    let id = events[0].metadata().event_id;
    let future = RecordedEvent {
        position: 1_000_000,
        ..events[3].clone()
    };
    let nameless = RecordedEvent {
        metadata: String::new(),
        ..events[4].clone()
    };
    for event in [&nameless, &events[3]] {
        raw::publish(&world, &id, event, 0).await;
        raw::publish(&world, "", event, 0).await;
    }
    // It says that the journal goes further than it does.
    raw::publish(&world, &id, &future, 999_999).await;
    follower.reach(world.append(30, 6).await, LIMIT).await;
    follower.assert_whole(&world).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_of_another_shape_is_refused_and_not_needed() {
    let world = World::new().await;
    raw::create_topic(&world, PARTITIONS - 1).await;
    let relay = world.relay();
    let source = world.source();
    let mut follower = Follower::<KafkaSource>::from_the_start(&source).await;
    for _ in 0..3 {
        follower.reach(world.append(30, 6).await, LIMIT).await;
    }
    follower.assert_whole(&world).await;
    assert_eq!(world.checkpoint().await.1, 0, "published nevertheless");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_is_away_for_a_while() {
    let mut broker = Broker::start().await;
    let world = World::on(Kafka::fresh_on(&broker.brokers())).await;
    let relay = world.relay();
    let source = world.source();
    let mut follower = Follower::<KafkaSource>::from_the_start(&source).await;
    let last = world.append(200, 17).await;
    follower.reach(last, LIMIT).await;
    world.published(last).await;
    broker.kill9();
    // Readers go on, and soon as promptly as without Kafka. It takes longer than the relay waits for a delivery, so
    // that some of what it tries to send is given up while more lies behind it.
    let mut slowest = Duration::ZERO;
    for round in 0..12 {
        let asked = std::time::Instant::now();
        follower.reach(world.append(100, 17).await, LIMIT).await;
        if round >= 2 {
            slowest = slowest.max(asked.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    println!("while the broker was away an event took {slowest:?} at most");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    broker.restart().await;
    let last = world.append(100, 17).await;
    follower.reach(last, LIMIT).await;
    world.published(last).await;
    follower.assert_whole(&world).await;
    relay.stop().await;
    raw::assert_a_faithful_copy(&world, &raw::everything(&world).await, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_comes_later() {
    let world = World::new().await;
    let late = Broker::start().await;
    late.stop();
    let mut late = late;
    let mut options = world.options();
    options.brokers = late.brokers();
    let shutdown = CancellationToken::new();
    let relay = Relay::new(world.journal.clone(), options.clone());
    let running = tokio::spawn(relay.run(shutdown.clone()));
    let tail = journal::TailSource::new(world.journal.clone());
    let source = KafkaSource::new(tail, options);
    let mut follower = Follower::open(&source, Cursor::at(0, PARTITIONS)).await;
    follower.reach(world.append(100, 17).await, LIMIT).await;
    late.restart().await;
    let last = world.append(100, 17).await;
    follower.reach(last, LIMIT).await;
    world.published(last).await;
    follower.assert_whole(&world).await;
    shutdown.cancel();
    let _ = running.await;
}
