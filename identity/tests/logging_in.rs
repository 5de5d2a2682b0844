//! Logging in: what strangers learn, what is counted, what locks, and what a repeat gets.

use std::collections::BTreeSet;

use access::password::Cost;
use commands::Context;
use daybook_tests::eventually;
use domain::account::{LockReason, UnlockReason};
use identity::{FAILURES_MAX, IdentityOptions};

use crate::people::{PASSWORD, code, node_of, under};
use crate::world::{Node, SOON, World};

const DEVICES: usize = 30;

#[tokio::test]
async fn a_stranger_cannot_tell_who_has_an_account() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    node.person(&mailbox, "ann@example.org").await;
    node.register("unverified@example.org", PASSWORD)
        .await
        .unwrap();
    let tries = [
        ("ann@example.org", "not the password"),
        ("nobody@example.org", "not the password"),
        ("unverified@example.org", "not the password"),
        ("unverified@example.org", PASSWORD),
        ("ann@example.org", ""),
        ("nobody@example.org", &"x".repeat(10_000)),
    ];
    let mut told = Vec::new();
    for (email, password) in tries {
        told.push(format!(
            "{:?}",
            node.log_in_as(email, password).await.unwrap_err()
        ));
    }
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    let pool = world.pool().await;
    let counted: Vec<i32> = sqlx::query_scalar(
        "select count from vault.counters where kind = 'log-in-failures' order by count",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(counted, [2, 2, 2]);
}

/// Fails so often that the address is locked, and says what comes then.
async fn locks(node: &Node, email: &str) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..FAILURES_MAX {
        told.push(code(node.log_in_as(email, "not the password").await));
    }
    let locked = node
        .log_in_as(email, PASSWORD)
        .await
        .unwrap_err()
        .to_string();
    let (before, until) = locked.split_once("until ").unwrap();
    assert!(until.contains('Z'), "{locked}");
    told.push(before.to_owned());
    told
}

#[tokio::test]
async fn ten_failures_lock_an_address_with_an_account_and_one_without_alike() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let id = node.person(&mailbox, "ann@example.org").await;
    let known = locks(&node, "ann@example.org").await;
    let unknown = locks(&node, "nobody@example.org").await;
    assert_eq!(known, unknown);
    assert_eq!(known[0], "invalid-credentials");
    // The account's own history tells it to staff.
    let lock = eventually("the account is locked", SOON, async || {
        let view = node.identity.account_sealed(id).await.unwrap();
        view.locked.ok_or_else(|| "it is not".to_owned())
    })
    .await;
    assert_eq!(lock.reason, LockReason::FailedLogins);
    assert!(lock.until.is_some());
    let unlocked = node
        .identity
        .unlock(id, UnlockReason::Identified, Context::default());
    unlocked.await.unwrap();
    node.log_in_as("ann@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn who_is_locked_by_staff_learns_it_with_the_right_password_only() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let id = node.person(&mailbox, "ann@example.org").await;
    let logged_in = node.log_in_as("ann@example.org", PASSWORD).await.unwrap();
    node.identity
        .lock(id, LockReason::Abuse, Context::default())
        .await
        .unwrap();
    let right = node.log_in_as("ann@example.org", PASSWORD).await;
    let wrong = node.log_in_as("ann@example.org", "not the password").await;
    assert_eq!(code(right), "account-locked");
    assert_eq!(code(wrong), "invalid-credentials");
    let sessions = node
        .identity
        .sessions(id, Some(logged_in.session))
        .await
        .unwrap();
    assert!(sessions.is_empty());
    let asked = node
        .identity
        .forgot_password("ann@example.org", Context::default());
    asked.await.unwrap();
    let bob = node.person(&mailbox, "bob@example.org").await;
    assert_ne!(bob, id);
    assert_eq!(mailbox.count(), 0);
}

#[tokio::test]
async fn many_devices_of_one_person_log_in_at_once() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let id = node.person(&mailbox, "ann@example.org").await;
    let at_once = (0..DEVICES).map(|_| node.log_in_as("ann@example.org", PASSWORD));
    let begun = futures::future::try_join_all(at_once).await.unwrap();
    let begun: BTreeSet<_> = begun.iter().map(|one| one.session).collect();
    let live = node.identity.sessions(id, None).await.unwrap();
    assert_eq!((begun.len(), live.len()), (DEVICES, DEVICES));
}

#[tokio::test]
async fn a_repeated_log_in_is_the_same_session() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let id = node.person(&mailbox, "ann@example.org").await;
    let again = || node.log_in_with("ann@example.org", PASSWORD, None, under("a key"));
    let (first, second) = (again().await.unwrap(), again().await.unwrap());
    assert!(!first.receipt.replayed && second.receipt.replayed);
    assert_eq!(first.session, second.session);
    assert_eq!(
        first.tokens.refresh_token.expose(),
        second.tokens.refresh_token.expose()
    );
    let other = node.log_in_with("ann@example.org", PASSWORD, None, under("another"));
    assert_ne!(other.await.unwrap().session, first.session);
    assert_eq!(node.identity.sessions(id, None).await.unwrap().len(), 2);
    // The password cannot be tried out on what the journal keeps of the request.
    let pool = world.pool().await;
    let hashes: Vec<String> = sqlx::query_scalar(
        "select metadata->>'request_hash' from journal.events where event_type = 'SessionStarted'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(
        hashes
            .iter()
            .all(|hash| !hash.is_empty() && !hash.contains("hash of")),
        "{hashes:?}"
    );
    node.identity
        .log_out_everywhere(id, Context::default())
        .await
        .unwrap();
    assert!(again().await.unwrap_err().to_string().contains("ended"));
}

#[tokio::test]
async fn a_dearer_hash_is_made_at_the_next_log_in() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    node.person(&mailbox, "ann@example.org").await;
    let dearer = IdentityOptions {
        password_cost: Cost::new(19 * 1024, 3, 1).unwrap(),
        ..world.options()
    };
    let dearer = world.node_with(dearer).await.unwrap();
    let pool = world.pool().await;
    let stored = async || -> String {
        let sql = "select convert_from(value, 'UTF8') from vault.secrets where kind = 'password'";
        sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
    };
    assert!(stored().await.contains("t=2"));
    dearer.log_in_as("ann@example.org", PASSWORD).await.unwrap();
    assert!(stored().await.contains("t=3"));
    dearer.log_in_as("ann@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_first_owner_can_be_made_on_an_empty_shop_and_again() {
    let world = World::new().await;
    let (node, _) = node_of(&world).await;
    let id = node
        .identity
        .create_owner("boss@example.org", PASSWORD)
        .await
        .unwrap();
    let again = node
        .identity
        .create_owner("boss@example.org", "another good one");
    assert_eq!(again.await.unwrap(), id);
    let old = node.log_in_as("boss@example.org", PASSWORD).await;
    assert_eq!(code(old), "invalid-credentials");
    node.log_in_as("boss@example.org", "another good one")
        .await
        .unwrap();
    let view = node.identity.account_sealed(id).await.unwrap();
    assert!(view.roles.contains(&domain::value::Role::Owner) && view.email.is_none());
}
