//! Registering and verifying: what strangers learn, and what two nodes do at once.

use commands::Context;

use crate::people::{OTHER_PASSWORD, PASSWORD, code, node_of, under};
use crate::world::World;

#[tokio::test]
async fn the_mailed_link_lets_in_and_works_once() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    node.register("Ann@Example.org", PASSWORD).await.unwrap();
    let before = node.log_in_as("ann@example.org", PASSWORD).await;
    assert_eq!(code(before), "invalid-credentials");
    let token = mailbox.verification().await;
    let verify = || node.identity.verify_email(&token, Context::default());
    verify().await.unwrap();
    let logged_in = node.log_in_as("ann@EXAMPLE.org", PASSWORD).await.unwrap();
    node.accepts(logged_in.tokens.access_token.expose()).await;
    assert_eq!(code(verify().await), "/token not-valid");
    let view = node
        .identity
        .account_opened(logged_in.account)
        .await
        .unwrap();
    assert_eq!(view.email.unwrap().expose(), "ann@example.org");
    assert_eq!(view.name.unwrap().expose(), "Ann Other");
}

#[tokio::test]
async fn a_taken_address_is_told_to_nobody_but_its_holder() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    node.person(&mailbox, "ann@example.org").await;
    let free = node.register("bob@example.org", OTHER_PASSWORD).await;
    let taken = node.register("ann@example.org", OTHER_PASSWORD).await;
    assert_eq!(free.unwrap(), taken.unwrap());
    let told = mailbox.next("You have an account already").await;
    assert_eq!(told.to, "ann@example.org");
    let stranger = node.log_in_as("ann@example.org", OTHER_PASSWORD).await;
    assert_eq!(code(stranger), "invalid-credentials");
    node.log_in_as("ann@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn two_nodes_that_register_one_address_at_once_make_one_account() {
    let world = World::new().await;
    let ((one, mail_of_one), (other, mail_of_other)) =
        tokio::join!(node_of(&world), node_of(&world));
    let (first, second) = tokio::join!(
        one.register("ann@example.org", PASSWORD),
        other.register("ann@example.org", OTHER_PASSWORD),
    );
    assert_eq!(first.unwrap(), second.unwrap());
    let pool = world.pool().await;
    let registered: i64 = sqlx::query_scalar(
        "select count(*) from journal.events where event_type = 'AccountRegistered'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(registered, 1);
    let found = one.identity.account_of("ann@example.org").await.unwrap();
    assert_eq!(
        found,
        other.identity.account_of("ANN@example.org").await.unwrap()
    );
    // Whichever node sends it: two links, each with the password of its own registration.
    let mut tokens = Vec::new();
    for _ in 0..2 {
        tokens.push(tokio::select! {
            token = mail_of_one.verification() => token,
            token = mail_of_other.verification() => token,
        });
    }
    one.identity
        .verify_email(&tokens[0], Context::default())
        .await
        .unwrap();
    let passwords = [PASSWORD, OTHER_PASSWORD];
    let mut let_in = 0;
    for password in passwords {
        let_in += usize::from(other.log_in_as("ann@example.org", password).await.is_ok());
    }
    assert_eq!(let_in, 1);
    // The second link is gone with the first: it would have taken its password over.
    let late = one
        .identity
        .verify_email(&tokens[1], Context::default())
        .await;
    assert_eq!(code(late), "/token not-valid");
}

#[tokio::test]
async fn whoever_registered_in_advance_for_somebody_else_is_not_let_in() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    node.register("ann@example.org", "of the one in advance")
        .await
        .unwrap();
    mailbox.verification().await;
    node.register("ann@example.org", PASSWORD).await.unwrap();
    let token = mailbox.verification().await;
    node.identity
        .verify_email(&token, Context::default())
        .await
        .unwrap();
    let in_advance = node
        .log_in_as("ann@example.org", "of the one in advance")
        .await;
    assert_eq!(code(in_advance), "invalid-credentials");
    node.log_in_as("ann@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_link_that_has_expired_is_none() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    node.register("ann@example.org", PASSWORD).await.unwrap();
    let token = mailbox.verification().await;
    let pool = world.pool().await;
    let hours: f64 = sqlx::query_scalar(
        "select extract(epoch from expires_at - now())::float8 / 3600 from vault.secrets where kind = 'link'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!((23.9..=24.0).contains(&hours), "{hours}");
    sqlx::query("update vault.secrets set expires_at = now() where kind = 'link'")
        .execute(&pool)
        .await
        .unwrap();
    let verified = node.identity.verify_email(&token, Context::default()).await;
    assert_eq!(code(verified), "/token not-valid");
    // Another one can be had, and works.
    let again = node
        .identity
        .mail_verification_again("ann@example.org", Context::default());
    again.await.unwrap();
    let token = mailbox.verification().await;
    node.identity
        .verify_email(&token, Context::default())
        .await
        .unwrap();
    node.log_in_as("ann@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_repeated_registration_is_answered_and_nothing_more() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let new = || identity::Registration {
        email: crate::people::secret("ann@example.org"),
        password: crate::people::secret(PASSWORD),
        name: None,
    };
    let register = |context| node.identity.register(new(), context);
    assert!(!register(under("one")).await.unwrap());
    mailbox.verification().await;
    assert!(register(under("one")).await.unwrap());
    let mut other = under("one");
    if let Some(request) = &mut other.request {
        request.body_hash = "of another body".to_owned();
    }
    let reused = register(other).await.unwrap_err();
    assert!(reused.to_string().contains("Idempotency-Key"), "{reused}");
    // One that is worked on makes a mail, after which there would have been those of the repeats.
    register(under("another")).await.unwrap();
    mailbox.verification().await;
    assert_eq!(mailbox.count(), 0);
}

#[tokio::test]
async fn strangers_cannot_flood_a_mailbox() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    node.person(&mailbox, "ann@example.org").await;
    for _ in 0..8 {
        let asked = node
            .identity
            .forgot_password("ann@example.org", Context::default());
        assert!(!asked.await.unwrap());
    }
    for _ in 0..5 {
        mailbox.reset().await;
    }
    // What is asked for later is worked on later: this one comes after the three that were left out.
    node.person(&mailbox, "bob@example.org").await;
    node.identity
        .forgot_password("bob@example.org", Context::default())
        .await
        .unwrap();
    mailbox.reset().await;
    assert_eq!(mailbox.count(), 0);
}

#[tokio::test]
async fn what_cannot_be_taken_is_named_with_its_place() {
    let world = World::new().await;
    let (node, _) = node_of(&world).await;
    let refused = node.register("nobody", "short").await.unwrap_err();
    let fields = &refused.rejection().unwrap().fields;
    let pointers: Vec<_> = fields.iter().map(|field| field.pointer.as_str()).collect();
    assert_eq!(pointers, ["/email", "/password"]);
    let common = node.register("ann@example.org", "password1").await;
    assert_eq!(code(common), "/password invalid-value");
}
