//! One session of a runner: a connection, a lease, a feed, until something ends it.

use std::time::{Duration, Instant};

use journal::{Cursor, Feed, FeedBatch, FeedSource, Lease, Position, RecordedEvent};
use sqlx::{Connection, PgConnection};
use tokio_util::sync::CancellationToken;

use super::{BATCH_EVENTS_MAX, Memory, Runner, SessionError, within};
use crate::board::{Entry, Health};
use crate::checkpoint::{self, Checkpoint};
use crate::projection::{PostError, Projection};
use crate::tables;

/// How long a worker that died keeps the others waiting. Short, because nothing rests on it: the
/// checkpoint fences.
pub(super) const LEASE_TTL: Duration = Duration::from_secs(3);

/// How often the lease is renewed and the lag is measured.
const RENEWAL_PAUSE: Duration = Duration::from_secs(1);

/// How often a standby looks whether the lease is free.
const STANDBY_PAUSE: Duration = Duration::from_millis(250);

/// After a batch a worker rests as long as it has worked, and at most this long: what comes meanwhile is posted together.
/// Workers that take every event at once keep Postgres from the commands.
const REST_MAX: Duration = Duration::from_millis(4);

/// From batches of this many events on, much is being written: it rests longer, for what it does for many events at once
/// costs less for each.
const BUSY_EVENTS: usize = 100;
const BUSY_REST_MAX: Duration = Duration::from_millis(30);

/// From batches of this many events on it is behind, and does not rest.
const CATCHING_UP_EVENTS: usize = 1_000;

/// How soon it is stored that events were passed over. A transaction for each batch of them would be most of what
/// the workers do.
const PASSED_STORED_AFTER: Duration = Duration::from_millis(20);

/// How long Postgres may take over one statement of a batch.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a whole batch may take.
const BATCH_TIMEOUT: Duration = Duration::from_secs(60);

/// How long opening a feed may take.
const OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
enum Posted {
    /// It is committed.
    Committed,
    /// The checkpoint was not where this session left it; nothing was posted.
    Overtaken,
}

impl<S: FeedSource> Runner<S> {
    /// Returns at shutdown, or when another session should begin at once.
    pub(super) async fn session(
        &self,
        memory: &Memory,
        shutdown: &CancellationToken,
    ) -> Result<(), SessionError> {
        let mut connection = tables::connect_live(&self.journal, STATEMENT_TIMEOUT).await?;
        if !self
            .settle_version(&mut connection, memory, shutdown)
            .await?
        {
            return Ok(());
        }
        let Some(lease) = self.lease(shutdown).await? else {
            return Ok(());
        };
        let ended = self.post_under(&lease, &mut connection, shutdown).await;
        // If this fails, the lease runs out by itself.
        let _ = tokio::time::timeout(LEASE_TTL, lease.release(self.journal.pool())).await;
        ended
    }

    pub(super) async fn try_lease(&self) -> Result<Option<Lease>, SessionError> {
        let name = format!("projection:{}", self.projection.name);
        within(
            LEASE_TTL,
            Lease::try_acquire(self.journal.pool(), &name, self.holder, LEASE_TTL),
        )
        .await
    }

    /// Waits for the lease, as a standby for as long as another worker holds it; `None` at shutdown.
    async fn lease(&self, shutdown: &CancellationToken) -> Result<Option<Lease>, SessionError> {
        loop {
            if let Some(lease) = self.try_lease().await? {
                return Ok(Some(lease));
            }
            self.entry.feels(Health::Elsewhere);
            if tokio::time::timeout(STANDBY_PAUSE, shutdown.cancelled())
                .await
                .is_ok()
            {
                return Ok(None);
            }
        }
    }

    async fn post_under(
        &self,
        lease: &Lease,
        connection: &mut PgConnection,
        shutdown: &CancellationToken,
    ) -> Result<(), SessionError> {
        let Some(taken) = within(BATCH_TIMEOUT, self.take_over(connection)).await? else {
            return Ok(());
        };
        let Some(mut checkpoint) = self
            .fit(connection, taken, self.source.partitions())
            .await?
        else {
            return Ok(());
        };
        let mut feed = within(OPEN_TIMEOUT, self.source.open(checkpoint.cursor.clone())).await?;
        let _keeping = Keeping::documents(&self.entry, self.projection, checkpoint.cursor.low());
        self.reached(&checkpoint.cursor);
        self.entry.feels(Health::Posting);
        tracing::info!(
            projection = self.projection.name,
            position = checkpoint.cursor.low(),
            partitions = checkpoint.cursor.partitions(),
            "posting"
        );
        let mut renewal = tokio::time::interval(RENEWAL_PAUSE);
        renewal.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // How far it has come past events that are none of its business, and when that is to be stored.
        let mut passed: Option<(FeedBatch, Instant)> = None;
        loop {
            let store_at = passed.as_ref().map(|(_, at)| *at);
            let store = async {
                match store_at {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            let batch = tokio::select! {
                biased;
                () = shutdown.cancelled() => None,
                _ = renewal.tick() => {
                    if !within(LEASE_TTL, self.renew(lease, connection, &checkpoint)).await? {
                        return Ok(());
                    }
                    continue;
                }
                () = store => passed.take().map(|(batch, _)| batch),
                batch = feed.next(BATCH_EVENTS_MAX) => {
                    let batch = batch?;
                    if !self.projection.is_concerned(&batch) {
                        let at = store_at.unwrap_or_else(|| Instant::now() + PASSED_STORED_AFTER);
                        passed = Some((self.pass(batch), at));
                        continue;
                    }
                    passed = None;
                    Some(batch)
                }
            };
            let is_over = batch.is_none();
            let Some(batch) = batch.or_else(|| passed.take().map(|(batch, _)| batch)) else {
                return Ok(());
            };
            if self.post_batch(connection, &mut checkpoint, batch).await? == Posted::Overtaken {
                tracing::info!(
                    projection = self.projection.name,
                    "the checkpoint was moved by another; reading it again"
                );
                return Ok(());
            }
            if is_over {
                return Ok(());
            }
        }
    }

    /// Goes past events that are none of this projection's business: its tables are up to date with them as they are, which
    /// the next commit stores. Returns where it stands.
    fn pass(&self, batch: FeedBatch) -> FeedBatch {
        self.entry.documents.posted([], batch.cursor.low());
        self.reached(&batch.cursor);
        FeedBatch {
            events: Vec::new(),
            cursor: batch.cursor,
        }
    }

    /// Makes the tables if there are none, and begins an epoch;
    /// `None` if the tables have meanwhile become those of another version.
    async fn take_over(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Option<Checkpoint>, SessionError> {
        let mut transaction = connection.begin().await?;
        let found = checkpoint::lock(&mut transaction, self.projection.name).await?;
        let Some(found) = found else {
            tables::create_live(&mut transaction, self.projection).await?;
            let first = Cursor::at(0, self.source.partitions());
            let made = checkpoint::replace(&mut transaction, self.projection, None, &first).await?;
            transaction.commit().await?;
            return Ok(Some(made));
        };
        if found.version != self.projection.version {
            return Ok(None);
        }
        checkpoint::adopt(&mut transaction, self.projection.name).await?;
        transaction.commit().await?;
        Ok(Some(Checkpoint {
            epoch: found.epoch + 1,
            ..found
        }))
    }

    /// Keeps the lease; `false` if it is lost, or if the checkpoint is not where this session left
    /// it. Without that look an idle worker would learn of a swap only with the next event.
    async fn renew(
        &self,
        lease: &Lease,
        connection: &mut PgConnection,
        checkpoint: &Checkpoint,
    ) -> Result<bool, SessionError> {
        let held = lease.renew(connection).await?;
        let found = checkpoint::read(connection, self.projection.name).await?;
        let lag = self
            .journal
            .head()
            .await?
            .saturating_sub(checkpoint.cursor.low());
        metrics::gauge!("daybook_projection_lag_events", "projection" => self.projection.name)
            .set(lag as f64);
        Ok(held && found.as_ref() == Some(checkpoint))
    }

    /// Posts a batch, or as much of it as lies before an event that cannot be posted.
    async fn post_batch(
        &self,
        connection: &mut PgConnection,
        checkpoint: &mut Checkpoint,
        batch: FeedBatch,
    ) -> Result<Posted, SessionError> {
        let mut error = match self.commit(connection, checkpoint, &batch).await {
            Err(SessionError::Post(error)) if error.is_lasting() => error,
            posted => return posted,
        };
        // Here the key of a poison event would be parked. Until that exists, all stand before it; and before an earlier one,
        // if there is one.
        let mut part = batch;
        while let PostError::Poison { position, .. } = &error {
            part = before(&part, *position, &checkpoint.cursor);
            if part.events.is_empty() {
                break;
            }
            match self.commit(connection, checkpoint, &part).await {
                Ok(Posted::Committed) => break,
                Err(SessionError::Post(earlier)) if earlier.is_lasting() => error = earlier,
                interrupted => return interrupted,
            }
        }
        let failure = error.to_string();
        within(
            BATCH_TIMEOUT,
            checkpoint::fail(connection, self.projection.name, &failure),
        )
        .await?;
        Err(error.into())
    }

    /// Posts events and moves the checkpoint, in one transaction; `false` if it was not where
    /// this session left it.
    pub(super) async fn commit_rows(
        &self,
        connection: &mut PgConnection,
        checkpoint: &Checkpoint,
        events: impl IntoIterator<Item = &RecordedEvent>,
        to: &Cursor,
    ) -> Result<bool, SessionError> {
        let postings = self.projection.decode(events)?;
        let name = self.projection.name;
        let work = async {
            if !postings.concern(self.projection) {
                // One statement, which is a transaction by itself. There are no rows that it could get ahead of.
                return Ok(checkpoint::advance(connection, name, checkpoint, to).await?);
            }
            let mut transaction = connection.begin().await?;
            if !checkpoint::advance(&mut transaction, name, checkpoint, to).await? {
                transaction.rollback().await?;
                return Ok::<_, PostError>(false);
            }
            (self.projection.post)(&mut transaction, &postings).await?;
            transaction.commit().await?;
            Ok(true)
        };
        within(BATCH_TIMEOUT, work).await
    }

    async fn commit(
        &self,
        connection: &mut PgConnection,
        checkpoint: &mut Checkpoint,
        batch: &FeedBatch,
    ) -> Result<Posted, SessionError> {
        let began = Instant::now();
        let events = batch.events.iter().map(|event| &**event);
        let committed = self
            .commit_rows(connection, checkpoint, events, &batch.cursor)
            .await?;
        if !committed {
            return Ok(Posted::Overtaken);
        }
        checkpoint.cursor = batch.cursor.clone();
        checkpoint.has_failed = false;
        // Before the board says how far the tables are.
        let changed = self.projection.documents.iter().flat_map(|documents| {
            let taken = batch.events.iter();
            let taken = taken.filter(|event| self.projection.takes(event));
            taken.filter_map(|event| (documents.of)(&event.stream))
        });
        self.entry.documents.posted(changed, batch.cursor.low());
        self.reached(&batch.cursor);
        let name = self.projection.name;
        metrics::counter!("daybook_projection_events_total", "projection" => name)
            .increment(batch.events.len() as u64);
        metrics::histogram!("daybook_projection_batch_events", "projection" => name)
            .record(batch.events.len() as f64);
        let took = began.elapsed();
        metrics::histogram!("daybook_projection_batch_seconds", "projection" => name)
            .record(took.as_secs_f64());
        let rest = match batch.events.len() {
            0..BUSY_EVENTS => took.min(REST_MAX),
            BUSY_EVENTS..CATCHING_UP_EVENTS => (took * 2).min(BUSY_REST_MAX),
            _ => Duration::ZERO,
        };
        tokio::time::sleep(rest).await;
        Ok(Posted::Committed)
    }

    fn reached(&self, cursor: &Cursor) {
        self.entry.reached(cursor.low(), cursor.high());
        metrics::gauge!("daybook_projection_position", "projection" => self.projection.name)
            .set(cursor.low() as f64);
    }
}

/// Documents are kept in memory while this lives: for as long as a session posts.
struct Keeping<'a>(&'a Entry);

impl<'a> Keeping<'a> {
    fn documents(entry: &'a Entry, projection: &Projection, at: Position) -> Self {
        let bytes_max = projection.documents.map_or(0, |kept| kept.bytes_max);
        entry.documents.open(at, bytes_max);
        Self(entry)
    }
}

impl Drop for Keeping<'_> {
    fn drop(&mut self) {
        self.0.documents.close();
    }
}

/// The part of a batch before the event at `position`, and where its partitions then stand.
fn before(batch: &FeedBatch, position: u64, from: &Cursor) -> FeedBatch {
    let events: Vec<_> = batch
        .events
        .iter()
        .take_while(|event| event.position != position)
        .cloned()
        .collect();
    let mut cursor = from.clone();
    for event in &events {
        let partition = journal::partition_of(&event.stream, cursor.partitions()) as usize;
        if let Some(reached) = cursor.0.get_mut(partition) {
            *reached = event.position;
        }
    }
    FeedBatch { events, cursor }
}
