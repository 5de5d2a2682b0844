//! The outbox: what does not leave is tried again and given up in the end, and no clear word of it is in the database.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use daybook_tests::eventually;
use futures::future::BoxFuture;
use identity::IdentityOptions;
use identity::mail::{Mail, MailError, Mailer};
use sqlx::PgPool;

use crate::people::PASSWORD;
use crate::world::{SOON, World};

/// Takes mail once it is told to.
#[derive(Clone, Default)]
struct Gate {
    open: Arc<AtomicBool>,
    tried: Arc<Mutex<Vec<String>>>,
}

impl Mailer for Gate {
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), MailError>> {
        self.tried.lock().unwrap().push(mail.to.clone());
        let outcome = match self.open.load(Ordering::SeqCst) {
            true => Ok(()),
            false => Err(MailError::Later("closed".to_owned())),
        };
        Box::pin(std::future::ready(outcome))
    }
}

async fn tries(gate: &Gate, count: usize) {
    eventually("the mail is tried", SOON, async || {
        let tried = gate.tried.lock().unwrap().len();
        (tried >= count)
            .then_some(())
            .ok_or_else(|| format!("{tried} times"))
    })
    .await;
}

/// How many wait, and in how many seconds the first is due.
async fn waiting(pool: &PgPool) -> (i64, f64) {
    let sql = "select count(*), coalesce(extract(epoch from min(due_at) - now()), 0)::float8
               from vault.secrets where kind = 'mail'";
    sqlx::query_as(sql).fetch_one(pool).await.unwrap()
}

async fn alter(pool: &PgPool, sql: &str) {
    sqlx::query(sql).execute(pool).await.unwrap();
}

#[tokio::test]
async fn what_does_not_leave_is_tried_again_and_leaves_once() {
    let world = World::new().await;
    let gate = Gate::default();
    let options = IdentityOptions {
        mailer: Arc::new(gate.clone()),
        ..world.options()
    };
    let node = world.node_with(options).await.unwrap();
    let pool = world.pool().await;
    node.register("ann@example.org", PASSWORD).await.unwrap();
    tries(&gate, 1).await;
    eventually("it waits for half a minute", SOON, async || {
        let (count, due) = waiting(&pool).await;
        ((1, 25) == (count, due as i64 / 5 * 5) || (29.0..=31.0).contains(&due))
            .then_some(())
            .ok_or_else(|| format!("{count} in {due} s"))
    })
    .await;
    let clear: i64 = sqlx::query_scalar(
        "select count(*) from vault.secrets where position('example'::bytea in value) > 0",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(clear, 0);
    // After hours of trying the pauses are an hour.
    alter(
        &pool,
        "update vault.secrets set due_at = now(), expires_at = now() + interval '6 hours' where kind = 'mail'",
    )
    .await;
    tries(&gate, 2).await;
    eventually("it waits for an hour", SOON, async || {
        let (_, due) = waiting(&pool).await;
        (3_500.0..=3_600.0)
            .contains(&due)
            .then_some(())
            .ok_or_else(|| format!("{due} s"))
    })
    .await;
    gate.open.store(true, Ordering::SeqCst);
    alter(
        &pool,
        "update vault.secrets set due_at = now() where kind = 'mail'",
    )
    .await;
    tries(&gate, 3).await;
    eventually("the outbox is empty", SOON, async || {
        let (count, _) = waiting(&pool).await;
        (count == 0)
            .then_some(())
            .ok_or_else(|| format!("{count} wait"))
    })
    .await;
    assert_eq!(*gate.tried.lock().unwrap(), ["ann@example.org"; 3]);
}

#[tokio::test]
async fn what_is_a_day_old_is_given_up() {
    let world = World::new().await;
    let gate = Gate::default();
    let options = IdentityOptions {
        mailer: Arc::new(gate.clone()),
        ..world.options()
    };
    let node = world.node_with(options).await.unwrap();
    let pool = world.pool().await;
    node.register("ann@example.org", PASSWORD).await.unwrap();
    tries(&gate, 1).await;
    alter(
        &pool,
        "update vault.secrets set due_at = now(), expires_at = now() + interval '1 hour' where kind = 'mail'",
    )
    .await;
    eventually("the outbox is empty", SOON, async || {
        let (count, _) = waiting(&pool).await;
        (count == 0)
            .then_some(())
            .ok_or_else(|| format!("{count} wait"))
    })
    .await;
}
