//! The peer of all tables: postgres-es streams every event of an aggregate type, and each is applied to its aggregate in a map.
//!
//! It reads the journal's own table, which is a postgres-es table with two more columns. The three types are streamed side by
//! side; its channel is made larger than it is by default.

use std::collections::HashMap;

use anyhow::Result;
use cqrs_es::Aggregate;
use cqrs_es::persist::PersistedEventRepository;
use daybook_tests::Postgres;
use domain::order::Order;
use domain::product::Product;
use domain::stock::StockItem;
use postgres_es::PostgresEventRepository;
use sqlx::PgPool;

/// How many events may wait to be folded.
const CHANNEL: usize = 2_000;

/// Folds everything; how many events and orders there were.
pub async fn fold(database: &Postgres) -> Result<(u64, usize)> {
    let pool = database.pool().await;
    let (products, stock, orders) = tokio::try_join!(
        spawn::<Product>(&pool),
        spawn::<StockItem>(&pool),
        spawn::<Order>(&pool)
    )?;
    pool.close().await;
    let (products, stock, orders) = (products?, stock?, orders?);
    Ok((products.0 + stock.0 + orders.0, orders.1.len()))
}

type Folded<A> = Result<(u64, HashMap<String, A>)>;

fn spawn<A: Aggregate + 'static>(pool: &PgPool) -> tokio::task::JoinHandle<Folded<A>> {
    tokio::spawn(one::<A>(pool.clone()))
}

async fn one<A: Aggregate + 'static>(pool: PgPool) -> Folded<A> {
    let repository = PostgresEventRepository::new(pool)
        .with_tables("journal.events", "journal.snapshots")
        .with_streaming_channel_size(CHANNEL);
    let mut stream = repository.stream_all_events::<A>().await?;
    let (mut events, mut folded) = (0, HashMap::<String, A>::new());
    while let Some(event) = stream.next::<A>(&[]).await {
        let event = event?;
        events += 1;
        folded
            .entry(event.aggregate_id)
            .or_default()
            .apply(event.payload);
    }
    Ok((events, folded))
}
