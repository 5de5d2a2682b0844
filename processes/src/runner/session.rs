//! A session: handling events of the shards that are held, until something fails or it is told to stop.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use journal::{
    Cursor, Feed, FeedBatch, FeedError, FeedSource, JournalError, Position, Shard, Shards,
};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::lanes::Lanes;
use super::{SessionError, shard_of};
use crate::policy::{self, Subject};
use crate::worker::Worker;

/// Most events that are read in one go.
const BATCH_EVENTS_MAX: usize = 1_024;

/// Batches read ahead.
const READ_AHEAD: usize = 1;

/// How often shards are renewed, checkpoints stored, and shares made even.
const KEEP_EVERY: Duration = Duration::from_secs(1);

/// How long a session that is told to stop waits for what is at work.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// A shard that is held.
struct Held {
    shard: Shard,
    /// What has been put into lanes, or passed over.
    read: Cursor,
}

/// What became of the shards when they were last renewed.
struct Kept {
    since: Instant,
    /// Those that are still held.
    renewed: Vec<u32>,
    taken: Vec<Shard>,
    given_back: Vec<u32>,
}

type Read = Result<FeedBatch, FeedError>;

pub(super) struct Session<S> {
    shards: Shards,
    source: S,
    lanes: Lanes,
    held: BTreeMap<u32, Held>,
    /// When the shards were last known to be ours.
    renewed_at: Instant,
    reader: Option<(mpsc::Receiver<Read>, AbortOnDropHandle<()>)>,
    has_worked: bool,
}

impl<S: FeedSource> Session<S> {
    pub fn new(shards: Shards, source: S, worker: Worker) -> Self {
        Self {
            shards,
            source,
            lanes: Lanes::new(worker),
            held: BTreeMap::new(),
            renewed_at: Instant::now(),
            reader: None,
            has_worked: false,
        }
    }

    /// Whether anything was read.
    pub const fn has_worked(&self) -> bool {
        self.has_worked
    }

    /// Works until `shutdown`, and then returns with the checkpoints stored and the shards given back.
    pub async fn run(&mut self, shutdown: &CancellationToken) -> Result<(), SessionError> {
        let mut keeping = self.keep();
        loop {
            let has_room = self.lanes.has_room();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                kept = &mut keeping => {
                    self.kept(kept?);
                    keeping = self.keep();
                }
                () = self.lanes.settle(), if self.lanes.is_busy() => {}
                read = next(&mut self.reader), if has_room => self.put(read?),
            }
            // A process that slept through its time does nothing before it knows what is still its own.
            if self.renewed_at.elapsed() < self.shards.ttl() {
                self.lanes.start();
            }
        }
        self.finish().await
    }

    /// Puts what concerns the shards that are held into lanes.
    fn put(&mut self, batch: FeedBatch) {
        self.has_worked = true;
        for event in batch.events {
            if !policy::concerns(&event.event_type) {
                continue;
            }
            let Some(subject) = Subject::of(&event.stream) else {
                continue;
            };
            let number = shard_of(subject);
            let held = self.held.get(&number);
            if held.is_some_and(|held| held.read.is_before(&event)) {
                self.lanes.put(subject.payment(), number, event);
            }
        }
        for held in self.held.values_mut() {
            for (read, now) in held.read.0.iter_mut().zip(&batch.cursor.0) {
                *read = (*read).max(*now);
            }
        }
    }

    /// The shards with their checkpoints: everything at or below is handled.
    fn checkpoints(&self) -> Vec<(Shard, Position)> {
        let checkpoint = |(number, held): (&u32, &Held)| {
            let handled = match self.lanes.first_open(*number) {
                Some(open) => held.read.low().min(open - 1),
                None => held.read.low(),
            };
            // With several partitions what was read twice may lie below it.
            (held.shard, handled.max(held.shard.position))
        };
        self.held.iter().map(checkpoint).collect()
    }

    /// Renews what is held and evens out the shares, at the next time for it.
    fn keep(&self) -> BoxFuture<'static, Result<Kept, JournalError>> {
        let (shards, mut stored) = (self.shards.clone(), self.checkpoints());
        let pause = if self.held.is_empty() {
            KEEP_EVERY / 4
        } else {
            KEEP_EVERY
        };
        let is_first = !self.has_worked && self.reader.is_none() && self.held.is_empty();
        async move {
            if !is_first {
                tokio::time::sleep(pause).await;
            }
            let since = Instant::now();
            let fair = shards.attend().await?;
            let excess = stored.split_off(stored.len().min(fair as usize));
            let renewed = if stored.is_empty() {
                Vec::new()
            } else {
                shards.store(&stored).await?
            };
            if !excess.is_empty() {
                shards.give_back(&excess).await?;
            }
            let missing = fair.saturating_sub(renewed.len() as u32);
            let taken = if missing > 0 {
                shards.take(missing, &renewed).await?
            } else {
                Vec::new()
            };
            let given_back = excess.iter().map(|(shard, _)| shard.number).collect();
            Ok(Kept {
                since,
                renewed,
                taken,
                given_back,
            })
        }
        .boxed()
    }

    fn kept(&mut self, kept: Kept) {
        let Kept {
            since,
            renewed,
            taken,
            given_back,
        } = kept;
        self.renewed_at = since;
        let lost: Vec<u32> = self
            .held
            .keys()
            .filter(|number| !renewed.contains(number))
            .copied()
            .collect();
        for number in lost {
            if !given_back.contains(&number) {
                tracing::warn!(shard = number, "another worker has taken over");
            }
            self.held.remove(&number);
            self.lanes.give_up(number);
        }
        if !taken.is_empty() {
            let numbers: Vec<u32> = taken.iter().map(|shard| shard.number).collect();
            tracing::info!(shards = ?numbers, "handling what follows on events");
        }
        let news = !taken.is_empty();
        for shard in taken {
            let read = Cursor::at(shard.position, self.source.partitions());
            self.held.insert(shard.number, Held { shard, read });
        }
        metrics::gauge!("daybook_process_shards").set(self.held.len() as f64);
        metrics::gauge!("daybook_process_waiting").set(self.lanes.open_count() as f64);
        if let Some((_, low)) = self.checkpoints().iter().min_by_key(|(_, at)| *at) {
            metrics::gauge!("daybook_process_position").set(*low as f64);
        }
        if news {
            self.read_on();
        } else if self.held.is_empty() {
            self.reader = None;
        }
    }

    /// Reads from where the shard that is furthest behind stands.
    fn read_on(&mut self) {
        let mut from: Option<Cursor> = None;
        for held in self.held.values() {
            match &mut from {
                None => from = Some(held.read.clone()),
                Some(from) => {
                    for (low, read) in from.0.iter_mut().zip(&held.read.0) {
                        *low = (*low).min(*read);
                    }
                }
            }
        }
        if let Some(from) = from {
            let (sender, receiver) = mpsc::channel(READ_AHEAD);
            let reading = tokio::spawn(read(self.source.clone(), from, sender));
            self.reader = Some((receiver, AbortOnDropHandle::new(reading)));
        }
    }

    /// Waits for what is at work, within reason, and gives everything back.
    async fn finish(&mut self) -> Result<(), SessionError> {
        self.reader = None;
        let settling = async {
            while self.lanes.is_busy() {
                self.lanes.settle().await;
            }
        };
        let _ = tokio::time::timeout(FINISH_TIMEOUT, settling).await;
        self.shards.give_back(&self.checkpoints()).await?;
        self.shards.leave().await?;
        Ok(())
    }
}

async fn next(
    reader: &mut Option<(mpsc::Receiver<Read>, AbortOnDropHandle<()>)>,
) -> Result<FeedBatch, SessionError> {
    match reader {
        Some((receiver, _)) => match receiver.recv().await {
            Some(read) => Ok(read?),
            None => Err(SessionError::Ended),
        },
        None => std::future::pending().await,
    }
}

async fn read<S: FeedSource>(source: S, from: Cursor, to: mpsc::Sender<Read>) {
    let mut feed = match source.open(from).await {
        Ok(feed) => feed,
        Err(error) => return drop(to.send(Err(error)).await),
    };
    loop {
        let read = feed.next(BATCH_EVENTS_MAX).await;
        let failed = read.is_err();
        if to.send(read).await.is_err() || failed {
            return;
        }
    }
}
