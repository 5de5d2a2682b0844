//! Erasing: nothing of the account is left in the vault, nothing opens, and the address is free again.

use std::sync::Arc;

use commands::Context;
use domain::product::Patch;
use futures::future::BoxFuture;
use identity::mail::{Mail, MailError, Mailer};
use identity::{IdentityOptions, ProfileChange};

use crate::people::{PASSWORD, code, node_of};
use crate::world::World;

/// Takes no mail, so that it waits.
struct Away;

impl Mailer for Away {
    fn send<'a>(&'a self, _: &'a Mail) -> BoxFuture<'a, Result<(), MailError>> {
        Box::pin(std::future::ready(Err(MailError::Later("away".to_owned()))))
    }
}

#[tokio::test]
async fn nothing_is_left_in_the_vault_and_nothing_opens() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let id = node.person(&mailbox, "ann@example.org").await;
    let change = ProfileChange {
        phone: Patch::Set("+44 20 7946 0000".to_owned()),
        address: Patch::Set("1 High Street".to_owned()),
        ..ProfileChange::default()
    };
    node.identity
        .revise(id, change, Context::default())
        .await
        .unwrap();
    let view = node.identity.account_opened(id).await.unwrap();
    assert_eq!(view.address.unwrap().expose(), "1 High Street");
    node.identity
        .enrol_totp(id, PASSWORD, Context::default())
        .await
        .unwrap();
    node.log_in_as("ann@example.org", PASSWORD).await.unwrap();
    let _ = node.log_in_as("ann@example.org", "not the password").await;
    // The rest happens where no mail leaves: a link and mail are under way.
    drop(node);
    let away = IdentityOptions {
        mailer: Arc::new(Away),
        ..world.options()
    };
    let node = world.node_with(away).await.unwrap();
    node.register("ann@example.org", PASSWORD).await.unwrap();
    let pool = world.pool().await;
    let of_account = async || -> Vec<String> {
        let sql = "select kind from vault.secrets where owner = $1 or key like '%' || $2 || '%' order by kind";
        let rows = sqlx::query_scalar(sql)
            .bind(format!("account-{id}"))
            .bind(id.to_string());
        rows.fetch_all(&pool).await.unwrap()
    };
    let before = of_account().await;
    for kind in ["data-key", "mail", "password", "refresh-token", "totp"] {
        assert!(
            before.iter().any(|known| known == kind),
            "{kind}: {before:?}"
        );
    }
    let wrong = node
        .identity
        .erase_own(id, "not the password", Context::default())
        .await;
    assert_eq!(code(wrong), "invalid-credentials");
    node.identity
        .erase_own(id, PASSWORD, Context::default())
        .await
        .unwrap();
    assert_eq!(of_account().await, Vec::<String>::new());
    let counters: i64 = sqlx::query_scalar("select count(*) from vault.counters")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(counters, 0);
    let view = node.identity.account_opened(id).await.unwrap();
    assert!(view.erased && view.email.is_none() && view.phone.is_none() && view.roles.is_empty());
    let gone = node.log_in_as("ann@example.org", PASSWORD).await;
    assert_eq!(code(gone), "invalid-credentials");
}

#[tokio::test]
async fn an_erased_address_can_be_registered_again() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let first = node.person(&mailbox, "ann@example.org").await;
    node.identity
        .erase(first, Context::default())
        .await
        .unwrap();
    let second = node.person(&mailbox, "ann@example.org").await;
    assert_ne!(first, second);
    node.log_in_as("ann@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn the_last_owner_stays() {
    let world = World::new().await;
    let (node, _) = node_of(&world).await;
    let id = node
        .identity
        .create_owner("boss@example.org", PASSWORD)
        .await
        .unwrap();
    let refused = node
        .identity
        .erase_own(id, PASSWORD, Context::default())
        .await;
    assert!(code(refused).contains("last-owner"));
    // Refused whole: the vault has everything still.
    node.log_in_as("boss@example.org", PASSWORD).await.unwrap();
    assert!(
        node.identity
            .account_opened(id)
            .await
            .unwrap()
            .email
            .is_some()
    );
}
