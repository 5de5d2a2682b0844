//! The topic as anybody sees it: plain clients that know nothing of the crate under test.

use std::collections::HashMap;
use std::time::Duration;

use daybook_tests::eventually;
use journal::{Position, RecordedEvent, partition_of};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::world::{PARTITIONS, WITHIN, World};

const CALL: Duration = Duration::from_secs(10);

/// A record, copied.
#[derive(Clone, Debug)]
pub struct Seen {
    pub partition: i32,
    pub key: Option<String>,
    pub value: Option<String>,
    pub headers: HashMap<String, String>,
}

impl Seen {
    fn number(&self, header: &str) -> Option<Position> {
        self.headers.get(header).map(|text| text.parse().unwrap())
    }

    pub fn position(&self) -> Option<Position> {
        self.number("ce_position")
    }

    pub fn watermark(&self) -> Option<Position> {
        self.number("watermark")
    }

    pub fn previous(&self) -> Position {
        self.number("previous").unwrap()
    }
}

fn config(world: &World) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", world.kafka.brokers());
    config
}

fn consumer(world: &World) -> BaseConsumer {
    config(world).set("group.id", "raw").create().unwrap()
}

/// The end offset of every partition; `None` while the topic is not there.
pub async fn ends(world: &World) -> Option<Vec<i64>> {
    let (consumer, topic) = (consumer(world), world.topic());
    let ask = move || {
        let partitions = 0..PARTITIONS as i32;
        let end = |partition| consumer.fetch_watermarks(&topic, partition, CALL).ok();
        partitions
            .map(|partition| end(partition).map(|(_, end)| end))
            .collect()
    };
    tokio::task::spawn_blocking(ask).await.unwrap()
}

/// Everything that the topic holds at this moment.
pub async fn everything(world: &World) -> Vec<Seen> {
    let ends = ends(world).await.expect("the topic is there");
    let (consumer, topic) = (consumer(world), world.topic());
    let read = move || {
        let mut assignment = TopicPartitionList::new();
        for partition in 0..PARTITIONS as i32 {
            assignment
                .add_partition_offset(&topic, partition, Offset::Beginning)
                .unwrap();
        }
        consumer.assign(&assignment).unwrap();
        let mut missing: i64 = ends.iter().sum();
        let mut seen = Vec::new();
        while missing > 0 {
            let message = consumer
                .poll(CALL)
                .expect("the topic's records come")
                .unwrap();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let headers = message.headers().map_or_else(HashMap::new, |headers| {
                let pairs = headers.iter();
                pairs
                    .map(|h| (h.key.to_owned(), text(h.value.unwrap_or_default())))
                    .collect()
            });
            seen.push(Seen {
                partition: message.partition(),
                key: message.key().map(text),
                value: message.payload().map(text),
                headers,
            });
            missing -= i64::from(message.offset() < ends[message.partition() as usize]);
        }
        seen
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

/// What outside readers rely on, given what they see: every event of the journal once those are dropped that lie at or
/// below what their partition has already brought; in order; each naming the one before it.
pub async fn assert_a_faithful_copy(world: &World, seen: &[Seen], from: Position) {
    let mut last = vec![0; PARTITIONS as usize];
    let mut got = Vec::new();
    for record in seen {
        let last = &mut last[record.partition as usize];
        let Some(position) = record.position() else {
            let watermark = record.watermark().unwrap();
            assert!(
                record.previous() <= watermark,
                "{record:?} names one after it"
            );
            continue;
        };
        if position <= *last {
            continue;
        }
        assert!(
            record.previous() == *last || (*last == 0 && record.previous() <= from),
            "{position} names {} before it, which is {last}",
            record.previous()
        );
        *last = position;
        got.push(position);
    }
    got.sort_unstable();
    let first = got.first().copied().unwrap_or(0);
    assert!(first <= from + 1, "begins at {first}");
    let expected: Vec<Position> = (first..=world.journal.head().await.unwrap()).collect();
    assert_eq!(got, expected);
}

fn admin(world: &World) -> AdminClient<DefaultClientContext> {
    config(world).create().unwrap()
}

pub async fn delete_topic(world: &World) {
    let (admin, topic) = (admin(world), world.topic());
    let outcome = admin
        .delete_topics(&[&topic], &AdminOptions::new())
        .await
        .unwrap();
    outcome[0].as_ref().unwrap();
}

pub async fn create_topic(world: &World, partitions: u32) {
    let (admin, topic) = (admin(world), world.topic());
    let topic = NewTopic::new(&topic, partitions as i32, TopicReplication::Fixed(1));
    let outcome = admin
        .create_topics([&topic], &AdminOptions::new())
        .await
        .unwrap();
    outcome[0].as_ref().unwrap();
    if partitions == PARTITIONS {
        eventually("the topic is there", WITHIN, async || {
            ends(world).await.ok_or_else(|| "not yet".to_owned())
        })
        .await;
    }
}

/// Publishes one event by hand, as a relay would that had published `previous` before it.
pub async fn publish(world: &World, journal: &str, event: &RecordedEvent, previous: Position) {
    let mut headers = OwnedHeaders::new();
    let mut add = |key: &str, value: &str| {
        headers = std::mem::replace(&mut headers, OwnedHeaders::new()).insert(Header {
            key,
            value: Some(value),
        });
    };
    for (name, value) in event.cloud_event_attributes() {
        add(&format!("ce_{name}"), &value);
    }
    add("previous", &previous.to_string());
    add("journal", journal);
    add("event_type", &event.event_type);
    add("event_version", &event.event_version);
    add("metadata", &event.metadata);
    let producer: FutureProducer = config(world).create().unwrap();
    let (topic, key) = (world.topic(), event.stream.to_string());
    let record = FutureRecord::to(&topic)
        .partition(partition_of(&event.stream, PARTITIONS) as i32)
        .key(&key)
        .payload(&event.payload)
        .headers(headers);
    producer.send(record, CALL).await.unwrap();
}
