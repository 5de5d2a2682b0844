//! One suite over every `cqrs_es::EventStore`: ours, and postgres-es' own.

use std::collections::HashMap;

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventStore, SerializedEvent};
use cqrs_es::{
    Aggregate, AggregateContext, AggregateError, CqrsFramework, DomainEvent, EventStore,
};
use daybook_tests::Postgres;
use journal::JournalStore;
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};

use crate::world::World;

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub sum: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TallyEvent {
    Counted { by: i64 },
}

impl DomainEvent for TallyEvent {
    fn event_type(&self) -> String {
        "Counted".into()
    }
    fn event_version(&self) -> String {
        "1".into()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("that many is not allowed")]
pub struct TooMany;

impl Aggregate for Tally {
    const TYPE: &'static str = "tally";
    type Command = Vec<i64>;
    type Event = TallyEvent;
    type Error = TooMany;
    type Services = ();

    async fn handle(
        &mut self,
        command: Vec<i64>,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), TooMany> {
        if command.iter().any(|by| *by > 100) {
            return Err(TooMany);
        }
        for by in command {
            sink.write(TallyEvent::Counted { by }, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, TallyEvent::Counted { by }: TallyEvent) {
        self.sum += by;
    }
}

async fn suite<S: EventStore<Tally> + Clone + 'static>(store: S) {
    // Nothing there: the default aggregate.
    let mut empty = store.load_aggregate("none").await.unwrap();
    assert_eq!(*empty.aggregate(), Tally::default());
    assert!(store.load_events("none").await.unwrap().is_empty());

    // What is committed is loaded, in order, with its metadata.
    let metadata = HashMap::from([("actor".to_owned(), "test".to_owned())]);
    let context = store.load_aggregate("a").await.unwrap();
    let events = vec![TallyEvent::Counted { by: 1 }, TallyEvent::Counted { by: 2 }];
    let committed = store
        .commit(events.clone(), context, metadata)
        .await
        .unwrap();
    assert_eq!(
        committed
            .iter()
            .map(|event| event.sequence)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    let loaded = store.load_events("a").await.unwrap();
    assert_eq!(
        loaded
            .iter()
            .map(|event| event.payload.clone())
            .collect::<Vec<_>>(),
        events
    );
    assert_eq!(loaded[1].metadata["actor"], "test");
    assert_eq!(store.load_aggregate("a").await.unwrap().aggregate().sum, 3);

    // Who decided on an old version loses, and leaves nothing behind.
    let (first, second) = (
        store.load_aggregate("a").await.unwrap(),
        store.load_aggregate("a").await.unwrap(),
    );
    store
        .commit(vec![TallyEvent::Counted { by: 10 }], first, HashMap::new())
        .await
        .unwrap();
    let lost = vec![
        TallyEvent::Counted { by: 100 },
        TallyEvent::Counted { by: 100 },
    ];
    let refusal = store
        .commit(lost, second, HashMap::new())
        .await
        .unwrap_err();
    assert!(
        matches!(refusal, AggregateError::AggregateConflict),
        "{refusal:?}"
    );
    assert_eq!(store.load_aggregate("a").await.unwrap().aggregate().sum, 13);

    // Committing nothing is allowed and changes nothing.
    let context = store.load_aggregate("a").await.unwrap();
    assert!(
        store
            .commit(Vec::new(), context, HashMap::new())
            .await
            .unwrap()
            .is_empty()
    );

    // A framework runs on it unchanged; streams do not mix.
    let framework = CqrsFramework::new(store.clone(), vec![], ());
    framework.execute("b", vec![5, 6]).await.unwrap();
    framework.execute("b", vec![7]).await.unwrap();
    assert!(matches!(
        framework.execute("b", vec![101]).await,
        Err(AggregateError::UserError(TooMany))
    ));
    assert_eq!(store.load_aggregate("b").await.unwrap().aggregate().sum, 18);
    assert_eq!(store.load_events("a").await.unwrap().len(), 3);

    many_writers(store).await;
}

/// Of many who race for one stream, each wins exactly as often as it was told so.
async fn many_writers<S: EventStore<Tally> + Clone + 'static>(store: S) {
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut won = 0;
                for _ in 0..20 {
                    let context = store.load_aggregate("raced").await.unwrap();
                    match store
                        .commit(vec![TallyEvent::Counted { by: 1 }], context, HashMap::new())
                        .await
                    {
                        Ok(_) => won += 1,
                        Err(AggregateError::AggregateConflict) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                }
                won
            })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        won += writer.await.unwrap();
    }
    assert_eq!(
        store.load_aggregate("raced").await.unwrap().aggregate().sum,
        won
    );
}

#[tokio::test]
async fn the_journal_is_an_event_store() {
    let world = World::new().await;
    suite(JournalStore::<Tally>::new(world.journal.clone())).await;
}

/// postgres-es' store is not `Clone`; the suite shares it.
struct Shared<S>(std::sync::Arc<S>);

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: EventStore<Tally>> EventStore<Tally> for Shared<S>
where
    S::AC: Send,
{
    type AC = S::AC;
    async fn load_events(
        &self,
        id: &str,
    ) -> Result<Vec<cqrs_es::EventEnvelope<Tally>>, AggregateError<TooMany>> {
        self.0.load_events(id).await
    }
    async fn load_aggregate(&self, id: &str) -> Result<S::AC, AggregateError<TooMany>> {
        self.0.load_aggregate(id).await
    }
    async fn commit(
        &self,
        events: Vec<TallyEvent>,
        context: S::AC,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<cqrs_es::EventEnvelope<Tally>>, AggregateError<TooMany>> {
        self.0.commit(events, context, metadata).await
    }
}

#[tokio::test]
async fn postgres_es_own_store_passes_the_same_suite() {
    let postgres = Postgres::fresh().await;
    let pool = postgres.pool().await;
    sqlx::raw_sql(POSTGRES_ES_TABLES)
        .execute(&pool)
        .await
        .unwrap();
    let repository = PostgresEventRepository::new(pool);
    suite(Shared(std::sync::Arc::new(
        PersistedEventStore::new_event_store(repository),
    )))
    .await;
}

#[tokio::test]
async fn postgres_es_repository_loads_our_streams_and_cannot_write_them() {
    let world = World::new().await;
    let ours = CqrsFramework::new(
        JournalStore::<Tally>::new(world.journal.clone()),
        vec![],
        (),
    );
    ours.execute("a", vec![1, 2, 3]).await.unwrap();

    let repository = PostgresEventRepository::new(world.journal.pool().clone())
        .with_tables("journal.events", "journal.snapshots");
    let theirs = PersistedEventStore::<_, Tally>::new_event_store(repository);
    assert_eq!(theirs.load_aggregate("a").await.unwrap().aggregate().sum, 6);
    let events: Vec<SerializedEvent> = {
        use cqrs_es::persist::PersistedEventRepository;
        let repository = PostgresEventRepository::new(world.journal.pool().clone())
            .with_tables("journal.events", "journal.snapshots");
        repository.get_last_events::<Tally>("a", 1).await.unwrap()
    };
    assert_eq!(
        events
            .iter()
            .map(|event| event.sequence)
            .collect::<Vec<_>>(),
        [2, 3]
    );

    let context = theirs.load_aggregate("a").await.unwrap();
    let refusal = theirs
        .commit(vec![TallyEvent::Counted { by: 1 }], context, HashMap::new())
        .await
        .unwrap_err();
    assert!(
        format!("{refusal:?}").contains("permission denied"),
        "{refusal:?}"
    );
}

pub const POSTGRES_ES_TABLES: &str = "
    create table events (
        aggregate_type text not null, aggregate_id text not null,
        sequence bigint check (sequence >= 0) not null,
        event_type text not null, event_version text not null,
        payload json not null, metadata json not null,
        primary key (aggregate_type, aggregate_id, sequence));
    create table snapshots (
        aggregate_type text not null, aggregate_id text not null,
        last_sequence bigint not null, current_snapshot bigint not null, payload json not null,
        primary key (aggregate_type, aggregate_id, last_sequence));";
