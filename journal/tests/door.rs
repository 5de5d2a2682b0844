//! What the door lets through, and what it says of the rest.

use journal::CommandOutcome::{Appended, Claimed, Conflict, Nothing};
use journal::{Batch, Seen};

use crate::world::{World, batch, command, event, stream};

#[tokio::test]
async fn positions_are_dense_and_payloads_are_kept_byte_for_byte() {
    let world = World::new().await;
    let mut writer = world.journal.writer();
    let first = command(vec![event("a", 1), event("b", 1), event("a", 2)], &[]);
    let second = command(vec![event("a", 3)], &[]);
    let outcomes = writer
        .append(batch(vec![first.clone(), second]))
        .await
        .unwrap();
    assert_eq!(outcomes.commands, [Appended(1), Appended(4)]);

    let events = world.journal.read_all(0, 100).await.unwrap();
    assert_eq!(
        events
            .iter()
            .map(|event| event.position)
            .collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert_eq!(events[0].payload, first.events[0].payload);
    assert_eq!(events[0].metadata, first.events[0].metadata);
    let of_a = world
        .journal
        .read_stream(&stream("a"), 1, 10)
        .await
        .unwrap();
    assert_eq!(
        of_a.iter().map(|event| event.sequence).collect::<Vec<_>>(),
        [2, 3]
    );
    assert_eq!(world.journal.head().await.unwrap(), 4);
}

#[tokio::test]
async fn a_gap_in_a_stream_is_a_conflict_although_no_unique_key_objects() {
    let world = World::new().await;
    let mut writer = world.journal.writer();
    let outcomes = writer
        .append(batch(vec![command(vec![event("a", 2)], &[])]))
        .await
        .unwrap();
    assert_eq!(outcomes.commands, [Conflict { current: 0 }]);
    let broken = command(vec![event("a", 1), event("a", 3)], &[]);
    let outcomes = writer.append(batch(vec![broken])).await.unwrap();
    assert!(matches!(outcomes.commands[0], Conflict { .. }));
    assert_eq!(world.journal.head().await.unwrap(), 0);
}

#[tokio::test]
async fn losers_fall_alone_and_whole_and_what_stood_on_them_falls_too() {
    let world = World::new().await;
    let mut writer = world.journal.writer();
    writer
        .append(batch(vec![command(vec![event("a", 1)], &["taken"])]))
        .await
        .unwrap();

    let outcomes = writer
        .append(batch(vec![
            command(vec![event("b", 1)], &["fresh"]),
            command(vec![event("c", 1), event("a", 1)], &[]),
            command(vec![event("c", 2)], &[]),
            command(vec![event("d", 1)], &["other", "taken"]),
            command(vec![event("e", 1)], &["fresh"]),
            command(vec![event("b", 2)], &[]),
        ]))
        .await
        .unwrap();
    assert_eq!(
        outcomes.commands,
        [
            Appended(2),
            Conflict { current: 1 },
            Conflict { current: 0 },
            Claimed { claim: 1, by: 1 },
            Claimed { claim: 0, by: 2 },
            Appended(3),
        ]
    );
    assert_eq!(world.journal.read_all(0, 10).await.unwrap().len(), 3);
    assert!(
        world
            .journal
            .read_stream(&stream("c"), 0, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn questions_and_versions_seen_are_answered_without_appending() {
    let world = World::new().await;
    let mut writer = world.journal.writer();
    writer
        .append(batch(vec![command(vec![event("a", 1)], &["taken"])]))
        .await
        .unwrap();
    let seen = |name: &str, version| Seen {
        stream: stream(name),
        version,
    };
    let outcomes = writer
        .append(Batch {
            commands: vec![command(vec![], &["taken"]), command(vec![], &["free"])],
            seen: vec![seen("a", 1), seen("a", 0), seen("a", 2), seen("nowhere", 0)],
        })
        .await
        .unwrap();
    assert_eq!(outcomes.commands, [Claimed { claim: 0, by: 1 }, Nothing]);
    assert_eq!(outcomes.stale, [1, 2]);
    assert_eq!(world.journal.head().await.unwrap(), 1);
    // Asking claims nothing.
    let outcomes = writer
        .append(batch(vec![command(vec![event("b", 1)], &["free"])]))
        .await
        .unwrap();
    assert_eq!(outcomes.commands, [Appended(2)]);
}

#[tokio::test]
async fn the_door_runs_in_read_committed_only() {
    let world = World::new().await;
    let mut transaction = world.journal.pool().begin().await.unwrap();
    sqlx::query("set transaction isolation level repeatable read")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let refusal = sqlx::query(
        "select * from journal.append('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
    )
    .execute(&mut *transaction)
    .await
    .unwrap_err();
    assert!(
        refusal.to_string().contains("READ COMMITTED only"),
        "{refusal}"
    );
}

#[tokio::test]
async fn writers_of_two_processes_number_in_commit_order_without_a_gap() {
    const WRITERS: usize = 8;
    const COMMANDS: u64 = 60;
    let world = World::new().await;
    let tasks: Vec<_> = (0..WRITERS)
        .map(|writer_index| {
            let mut writer = world.journal.writer();
            tokio::spawn(async move {
                let own = format!("own-{writer_index}");
                let (mut version, mut contested) = (0, 0);
                while version < COMMANDS {
                    let commands = vec![
                        command(vec![event(&own, version + 1)], &[]),
                        command(vec![event("contested", contested + 1)], &[]),
                    ];
                    let outcomes = writer.append(batch(commands)).await.unwrap();
                    assert!(matches!(outcomes.commands[0], Appended(_)));
                    version += 1;
                    match outcomes.commands[1] {
                        Appended(_) => contested += 1,
                        Conflict { current } => contested = current,
                        other => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // `read_all` itself refuses a hole; the streams must be whole too.
    let events = world.journal.read_all(0, 10_000).await.unwrap();
    let mut last = std::collections::HashMap::new();
    for event in &events {
        let version = last.entry(event.stream.clone()).or_insert(0);
        assert_eq!(
            event.sequence,
            *version + 1,
            "{} out of order",
            event.stream
        );
        *version += 1;
    }
    assert_eq!(events.last().unwrap().position, events.len() as u64);
    assert!(last[&stream("contested")] >= COMMANDS);
}
