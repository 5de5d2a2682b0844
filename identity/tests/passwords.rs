//! Another password: changed by who knows the old one, reset by who reads the mail.

use commands::Context;

use crate::people::{OTHER_PASSWORD, PASSWORD, code, node_of, under};
use crate::world::World;

#[tokio::test]
async fn another_password_ends_every_session_and_is_told_by_mail() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let id = node.person(&mailbox, "ann@example.org").await;
    node.log_in_as("ann@example.org", PASSWORD).await.unwrap();
    let change = |old, new, context| node.identity.change_password(id, old, new, context);
    let wrong = change("not the password", OTHER_PASSWORD, Context::default()).await;
    assert_eq!(code(wrong), "invalid-credentials");
    let common = change(PASSWORD, "password", Context::default()).await;
    assert_eq!(code(common), "/new_password invalid-value");
    let done = change(PASSWORD, OTHER_PASSWORD, under("change"))
        .await
        .unwrap();
    let again = change(PASSWORD, OTHER_PASSWORD, under("change"))
        .await
        .unwrap();
    assert!(again.replayed && again.position == done.position);
    mailbox.next("Your password was changed").await;
    assert!(node.identity.sessions(id, None).await.unwrap().is_empty());
    let old = node.log_in_as("ann@example.org", PASSWORD).await;
    assert_eq!(code(old), "invalid-credentials");
    node.log_in_as("ann@example.org", OTHER_PASSWORD)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_the_mailed_link() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let id = node.person(&mailbox, "ann@example.org").await;
    node.log_in_as("ann@example.org", PASSWORD).await.unwrap();
    let unknown = node
        .identity
        .forgot_password("nobody@example.org", Context::default());
    let known = node
        .identity
        .forgot_password("ANN@example.org", Context::default());
    assert_eq!(unknown.await.unwrap(), known.await.unwrap());
    let token = mailbox.reset().await;
    assert_eq!(mailbox.count(), 0);
    let reset = |password| {
        node.identity
            .reset_password(&token, password, Context::default())
    };
    // The link is not used up by a password that cannot be taken.
    assert_eq!(code(reset("short").await), "/password invalid-value");
    reset(OTHER_PASSWORD).await.unwrap();
    assert_eq!(code(reset(PASSWORD).await), "/token not-valid");
    let notice = mailbox.next("Your password was changed").await;
    assert_eq!(notice.to, "ann@example.org");
    assert!(node.identity.sessions(id, None).await.unwrap().is_empty());
    node.log_in_as("ann@example.org", OTHER_PASSWORD)
        .await
        .unwrap();
}

#[tokio::test]
async fn of_two_who_open_a_link_at_once_one_gets_in() {
    let world = World::new().await;
    let ((one, mailbox), other) = tokio::join!(node_of(&world), world.node());
    one.person(&mailbox, "ann@example.org").await;
    for round in 0..5 {
        // Strangers get five an hour; these are asked for by the one who may.
        let pool = world.pool().await;
        sqlx::query("delete from vault.counters")
            .execute(&pool)
            .await
            .unwrap();
        one.identity
            .forgot_password("ann@example.org", Context::default())
            .await
            .unwrap();
        let token = tokio::select! {
            token = mailbox.reset() => token,
        };
        let passwords = [
            format!("of the first {round}"),
            format!("of the second {round}"),
        ];
        let (first, second) = tokio::join!(
            one.identity
                .reset_password(&token, &passwords[0], Context::default()),
            other
                .identity
                .reset_password(&token, &passwords[1], Context::default()),
        );
        assert_ne!(first.is_ok(), second.is_ok(), "{first:?} {second:?}");
        let winner = if first.is_ok() { 0 } else { 1 };
        for (at, password) in passwords.iter().enumerate() {
            let let_in = one.log_in_as("ann@example.org", password).await.is_ok();
            assert_eq!(let_in, at == winner);
        }
    }
}

#[tokio::test]
async fn a_reset_takes_a_lock_for_failures_off() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    node.person(&mailbox, "ann@example.org").await;
    for _ in 0..identity::FAILURES_MAX {
        let _ = node.log_in_as("ann@example.org", "not the password").await;
    }
    let locked = node.log_in_as("ann@example.org", PASSWORD).await;
    assert_eq!(code(locked), "account-locked");
    node.identity
        .forgot_password("ann@example.org", Context::default())
        .await
        .unwrap();
    let token = mailbox.reset().await;
    node.identity
        .reset_password(&token, OTHER_PASSWORD, Context::default())
        .await
        .unwrap();
    node.log_in_as("ann@example.org", OTHER_PASSWORD)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_link_of_one_kind_does_nothing_of_the_other() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    node.register("ann@example.org", PASSWORD).await.unwrap();
    let token = mailbox.verification().await;
    let reset = node
        .identity
        .reset_password(&token, OTHER_PASSWORD, Context::default())
        .await;
    assert_eq!(code(reset), "/token not-valid");
    node.identity
        .forgot_password("ann@example.org", Context::default())
        .await
        .unwrap();
    let token = mailbox.reset().await;
    let verified = node.identity.verify_email(&token, Context::default()).await;
    assert_eq!(code(verified), "/token not-valid");
    // Whoever opens it reads the mail: that verifies the address too.
    node.identity
        .reset_password(&token, OTHER_PASSWORD, Context::default())
        .await
        .unwrap();
    node.log_in_as("ann@example.org", OTHER_PASSWORD)
        .await
        .unwrap();
}
