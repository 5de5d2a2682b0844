//! The runner: drives the [`Worker`] over the journal, over what is due, and over the gateways' books.
//!
//! The journal's events are cut into [`SHARDS`] shards by payment, an order's events counting as its payment's: what
//! concerns one payment is handled one after the other, in one place. Several runners, in whatever processes, share the
//! shards; one that dies is overtaken, one that was paused is fenced. A checkpoint is the highest position at or below
//! which everything of its shard is handled; what lies beyond it is handled again after a crash, which does no harm.

mod lanes;
mod reconciler;
mod session;
mod timers;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use journal::{FeedError, FeedSource, Journal, JournalError, Shards, StreamId};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::due::DueList;
use crate::policy::Subject;
use crate::worker::Worker;

use self::session::Session;

/// The name of the work in the journal's database.
const WORK: &str = "processes";

/// How many shards there are. Never changed: another number would leave events between them.
pub const SHARDS: u32 = 16;

/// How long a runner may be silent before its shards are taken over.
const LEASE_TTL: Duration = Duration::from_secs(6);

/// How long the database may take over a lease.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(3);

/// How soon a failed session is followed by another: from, doubling, to.
const BACK_OFF_MIN: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(5);

/// Why a session ended early.
#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error("a task of the runner ended before its time")]
    Ended,
}

/// Which shard handles what concerns `subject`.
fn shard_of(subject: Subject) -> u32 {
    let payment = StreamId::new(domain::payment::TYPE, subject.payment().to_string());
    journal::partition_of(&payment, SHARDS)
}

/// Runs the processes, for as long as the process lives.
pub struct ProcessRunner<S> {
    journal: Journal,
    source: S,
    worker: Worker,
    due: Arc<dyn DueList>,
    holder: Uuid,
}

impl<S: FeedSource> ProcessRunner<S> {
    /// A runner of `worker` over the feed of `source`; `holder` names this process in leases.
    #[must_use]
    pub fn new(
        journal: Journal,
        source: S,
        worker: Worker,
        due: Arc<dyn DueList>,
        holder: Uuid,
    ) -> Self {
        Self {
            journal,
            source,
            worker,
            due,
            holder,
        }
    }

    /// Works until `shutdown`; what is at work then is finished first, within reason. Whatever is away is waited for.
    pub async fn run(self, shutdown: CancellationToken) {
        let timers = timers::run(
            &self.journal,
            &self.worker,
            &*self.due,
            self.holder,
            &shutdown,
        );
        let reconciler = reconciler::run(&self.journal, &self.worker, self.holder, &shutdown);
        futures::future::join3(self.follow(&shutdown).boxed(), timers, reconciler).await;
    }

    /// Handles events, session after session.
    async fn follow(&self, shutdown: &CancellationToken) {
        let (mut pause, mut is_said) = (BACK_OFF_MIN, false);
        while !shutdown.is_cancelled() {
            let shards = Shards::new(&self.journal, WORK, SHARDS, self.holder, LEASE_TTL);
            let mut session = Session::new(shards, self.source.clone(), self.worker.clone());
            let ended = session.run(shutdown).await;
            let worked = session.has_worked();
            drop(session);
            let Err(error) = ended else { return };
            if worked {
                (pause, is_said) = (BACK_OFF_MIN, false);
            }
            if !is_said {
                tracing::warn!(%error, "the processes were interrupted and go on soon");
                is_said = true;
            }
            let _ = tokio::time::timeout(pause, shutdown.cancelled()).await;
            pause = (pause * 2).min(BACK_OFF_MAX);
        }
    }
}
