//! What lies in the topic: CloudEvents in binary mode, read back by a client that knows nothing of us.

use daybook_tests::eventually;
use journal::partition_of;

use crate::raw::{self, Seen};
use crate::world::{PARTITIONS, WITHIN, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_a_cloud_event_in_binary_mode() {
    let world = World::new().await;
    let relay = world.relay();
    let last = world.append(20, 5).await;
    world.published(last).await;
    relay.stop().await;
    let seen = raw::everything(&world).await;
    for event in world.events().await {
        let found: Vec<&Seen> = seen
            .iter()
            .filter(|record| record.position() == Some(event.position))
            .collect();
        let [record] = found[..] else {
            panic!("{} lies there {} times", event.position, found.len())
        };
        assert_eq!(
            record.partition as u32,
            partition_of(&event.stream, PARTITIONS)
        );
        assert_eq!(
            record.key.as_deref(),
            Some(event.stream.to_string().as_str())
        );
        assert_eq!(record.value.as_deref(), Some(event.payload.as_str()));
        let header = |name: &str| record.headers.get(name).map(String::as_str);
        assert_eq!(header("ce_specversion"), Some("1.0"));
        assert_eq!(header("content-type"), Some("application/json"));
        assert_eq!(header("ce_type"), Some("daybook.thing.happened.v1"));
        for (name, value) in event.cloud_event_attributes() {
            if name != "datacontenttype" {
                assert_eq!(header(&format!("ce_{name}")), Some(value.as_str()));
            }
        }
        assert_eq!(header("event_type"), Some("ThingHappened"));
        assert_eq!(header("event_version"), Some("1"));
        assert_eq!(header("metadata"), Some(event.metadata.as_str()));
    }
    raw::assert_a_faithful_copy(&world, &seen, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watermarks_reach_every_partition() {
    let world = World::new().await;
    let relay = world.relay();
    let last = world.append(3, 1).await;
    let partition = partition_of(&world.events().await[0].stream, PARTITIONS) as i32;
    let marks = eventually("watermarks come", WITHIN, async || {
        if raw::ends(&world).await.is_none() {
            return Err("no topic yet".to_owned());
        }
        let mut seen = raw::everything(&world).await;
        seen.retain(|record| record.watermark() == Some(last));
        let has = |partition| seen.iter().any(|record| record.partition == partition);
        match (0..PARTITIONS as i32).all(has) {
            true => Ok(seen),
            false => Err(format!("{} watermarks", seen.len())),
        }
    })
    .await;
    for mark in marks {
        let expected = if mark.partition == partition { last } else { 0 };
        assert_eq!((mark.previous(), &mark.value), (expected, &None));
    }
    relay.stop().await;
}
