//! The vault: what is written there with a command is there if and only if the command is.

use std::time::Duration;

use journal::CommandOutcome::{Appended, Claimed, Conflict};
use journal::{NewSecret, PendingCommand, SecretWrite};
use time::OffsetDateTime;

use crate::world::{World, batch, command, event};

fn secret(kind: &'static str, key: &str, owner: &str) -> NewSecret {
    NewSecret {
        kind,
        key: key.into(),
        owner: owner.into(),
        value: format!("{kind} of {key}").into_bytes(),
        expires_at: None,
        due_at: None,
    }
}

fn put(kind: &'static str, key: &str, owner: &str) -> SecretWrite {
    SecretWrite::Put(secret(kind, key, owner))
}

fn with(command: PendingCommand, secrets: Vec<SecretWrite>) -> PendingCommand {
    PendingCommand { secrets, ..command }
}

async fn keys(world: &World, kind: &str) -> Vec<String> {
    let all = world.journal.vault().all(kind, "").await.unwrap();
    all.into_iter().map(|secret| secret.key).collect()
}

#[tokio::test]
async fn secrets_come_with_their_command() {
    let world = World::new().await;
    let mut writer = world.journal.writer();
    let first = with(
        command(vec![event("a", 1)], &["x"]),
        vec![put("key", "a", "thing-a")],
    );
    let silent = with(command(Vec::new(), &[]), vec![put("key", "none", "n")]);
    let plain = command(vec![event("b", 1)], &[]);
    let commands = vec![first, silent, plain];
    let outcomes = writer.append(batch(commands)).await.unwrap();
    assert_eq!(outcomes.commands[0], Appended(1));
    assert_eq!(outcomes.commands[2], Appended(2));
    assert_eq!(keys(&world, "key").await, ["a"]);
}

#[tokio::test]
async fn losers_leave_nothing_and_their_neighbours_keep_theirs() {
    let world = World::new().await;
    let mut writer = world.journal.writer();
    let first = command(vec![event("a", 1)], &["x"]);
    writer.append(batch(vec![first])).await.unwrap();
    let commands = vec![
        with(
            command(vec![event("c", 1)], &["x"]),
            vec![put("key", "claimed", "c")],
        ),
        with(
            command(vec![event("a", 1)], &[]),
            vec![put("key", "late", "a")],
        ),
        with(
            command(vec![event("d", 1)], &["y"]),
            vec![put("key", "kept", "d")],
        ),
    ];
    let outcomes = writer.append(batch(commands)).await.unwrap();
    assert!(matches!(outcomes.commands[0], Claimed { .. }));
    assert!(matches!(outcomes.commands[1], Conflict { .. }));
    assert_eq!(outcomes.commands[2], Appended(2));
    assert_eq!(keys(&world, "key").await, ["kept"]);
}

#[tokio::test]
async fn what_an_owner_has_is_destroyed_with_one_command() {
    let world = World::new().await;
    let vault = world.journal.vault();
    let theirs = [put("key", "a", "thing-a"), put("link", "l", "thing-a")];
    vault.write(&theirs).await.unwrap();
    vault.write(&[put("key", "b", "thing-b")]).await.unwrap();
    let destroy = SecretWrite::DestroyOwned {
        kind: None,
        owner: "thing-a".into(),
    };
    let erase = with(command(vec![event("a", 1)], &[]), vec![destroy]);
    let mut writer = world.journal.writer();
    writer.append(batch(vec![erase])).await.unwrap();
    assert_eq!(keys(&world, "key").await, ["b"]);
    assert!(keys(&world, "link").await.is_empty());
}

#[tokio::test]
async fn of_several_who_take_one_gets_it() {
    let world = World::new().await;
    let vault = world.journal.vault();
    vault.write(&[put("code", "c", "o")]).await.unwrap();
    let takers = (0..8).map(|_| {
        let vault = vault.clone();
        tokio::spawn(async move { vault.take("code", "c").await.unwrap() })
    });
    let mut taken = Vec::new();
    for taker in takers.collect::<Vec<_>>() {
        taken.extend(taker.await.unwrap());
    }
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].value, b"code of c");
}

#[tokio::test]
async fn what_has_expired_is_given_to_nobody_and_swept() {
    let world = World::new().await;
    let vault = world.journal.vault();
    let past = NewSecret {
        expires_at: Some(OffsetDateTime::now_utc() - Duration::from_secs(1)),
        ..secret("code", "old", "o")
    };
    let writes = [SecretWrite::Put(past), put("code", "new", "o")];
    vault.write(&writes).await.unwrap();
    assert!(vault.get("code", "old").await.unwrap().is_none());
    assert_eq!(keys(&world, "code").await, ["new"]);
    let owned = vault.owned("code", "o").await.unwrap();
    assert_eq!(owned.len(), 1);
    assert_eq!(vault.sweep(10).await.unwrap(), 1);
    assert_eq!(vault.sweep(10).await.unwrap(), 0);
}

#[tokio::test]
async fn tries_are_counted_within_their_window() {
    let world = World::new().await;
    let vault = world.journal.vault();
    let hour = Duration::from_secs(3_600);
    for tried in 1..=3 {
        assert_eq!(vault.count("log-in", "who", hour).await.unwrap(), tried);
    }
    assert_eq!(vault.count("log-in", "other", hour).await.unwrap(), 1);
    vault.forget_count("log-in", "who").await.unwrap();
    assert_eq!(vault.count("log-in", "who", hour).await.unwrap(), 1);
    // A window that is over begins anew.
    assert_eq!(
        vault.count("short", "who", Duration::ZERO).await.unwrap(),
        1
    );
    assert_eq!(vault.count("short", "who", hour).await.unwrap(), 1);
}

#[tokio::test]
async fn due_work_goes_to_one_and_comes_back_if_it_was_not_done() {
    let world = World::new().await;
    let vault = world.journal.vault();
    let due = NewSecret {
        due_at: Some(OffsetDateTime::now_utc()),
        ..secret("mail", "m", "o")
    };
    vault.write(&[SecretWrite::Put(due)]).await.unwrap();
    let hour = Duration::from_secs(3_600);
    assert_eq!(
        vault
            .take_due("mail", 5, Duration::ZERO)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(vault.take_due("mail", 5, hour).await.unwrap().len(), 1);
    assert!(vault.take_due("mail", 5, hour).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_servers_role_reaches_the_vault_and_still_not_the_events() {
    let world = World::new().await;
    let insert = "insert into journal.events select * from journal.events";
    let refused = sqlx::query(insert).execute(world.journal.pool()).await;
    assert!(refused.is_err());
    let vault = world.journal.vault();
    vault.write(&[put("key", "a", "o")]).await.unwrap();
    assert!(vault.get("key", "a").await.unwrap().is_some());
}
