//! Following the journal for what is revoked.

use std::time::{Duration, Instant};

use domain::security::REVOCATION_MATTERS_FOR;
use domain::value::Timestamp;
use journal::{Feed, FeedError, JournalError, Position, TailSource};
use tokio_util::sync::CancellationToken;

use super::{RevocationTable, Revocations};
use crate::clock;

/// Most events that are read at once.
const EVENTS_MAX: usize = 1_000;
/// How long nothing may come before it is asked whether the journal can still be read.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// How long an answer to that may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);
/// How often what is over is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(30);
/// How long to rest after the journal could not be read.
const REST: Duration = Duration::from_millis(200);

impl Revocations {
    /// Follows until `shutdown`.
    pub async fn run(
        &self,
        tail: &TailSource,
        table: Option<&dyn RevocationTable>,
        shutdown: &CancellationToken,
    ) {
        let mut said = false;
        loop {
            let failed = tokio::select! {
                failed = self.follow(tail, table) => failed,
                () = shutdown.cancelled() => return,
            };
            if !said {
                tracing::warn!(error = %failed, "what is revoked cannot be followed; sessions' tokens are refused until it can");
                said = true;
            }
            tokio::select! {
                () = tokio::time::sleep(REST) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }

    /// Never returns but when the journal cannot be read.
    async fn follow(&self, tail: &TailSource, table: Option<&dyn RevocationTable>) -> FeedError {
        match self.begin_from(tail, table).await {
            Ok(position) => match self.keep_up(tail, position).await {
                Ok(never) => match never {},
                Err(error) => error,
            },
            Err(error) => error.into(),
        }
    }

    /// Everything up to the position that is returned is counted in.
    async fn begin_from(
        &self,
        tail: &TailSource,
        table: Option<&dyn RevocationTable>,
    ) -> Result<Position, JournalError> {
        let since = clock::now().to_offset_date_time() - REVOCATION_MATTERS_FOR;
        let since = Timestamp::try_from(since).unwrap_or(Timestamp::EPOCH);
        let position = before(tail, since).await?;
        let Some(table) = table else {
            return Ok(position);
        };
        match table.read().await {
            Ok(begun) => {
                self.begin(&begun);
                // A table that had nothing to post for long is far behind, and what is between matters no more.
                Ok(begun.position.max(position))
            }
            Err(error) => {
                tracing::info!(
                    error,
                    "live_revocations cannot be read; the journal's last minutes are read instead"
                );
                Ok(position)
            }
        }
    }

    async fn keep_up(
        &self,
        tail: &TailSource,
        mut after: Position,
    ) -> Result<std::convert::Infallible, FeedError> {
        let mut feed = tail.tail(after);
        let mut forgot = Instant::now();
        loop {
            if forgot.elapsed() > FORGET_EVERY {
                self.forget(clock::now());
                forgot = Instant::now();
            }
            match tokio::time::timeout(ASK_EVERY, feed.next(EVENTS_MAX)).await {
                Ok(batch) => {
                    let batch = batch?;
                    batch.events.iter().for_each(|event| self.take(event));
                    after = batch.cursor.low();
                    // A full batch says that there is more.
                    if batch.events.len() < EVENTS_MAX {
                        self.heard();
                    }
                }
                Err(_) => {
                    let asked = tokio::time::timeout(ASK_TIMEOUT, tail.read(after, 1)).await;
                    let more = asked.map_err(|_| silent())??;
                    if more.is_empty() {
                        self.heard();
                    }
                }
            }
        }
    }
}

fn silent() -> FeedError {
    FeedError::Transport(format!(
        "the journal did not answer within {} s",
        ASK_TIMEOUT.as_secs()
    ))
}

/// A position before everything that was recorded after `since`: by doubling and halving, since times grow with positions but
/// for the clock's corrections, which the minutes that are kept in reserve make up for.
async fn before(tail: &TailSource, since: Timestamp) -> Result<Position, JournalError> {
    let since = since.to_offset_date_time();
    // Whether the event after this position was recorded before then; not if there is none.
    let is_early = async |after: Position| -> Result<bool, JournalError> {
        let events = tail.read(after, 1).await?;
        Ok(events
            .first()
            .is_some_and(|event| event.recorded_at < since))
    };
    let (mut early, mut step): (Position, Position) = (0, 1);
    while is_early(early + step).await? {
        early += step;
        step *= 2;
    }
    while step > 1 {
        step /= 2;
        if is_early(early + step).await? {
            early += step;
        }
    }
    Ok(early)
}
