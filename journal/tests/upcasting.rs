//! Old versions are read through upcasters, and a journal that cannot be read is not opened.

use cqrs_es::persist::SemanticVersionEventUpcaster;
use journal::{EventKind, Journal, JournalError, JournalOptions, Upcasters};
use serde_json::json;

use crate::world::{World, batch, catalogue, command, event, options, stream};

fn current_is_two() -> Vec<EventKind> {
    let mut kinds = catalogue();
    kinds[0].event_version = "2.0.0".into();
    kinds
}

#[tokio::test]
async fn the_server_does_not_start_without_a_path_to_the_current_version() {
    let world = World::new().await;
    world
        .journal
        .writer()
        .append(batch(vec![command(vec![event("a", 1)], &[])]))
        .await
        .unwrap();
    let refused = Journal::open(JournalOptions {
        catalogue: current_is_two(),
        ..options(&world.postgres)
    })
    .await;
    let Err(JournalError::Unreadable(kind)) = refused else {
        panic!("it opened")
    };
    let said = kind.to_string();
    assert!(
        said.contains("Happened of version 1") && said.contains("position 1"),
        "{said}"
    );
}

#[tokio::test]
async fn with_an_upcaster_every_reader_sees_the_current_version() {
    let world = World::new().await;
    world
        .journal
        .writer()
        .append(batch(vec![command(vec![event("a", 1)], &[])]))
        .await
        .unwrap();
    let upcaster = SemanticVersionEventUpcaster::new(
        "Happened",
        "2",
        Box::new(|mut payload| {
            payload["Happened"]["added"] = json!(true);
            payload
        }),
    );
    let journal = Journal::open(JournalOptions {
        upcasters: Upcasters::new(vec![Box::new(upcaster)]),
        catalogue: current_is_two(),
        ..options(&world.postgres)
    })
    .await
    .unwrap();
    let read = [
        journal.read_all(0, 10).await.unwrap(),
        journal.read_stream(&stream("a"), 0, 10).await.unwrap(),
        journal.read_streams(&[(stream("a"), 0)]).await.unwrap(),
    ];
    for events in read {
        assert_eq!(events[0].event_version, "2.0.0");
        assert!(
            events[0].payload.contains(r#""added":true"#),
            "{}",
            events[0].payload
        );
    }
}
