//! Readers that follow: nothing is skipped and nothing comes twice, whatever else goes on.

use std::time::{Duration, Instant};

use journal::{Feed, Lease, Snapshot, TailSource};
use sqlx::{Connection, Executor};
use uuid::Uuid;

use crate::world::{World, batch, command, event, stream};

/// How long writers write while readers tail. The minute of the acceptance is run by
/// `DAYBOOK_TAIL_SECONDS=60`.
fn duration() -> Duration {
    let seconds = std::env::var("DAYBOOK_TAIL_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(4))
}

#[tokio::test(flavor = "multi_thread")]
async fn tails_skip_nothing_beside_many_writers_and_an_idle_transaction_elsewhere() {
    const WRITERS: usize = 64;
    let world = World::new().await;
    // An open write transaction in another database of the same server: it stalls readers that
    // look at transaction ids, and must mean nothing to us.
    let elsewhere = daybook_tests::Postgres::fresh().await;
    let mut idle = sqlx::PgConnection::connect_with(&elsewhere.options())
        .await
        .unwrap();
    idle.execute("create table held (x int); begin; insert into held values (1)")
        .await
        .unwrap();

    let until = Instant::now() + duration();
    let writers: Vec<_> = (0..WRITERS)
        .map(|index| {
            // Half of them through a second handle, as another process would be: no watch wakes the tails.
            let mut writer = world.journal.writer();
            tokio::spawn(async move {
                let name = format!("writer-{index}");
                let mut version = 0;
                while Instant::now() < until {
                    let events = (1..=3).map(|step| event(&name, version + step)).collect();
                    writer
                        .append(batch(vec![command(events, &[])]))
                        .await
                        .unwrap();
                    version += 3;
                    // Some are lost to a conflict: they must leave no hole.
                    let lost = vec![command(vec![event(&name, version)], &[])];
                    writer.append(batch(lost)).await.unwrap();
                }
                version
            })
        })
        .collect();
    let source = TailSource::new(world.journal.clone());
    let (stop, stopped) = tokio::sync::watch::channel(0u64);
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let mut tail = source.tail(0);
            let mut stopped = stopped.clone();
            tokio::spawn(async move {
                let mut last = 0;
                loop {
                    tokio::select! {
                        got = tail.next(500) => for event in got.unwrap().events {
                            assert_eq!(event.position, last + 1, "skipped or repeated");
                            last = event.position;
                        },
                        _ = stopped.changed() => {}
                    }
                    if *stopped.borrow() > 0 && last >= *stopped.borrow() {
                        return last;
                    }
                }
            })
        })
        .collect();
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    stop.send(written).unwrap();
    for reader in readers {
        let read = tokio::time::timeout(Duration::from_secs(60), reader)
            .await
            .expect("a reader hangs")
            .unwrap();
        assert_eq!(read, written);
    }
    println!("{written} events, 4 readers, no position skipped, none twice");
    drop(idle);
}

#[tokio::test]
async fn what_this_process_appended_is_followed_as_the_journal_holds_it() {
    let world = World::new().await;
    let (mut writer, source) = (
        world.journal.writer(),
        TailSource::new(world.journal.clone()),
    );
    // Together: three that are appended, between them one that loses its claim and one in conflict.
    let first = command(vec![event("a", 1), event("b", 1)], &["mine"]);
    let loser = command(vec![event("c", 1)], &["mine"]);
    let late = command(vec![event("d", 2)], &[]);
    let last = command(vec![event("b", 2)], &[]);
    writer
        .append(batch(vec![first, loser, late, last]))
        .await
        .unwrap();
    writer
        .append(batch(vec![command(vec![event("a", 2)], &[])]))
        .await
        .unwrap();
    let stored = world.journal.read_all(0, 10).await.unwrap();
    assert_eq!(stored.len(), 4);
    // Another process' reader would have to ask the journal; here the journal is out of reach.
    world.journal.pool().close().await;
    let batch = source.tail(0).next(10).await.unwrap();
    let followed: Vec<_> = batch.events.iter().map(|event| (**event).clone()).collect();
    assert_eq!(followed, stored);
}

#[tokio::test]
async fn a_lease_has_one_holder_and_a_fence() {
    let world = World::new().await;
    let pool = world.journal.pool();
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    let ttl = Duration::from_millis(300);
    let held = Lease::try_acquire(pool, "work", one, ttl)
        .await
        .unwrap()
        .unwrap();
    assert!(
        Lease::try_acquire(pool, "work", two, ttl)
            .await
            .unwrap()
            .is_none()
    );
    let mut connection = pool.acquire().await.unwrap();
    assert!(held.renew(&mut connection).await.unwrap());

    let taken_over =
        daybook_tests::eventually("the lease runs out", Duration::from_secs(5), async || {
            let lease = Lease::try_acquire(pool, "work", two, ttl).await.unwrap();
            lease.ok_or_else(|| "still held".to_owned())
        })
        .await;
    assert_eq!(taken_over.epoch(), held.epoch() + 1);
    assert!(
        !held.renew(&mut connection).await.unwrap(),
        "the overtaken one is fenced"
    );
    taken_over.clone().release(pool).await.unwrap();
    assert!(
        !taken_over.renew(&mut connection).await.unwrap(),
        "a late renewal does not take the release back"
    );
    assert!(
        Lease::try_acquire(pool, "work", one, ttl)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn snapshots_go_forward_only_and_are_bound_to_a_shape() {
    let world = World::new().await;
    let snapshot = |version: u64| Snapshot {
        stream: stream("a"),
        version,
        state: format!(r#"{{"v":{version}}}"#),
    };
    world
        .journal
        .save_snapshot(&snapshot(5), "1")
        .await
        .unwrap();
    world
        .journal
        .save_snapshot(&snapshot(3), "1")
        .await
        .unwrap();
    assert_eq!(
        world
            .journal
            .snapshots(&[stream("a"), stream("b")], "1")
            .await
            .unwrap(),
        [snapshot(5)]
    );
    assert!(
        world
            .journal
            .snapshots(&[stream("a")], "2")
            .await
            .unwrap()
            .is_empty()
    );
}
