//! A connection that dies between commit and reply: the outcome is learnt, never guessed.

use std::time::Duration;

use journal::{AppendError, CommandOutcome};

use crate::world::{World, batch, command, event};

/// Kills the backends that run (or hold) an append, as the owner.
async fn kill_appenders(world: &World) -> i64 {
    let owner = world.postgres.pool().await;
    sqlx::query_scalar(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and query like '%journal.append(%'",
    )
    .fetch_one(&owner)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_connection_never_makes_an_event_twice_or_a_lie() {
    let world = World::new().await;
    let mut writer = world.journal.writer();
    let killer = {
        let owner = world.postgres.pool().await;
        tokio::spawn(async move {
            for _ in 0..40 {
                sqlx::query(
                    "select pg_terminate_backend(pid) from pg_stat_activity
                     where datname = current_database() and pid <> pg_backend_pid()
                       and query like '%journal.append(%' and state = 'active'",
                )
                .execute(&owner)
                .await
                .unwrap();
                tokio::time::sleep(Duration::from_millis(7)).await;
            }
        })
    };
    let (mut version, mut failed) = (0, 0);
    while !killer.is_finished() {
        let events: Vec<_> = (1..=5).map(|step| event("a", version + step)).collect();
        match writer.append(batch(vec![command(events, &[])])).await {
            Ok(outcomes) => {
                assert!(
                    matches!(outcomes.commands[0], CommandOutcome::Appended(_)),
                    "{outcomes:?}"
                );
                version += 5;
            }
            // A definite failure: the same sequences are free for the next.
            Err(AppendError::Unavailable(_)) => failed += 1,
            Err(other) => panic!("{other}"),
        }
    }
    println!("{version} events appended, {failed} batches definitely failed");
    let events = world.journal.read_all(0, 10_000).await.unwrap();
    assert_eq!(events.len() as u64, version);
}

#[tokio::test]
async fn an_idle_connection_that_died_is_looked_into_and_replaced() {
    let world = World::new().await;
    let mut writer = world.journal.writer();
    writer
        .append(batch(vec![command(vec![event("a", 1)], &[])]))
        .await
        .unwrap();
    assert!(kill_appenders(&world).await >= 1);
    let second = batch(vec![command(vec![event("a", 2)], &[])]);
    match writer.append(second.clone()).await {
        Ok(outcomes) => assert_eq!(outcomes.commands, [CommandOutcome::Appended(2)]),
        Err(AppendError::Unavailable(_)) => {
            let outcomes = writer.append(second).await.unwrap();
            assert_eq!(outcomes.commands, [CommandOutcome::Appended(2)]);
        }
        Err(other) => panic!("{other}"),
    }
    assert_eq!(world.journal.head().await.unwrap(), 2);
}
