//! `import postgres-es`: an existing table is taken over through the door, and twice is once.

use std::collections::HashMap;

use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{AggregateContext, EventStore};
use daybook_tests::Postgres;
use journal::JournalStore;
use journal::import::{Imported, count_postgres_es, postgres_es};
use postgres_es::PostgresEventRepository;

use crate::conformance::{POSTGRES_ES_TABLES, Tally, TallyEvent};
use crate::world::World;

#[tokio::test]
async fn a_postgres_es_table_is_taken_over_and_twice_is_once() {
    const STREAMS: usize = 30;
    const EVENTS: usize = 70;
    let theirs = Postgres::fresh().await;
    let source = theirs.pool().await;
    sqlx::raw_sql(POSTGRES_ES_TABLES)
        .execute(&source)
        .await
        .unwrap();
    let store = PersistedEventStore::<_, Tally>::new_event_store(PostgresEventRepository::new(
        source.clone(),
    ));
    let fill = async |from: usize, events: usize| {
        for index in from..STREAMS {
            let id = format!("tally-{index}");
            let context = store.load_aggregate(&id).await.unwrap();
            let events = (0..events)
                .map(|by| TallyEvent::Counted { by: by as i64 })
                .collect();
            let metadata = HashMap::from([("old".to_owned(), "way".to_owned())]);
            store.commit(events, context, metadata).await.unwrap();
        }
    };
    fill(0, EVENTS).await;

    let world = World::new().await;
    let total = (STREAMS * EVENTS) as u64;
    assert_eq!(count_postgres_es(&source).await.unwrap(), total);
    let mut reported = 0;
    let imported = postgres_es(&world.journal, &source, |done| reported = done)
        .await
        .unwrap();
    assert_eq!(
        (imported, reported),
        (
            Imported {
                appended: total,
                present: 0
            },
            total
        )
    );

    // More came meanwhile; starting again takes only that.
    fill(STREAMS - 3, 5).await;
    let again = postgres_es(&world.journal, &source, |_| ()).await.unwrap();
    assert_eq!(
        again,
        Imported {
            appended: 15,
            present: total
        }
    );

    let ours = JournalStore::<Tally>::new(world.journal.clone());
    for index in [0, STREAMS - 1] {
        let id = format!("tally-{index}");
        let expected = store.load_aggregate(&id).await.unwrap().aggregate().sum;
        assert_eq!(
            ours.load_aggregate(&id).await.unwrap().aggregate().sum,
            expected
        );
        assert_eq!(
            ours.load_events(&id).await.unwrap()[0].metadata["old"],
            "way"
        );
    }
    assert_eq!(world.journal.head().await.unwrap(), total + 15);
}
