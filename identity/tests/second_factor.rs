//! The second factor: asked for once it is confirmed, each code once, recovery codes when the device is lost.

use std::time::Duration;

use access::totp::TotpSecret;
use commands::Context;
use domain::value::AccountId;

use crate::people::{PASSWORD, code, node_of, under};
use crate::world::{Node, World, now};

/// The device that shows codes.
struct Device(TotpSecret);

impl Device {
    fn of(base32: &str) -> Self {
        let bytes = data_encoding::BASE32_NOPAD
            .decode(base32.as_bytes())
            .unwrap();
        Self(TotpSecret::from_bytes(&bytes).unwrap())
    }

    fn code(&self) -> String {
        self.0.code_at(now())
    }

    /// The next one: a device's clock may be early.
    fn next(&self) -> String {
        self.0
            .code_at(now().saturating_add(Duration::from_secs(30)))
    }
}

async fn enrolled(node: &Node, id: AccountId) -> (Device, Vec<String>) {
    let enrolment = node.identity.enrol_totp(id, PASSWORD, Context::default());
    let enrolment = enrolment.await.unwrap();
    let device = Device::of(enrolment.secret.expose());
    let uri = enrolment.uri.expose();
    assert!(
        uri.starts_with("otpauth://totp/Daybook:ann%40example.org?"),
        "{uri}"
    );
    let first = device.code();
    let confirmed = node.identity.confirm_totp(id, &first, Context::default());
    let (codes, _) = confirmed.await.unwrap();
    let codes = codes.0.iter().map(|code| code.expose().clone());
    (device, codes.collect())
}

#[tokio::test]
async fn it_is_asked_for_and_each_code_is_taken_once() {
    let world = World::new().await;
    let ((node, mailbox), other) = tokio::join!(node_of(&world), world.node());
    let id = node.person(&mailbox, "ann@example.org").await;
    let wrong = node
        .identity
        .enrol_totp(id, "not the password", Context::default())
        .await;
    assert_eq!(code(wrong), "invalid-credentials");
    let (device, _) = enrolled(&node, id).await;
    let log_in = |code: Option<String>| {
        let node = &node;
        async move {
            let code = code.as_deref();
            node.log_in_with("ann@example.org", PASSWORD, code, Context::default())
                .await
        }
    };
    assert_eq!(code(log_in(None).await), "second-factor-required");
    let wrong_password = node.log_in_as("ann@example.org", "not the password").await;
    assert_eq!(code(wrong_password), "invalid-credentials");
    // The one that confirmed it is used up.
    assert_eq!(
        code(log_in(Some(device.code())).await),
        "invalid-credentials"
    );
    let next = device.next();
    let (first, second) = tokio::join!(
        node.log_in_with("ann@example.org", PASSWORD, Some(&next), Context::default()),
        other.log_in_with("ann@example.org", PASSWORD, Some(&next), Context::default()),
    );
    assert_ne!(first.is_ok(), second.is_ok(), "{first:?} {second:?}");
    assert_eq!(
        code(log_in(Some(device.code())).await),
        "invalid-credentials"
    );
    node.identity
        .remove_totp(id, PASSWORD, Context::default())
        .await
        .unwrap();
    log_in(None).await.unwrap();
    let pool = world.pool().await;
    let left: i64 = sqlx::query_scalar(
        "select count(*) from vault.secrets where kind in ('totp', 'totp-step', 'recovery')",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_repeated_log_in_with_a_code_is_the_same_session() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let id = node.person(&mailbox, "ann@example.org").await;
    let (device, _) = enrolled(&node, id).await;
    let next = device.next();
    let log_in = || node.log_in_with("ann@example.org", PASSWORD, Some(&next), under("a key"));
    let (first, again) = (log_in().await.unwrap(), log_in().await.unwrap());
    assert_eq!(first.session, again.session);
    assert!(again.receipt.replayed);
}

#[tokio::test]
async fn recovery_codes_work_once_and_new_ones_replace_them() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let id = node.person(&mailbox, "ann@example.org").await;
    let (_, codes) = enrolled(&node, id).await;
    assert_eq!(codes.len(), 10);
    let log_in = |code: String| {
        let node = &node;
        async move {
            node.log_in_with("ann@example.org", PASSWORD, Some(&code), Context::default())
                .await
        }
    };
    log_in(codes[0].to_uppercase()).await.unwrap();
    assert_eq!(code(log_in(codes[0].clone()).await), "invalid-credentials");
    let renew = || {
        node.identity
            .renew_recovery_codes(id, PASSWORD, under("renew"))
    };
    let (new, again) = (renew().await.unwrap(), renew().await.unwrap());
    let plain = |codes: &identity::RecoveryCodes| -> Vec<String> {
        codes.0.iter().map(|code| code.expose().clone()).collect()
    };
    assert_eq!(plain(&new), plain(&again));
    assert_eq!(code(log_in(codes[1].clone()).await), "invalid-credentials");
    log_in(plain(&new)[3].clone()).await.unwrap();
}

#[tokio::test]
async fn guessing_codes_locks() {
    let world = World::new().await;
    let (node, mailbox) = node_of(&world).await;
    let id = node.person(&mailbox, "ann@example.org").await;
    enrolled(&node, id).await;
    for _ in 0..identity::FAILURES_MAX {
        let guess = node.log_in_with(
            "ann@example.org",
            PASSWORD,
            Some("000000"),
            Context::default(),
        );
        assert_eq!(code(guess.await), "invalid-credentials");
        // That the password alone is right makes no new start.
        let _ = node.log_in_as("ann@example.org", PASSWORD).await;
    }
    let locked = node.log_in_as("ann@example.org", PASSWORD).await;
    assert_eq!(code(locked), "account-locked");
}
