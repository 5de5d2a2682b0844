//! What happens to acknowledged, refused and unknown commands when things break.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use commands::{Command, CommandError, ExecutorOptions, Needed, States, StreamId};
use domain::{Event, Facts, Rejection};
use futures::future::join_all;
use tokio::time::{Instant, sleep_until};

use crate::world::{Shop, context, keyed, order_of, receive, sku};

struct Panics(StreamId);

impl Command for Panics {
    fn name(&self) -> &'static str {
        "Panics"
    }
    fn needs(&self) -> Vec<Needed> {
        vec![Needed::existing(self.0.clone())]
    }
    fn decide(&self, _: &States<'_>, _: &Facts) -> Result<Vec<(StreamId, Event)>, Rejection> {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn a_panic_fails_its_command_alone() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    let wanted = sku("P-1");
    shop.sells(&commands, &wanted, 1, 1).await;
    let stream = StreamId::new("stock", "P-1@main");
    let (panicked, received) = tokio::join!(
        commands.execute(Panics(stream), context()),
        receive(&commands, &wanted, 1)
    );
    assert!(matches!(panicked, Err(CommandError::Defect)));
    received.unwrap();
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_loses_nothing() {
    let shop = Shop::open().await;
    let commands = shop
        .executor_with(&ExecutorOptions {
            queue_max: 8,
            ..ExecutorOptions::default()
        })
        .await;
    let wanted = sku("Q-1");
    shop.sells(&commands, &wanted, 1, 1).await;
    let outcomes = join_all((0..500).map(|_| receive(&commands, &wanted, 1))).await;
    let accepted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ok(_) | Err(CommandError::Overloaded)))
    );
    assert!(accepted >= 8);
    assert_eq!(shop.count("StockReceived").await, accepted as i64 + 1);
}

/// Backends are killed while orders are placed. Acknowledged: there, once. Definitely failed: absent.
/// Unknown or failed: the client repeats with its key, and then it is there once.
#[tokio::test(flavor = "multi_thread")]
async fn killed_connections_lose_and_double_nothing() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    let wanted = sku("K-1");
    shop.sells(&commands, &wanted, 1, 1_000_000).await;
    let done = Arc::new(AtomicBool::new(false));
    let killer = {
        let (owner, done) = (shop.postgres.pool().await, done.clone());
        tokio::spawn(async move {
            let mut kills = 0;
            while !done.load(Ordering::Relaxed) {
                kills += sqlx::query_scalar::<_, i64>(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity
                     where datname = current_database() and pid <> pg_backend_pid() and query like '%journal.append(%'",
                )
                .fetch_one(&owner)
                .await
                .unwrap();
                sleep_until(Instant::now() + Duration::from_millis(40)).await;
            }
            kills
        })
    };
    let clients = (0..20).map(|client| {
        let (commands, wanted) = (commands.clone(), wanted.clone());
        async move {
            let mut acknowledged = Vec::new();
            for number in 0..40 {
                let key = format!("{client}-{number}");
                let receipt = loop {
                    match commands
                        .place_order(order_of(&[(&wanted, 1)]), keyed(&key, "b"))
                        .await
                    {
                        Ok(receipt) => break receipt,
                        Err(CommandError::Unavailable | CommandError::OutcomeUnknown) => {}
                        Err(other) => panic!("{other}"),
                    }
                };
                acknowledged.push(receipt.subject().clone());
            }
            acknowledged
        }
    });
    let acknowledged: Vec<StreamId> = join_all(clients).await.into_iter().flatten().collect();
    done.store(true, Ordering::Relaxed);
    println!("{} connections killed", killer.await.unwrap());
    let distinct: HashSet<_> = acknowledged.iter().collect();
    assert_eq!((acknowledged.len(), distinct.len()), (800, 800));
    assert_eq!(shop.count("OrderPlaced").await, 800);
    shop.verify().await;
}
