//! The runner: follows a feed and posts what comes into one projection's tables.
//!
//! Rows and checkpoint are committed in one transaction, and the checkpoint is moved only from
//! where this runner left it, so an event is posted exactly once however often workers die, are
//! paused, or run twice. The lease merely keeps two from working for nothing.
//!
//! A runner heals by itself: whatever fails ends a *session* (connection, lease, feed), and the
//! next one begins with what the database says. A poison event stops its projection before it,
//! with an error in the log, in the status and in the checkpoint, and is tried again: parking its key
//! and letting the rest flow is where [`Runner::post_batch`] meets [`PostError::Poison`], once parking exists.

mod layout;
mod session;
mod version;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use journal::{FeedError, FeedSource, Journal, JournalError};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::board::{Board, Entry, Health};
use crate::projection::{PostError, Projection};
use crate::rebuild::RebuildError;

/// Most events that are posted in one transaction.
pub(crate) const BATCH_EVENTS_MAX: usize = 2_000;

/// How soon a failed session is followed by another: from, doubling, to.
const BACK_OFF_MIN: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(2);

/// How soon an event that could not be posted is tried again.
const POISON_BACK_OFF: Duration = Duration::from_secs(5);

/// How long a worker of an older version leaves the tables to the newer ones before it believes
/// that there are none any more.
const OUTDATED_BACK_OFF: Duration = Duration::from_secs(10);

/// Why a session ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    #[error(
        "the tables were built by version {built}, newer than this program's {own}; leaving them to newer workers"
    )]
    Outdated { built: i32, own: i32 },
    #[error("posting panicked; the panic's own message is above in the log")]
    Panicked,
    #[error("Postgres did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
}

impl SessionError {
    /// Whether the next session would end like this one.
    fn is_lasting(&self) -> bool {
        match self {
            Self::Panicked => true,
            Self::Post(error) => error.is_lasting(),
            _ => false,
        }
    }
}

impl From<sqlx::Error> for SessionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Post(error.into())
    }
}

/// Gives work that leaves the process a deadline.
async fn within<T, E: Into<SessionError>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, SessionError> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => Err(SessionError::TimedOut(limit)),
    }
}

/// Posts one projection, for as long as the process lives.
pub struct Runner<S> {
    journal: Journal,
    projection: &'static Projection,
    source: S,
    holder: Uuid,
    entry: Arc<Entry>,
}

/// What is remembered from session to session.
#[derive(Default)]
struct Memory {
    /// What was last complained about: an error is logged once, not at every try.
    complaint: Option<String>,
    /// Whether the session before this one found newer tables.
    was_outdated: bool,
}

impl<S: FeedSource> Runner<S> {
    /// A runner of `projection` over the feed of `source`. `holder` names this process in leases; its
    /// progress is written on `board`.
    #[must_use]
    pub fn new(
        journal: Journal,
        projection: &'static Projection,
        source: S,
        holder: Uuid,
        board: &Board,
    ) -> Self {
        Self {
            journal,
            projection,
            source,
            holder,
            entry: board.entry(projection.name),
        }
    }

    /// Posts until `shutdown`; what is being posted then is finished first.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut memory = Memory::default();
        let mut pause = BACK_OFF_MIN;
        while !shutdown.is_cancelled() {
            let began = Instant::now();
            // Code that panics on an event must not end the worker in silence.
            let session = AssertUnwindSafe(self.session(&memory, &shutdown)).catch_unwind();
            let ended = session.await.unwrap_or(Err(SessionError::Panicked));
            if began.elapsed() > BACK_OFF_MAX {
                pause = BACK_OFF_MIN;
                memory.complaint = None;
            }
            let rest = match &ended {
                Ok(()) => BACK_OFF_MIN,
                Err(error) => self.complain(error, &mut memory, pause),
            };
            memory.was_outdated = matches!(ended, Err(SessionError::Outdated { .. }));
            pause = if ended.is_ok() {
                BACK_OFF_MIN
            } else {
                (pause * 2).min(BACK_OFF_MAX)
            };
            let _ = tokio::time::timeout(rest, shutdown.cancelled()).await;
        }
        self.entry.feels(Health::Elsewhere);
    }

    /// Says what was wrong, once, and how long to wait.
    fn complain(&self, error: &SessionError, memory: &mut Memory, pause: Duration) -> Duration {
        let complaint = error.to_string();
        let name = self.projection.name;
        let is_new = memory.complaint.as_ref() != Some(&complaint);
        let rest = match error {
            error if error.is_lasting() => {
                if is_new {
                    tracing::error!(projection = name, error = %complaint, "the projection has stopped");
                }
                POISON_BACK_OFF
            }
            SessionError::Outdated { .. } => {
                if is_new {
                    tracing::info!(projection = name, "{complaint}");
                }
                OUTDATED_BACK_OFF
            }
            _ => {
                if is_new {
                    tracing::warn!(projection = name, error = %complaint, "posting was interrupted and is tried again");
                }
                pause
            }
        };
        self.entry.feels(Health::Unhealthy(complaint.clone()));
        memory.complaint = Some(complaint);
        rest
    }
}
