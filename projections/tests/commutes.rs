//! The tables are the same in whatever order streams arrive and however they are cut into batches.

use std::collections::{BTreeMap, VecDeque};

use journal::{RecordedEvent, StreamId};
use projections::Projection;
use projections::projection::ALL;
use sqlx::{Connection, PgConnection, raw_sql};

use crate::market::Market;
use crate::shop::{Rng, Shop};
use crate::world::{World, assert_same, dump};

const SEEDS: u64 = 6;

#[tokio::test]
async fn any_interleaving_of_streams_in_any_batches_gives_the_same_tables() {
    for seed in 1..=SEEDS {
        let world = World::new().await;
        world.append(Shop::new(seed).history(250), 16).await;
        world.append(Market::new(seed).history(400), 16).await;
        world.post_all().await;
        let expected = world.dump().await;
        let events = world.journal.read_all(0, 10_000).await.unwrap();

        let mut rng = Rng::new(seed + 1_000);
        let shuffled = interleave(events, &mut rng);
        let options = world.journal.connect_options().clone();
        let options = options.options([("search_path", "shuffled,public")]);
        let mut connection = PgConnection::connect_with(&options).await.unwrap();
        raw_sql("create schema shuffled")
            .execute(&mut connection)
            .await
            .unwrap();
        for projection in ALL {
            post(&mut connection, projection, &shuffled, &mut rng).await;
        }
        let found = dump(&world.pool, "shuffled").await;
        assert_same(&expected, &found, &format!("seed {seed}"));
    }
}

/// Takes events from the streams in turns at random, keeping the order within each.
fn interleave(events: Vec<RecordedEvent>, rng: &mut Rng) -> Vec<RecordedEvent> {
    let mut streams: BTreeMap<StreamId, VecDeque<RecordedEvent>> = BTreeMap::new();
    for event in events {
        streams
            .entry(event.stream.clone())
            .or_default()
            .push_back(event);
    }
    let mut queues: Vec<VecDeque<RecordedEvent>> = streams.into_values().collect();
    let mut shuffled = Vec::new();
    while !queues.is_empty() {
        let index = rng.below(queues.len() as u64) as usize;
        for _ in 0..=rng.below(4) {
            shuffled.extend(queues[index].pop_front());
        }
        if queues[index].is_empty() {
            queues.swap_remove(index);
        }
    }
    shuffled
}

async fn post(
    connection: &mut PgConnection,
    projection: &Projection,
    events: &[RecordedEvent],
    rng: &mut Rng,
) {
    raw_sql(projection.tables_sql)
        .execute(&mut *connection)
        .await
        .unwrap();
    let mut rest = events;
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(rest.len().min(1 + rng.below(60) as usize));
        rest = after;
        let postings = projection.decode(batch).unwrap();
        if postings.concern(projection) {
            (projection.post)(connection, &postings).await.unwrap();
        }
    }
}
