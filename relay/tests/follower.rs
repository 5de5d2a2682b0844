//! A reader that believes nothing: every batch that a feed hands out is checked.

use std::time::Duration;

use journal::{
    Cursor, Feed, FeedBatch, FeedError, FeedSource, Position, RecordedEvent, partition_of,
};

use crate::world::{WITHIN, World};

pub struct Follower<S: FeedSource> {
    source: S,
    feed: S::Feed,
    pub from: Cursor,
    pub cursor: Cursor,
    pub got: Vec<RecordedEvent>,
    /// How many events each batch held, empty ones left out.
    pub batches: Vec<usize>,
}

impl<S: FeedSource> Follower<S> {
    pub async fn open(source: &S, cursor: Cursor) -> Self {
        Self {
            source: source.clone(),
            feed: source.open(cursor.clone()).await.unwrap(),
            from: cursor.clone(),
            cursor,
            got: Vec::new(),
            batches: Vec::new(),
        }
    }

    pub async fn from_the_start(source: &S) -> Self {
        Self::open(source, Cursor::at(0, source.partitions())).await
    }

    /// One batch, if it comes within `patience`; what does not come is cancelled.
    pub async fn step(&mut self, limit: usize, patience: Duration) -> bool {
        match tokio::time::timeout(patience, self.feed.next(limit)).await {
            Ok(came) => {
                self.accept(came, limit).await;
                true
            }
            Err(_) => false,
        }
    }

    /// Reads until every partition has reached `position`.
    pub async fn reach(&mut self, position: Position, limit: usize) {
        let work = async {
            while self.cursor.low() < position {
                let came = self.feed.next(limit).await;
                self.accept(came, limit).await;
            }
        };
        let done = tokio::time::timeout(WITHIN, work).await;
        assert!(
            done.is_ok(),
            "{:?} did not reach {position}, {} events came",
            self.cursor,
            self.got.len()
        );
    }

    async fn accept(&mut self, came: Result<FeedBatch, FeedError>, limit: usize) {
        let batch = match came {
            Ok(batch) => batch,
            // A machine with too much to do. Every reader opens its feed again then.
            Err(FeedError::Journal(error)) if error.is_unavailable() => {
                self.feed = self.source.open(self.cursor.clone()).await.unwrap();
                return;
            }
            Err(error) => panic!("{error}"),
        };
        assert!(batch.events.len() <= limit, "more than was asked for");
        assert_ne!(batch.cursor, self.cursor, "a batch of nothing");
        let mut reached = self.cursor.clone();
        for event in &batch.events {
            assert!(
                reached.is_before(event),
                "{} came twice or late: {reached:?}",
                event.position
            );
            reached.0[self.partition(event)] = event.position;
        }
        for (before, after) in reached.0.iter().zip(&batch.cursor.0) {
            assert!(
                before <= after,
                "{reached:?} is not covered by {:?}",
                batch.cursor
            );
        }
        if !batch.events.is_empty() {
            self.batches.push(batch.events.len());
        }
        self.got
            .extend(batch.events.iter().map(|event| (**event).clone()));
        self.cursor = batch.cursor;
    }

    fn partition(&self, event: &RecordedEvent) -> usize {
        partition_of(&event.stream, self.cursor.partitions()) as usize
    }

    /// All that the journal holds between the two cursors came, as it is there, and nothing else.
    pub async fn assert_whole(&self, world: &World) {
        let mut got = self.got.clone();
        got.sort_by_key(|event| event.position);
        let mut expected = world.events().await;
        expected.retain(|event| self.from.is_before(event) && !self.cursor.is_before(event));
        let positions =
            |events: &[RecordedEvent]| events.iter().map(|e| e.position).collect::<Vec<_>>();
        assert_eq!(positions(&got), positions(&expected));
        assert!(got == expected, "an event was changed on its way");
    }
}
