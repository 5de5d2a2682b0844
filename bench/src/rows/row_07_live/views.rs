//! The peer: `GenericQuery`, dispatched to as `CqrsFramework` does after each command.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use cqrs_es::persist::GenericQuery;
use cqrs_es::{EventEnvelope, Query, View};
use daybook_tests::Postgres;
use domain::order::{Order, OrderEvent};
use futures::TryStreamExt;
use journal::RecordedEvent;
use postgres_es::PostgresViewRepository;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

/// An order as it stands.
#[derive(Debug, Default, Serialize, Deserialize)]
struct OrderView {
    order: Order,
}

impl View<Order> for OrderView {
    fn update(&mut self, event: &EventEnvelope<Order>) {
        self.order.evolve(&event.payload);
    }
}

type OrderQuery = GenericQuery<PostgresViewRepository<OrderView, Order>, OrderView, Order>;

/// A view table, and the query that keeps it.
pub struct Views {
    pool: PgPool,
    query: OrderQuery,
}

impl Views {
    pub async fn open(database: &Postgres) -> Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .connect_with(database.options())
            .await?;
        // As postgres-es' own `db/init.sql` makes it.
        sqlx::query(
            "create table order_view (
                 view_id text                        not null,
                 version bigint check (version >= 0) not null,
                 payload json                        not null,
                 primary key (view_id))",
        )
        .execute(&pool)
        .await?;
        let repository = Arc::new(PostgresViewRepository::new("order_view", pool.clone()));
        let mut query = OrderQuery::new(repository);
        query.use_error_handler(Box::new(|error| panic!("the peer's view: {error}")));
        Ok(Self { pool, query })
    }

    /// Dispatches each event by itself to an empty table, those of so many orders at once; events a second.
    pub async fn dispatch(&self, events: &[RecordedEvent], at_once: usize) -> Result<f64> {
        sqlx::query("truncate order_view")
            .execute(&self.pool)
            .await?;
        // Decoded before the clock runs: after a command they are at hand.
        let events = events.iter().map(envelope).collect::<Result<Vec<_>>>()?;
        let count = events.len() as f64;
        let orders = events.chunk_by(|one, next| one.aggregate_id == next.aggregate_id);
        let began = Instant::now();
        futures::stream::iter(orders.map(Ok::<_, anyhow::Error>))
            .try_for_each_concurrent(at_once, async |order| {
                for event in order {
                    let event = std::slice::from_ref(event);
                    self.query.dispatch(&event[0].aggregate_id, event).await;
                }
                Ok(())
            })
            .await?;
        Ok(count / began.elapsed().as_secs_f64())
    }
}

fn envelope(event: &RecordedEvent) -> Result<EventEnvelope<Order>> {
    Ok(EventEnvelope {
        aggregate_id: event.stream.aggregate_id.to_string(),
        sequence: usize::try_from(event.sequence)?,
        payload: serde_json::from_str::<OrderEvent>(&event.payload)?,
        metadata: serde_json::from_str(&event.metadata)?,
    })
}
