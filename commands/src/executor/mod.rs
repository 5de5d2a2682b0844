//! The executor: one task per process that decides everything.
//!
//! It owns the states in memory, takes what waits in its bounded queue, and decides each command
//! on the *speculative* state, in which everything decided before counts as having happened:
//! ten thousand reservations of one SKU are one batch, not ten thousand conflicts. While one
//! batch is being committed the next one fills; a batch closes when the previous one returns.
//!
//! Nobody is answered before the commit is durable. When the journal drops a command of a batch
//! (another process was first), what was decided on top of it falls with it and is decided
//! again. A rejection passes through the journal too, as the list of versions that it relied
//! on: if one has moved on, the command is decided again.
//!
//! The files: [`Commands`] and the wiring here; `decider` decides; `batch` holds what was decided
//! together; `linger` says when a batch leaves; `cache` the states; `loader` cold streams;
//! `committer` the journal's door.

mod batch;
mod cache;
mod committer;
mod decider;
mod follow;
mod linger;
mod loader;
mod request;
mod settle;

use std::time::{Duration, Instant};

use domain::State;
use journal::{Journal, Sequence, StreamId, TailSource};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub(crate) use cache::{Cache, Entry as CacheEntry};
use decider::Decider;
pub use loader::STATE_VERSION;
pub(crate) use loader::decode;
use request::Request;

use crate::skus::SkuDirectory;
use crate::watch::Waiters;
use crate::{Command, CommandError, Context, Receipt};

/// The executor's limits.
#[derive(Clone, Debug)]
pub struct ExecutorOptions {
    /// Most commands that wait to be decided; one more is refused at once.
    pub queue_max: usize,
    /// Most streams whose states are kept in memory.
    pub states_max: usize,
    /// How long a command may take from arrival to answer.
    pub deadline: Duration,
}

impl Default for ExecutorOptions {
    fn default() -> Self {
        Self {
            queue_max: 4_096,
            states_max: 64_000,
            deadline: Duration::from_secs(10),
        }
    }
}

/// The executor before it runs.
pub struct Executor {
    decider: Decider,
    requests: mpsc::Receiver<Request>,
}

/// The handle on the executor. Cheap to clone.
#[derive(Clone)]
pub struct Commands {
    requests: mpsc::Sender<Request>,
    journal: Journal,
    skus: SkuDirectory,
    waiters: Waiters,
    deadline: Duration,
}

impl Executor {
    /// An executor on this journal, and the handle on it.
    pub fn new(journal: Journal, tail: TailSource, options: &ExecutorOptions) -> (Self, Commands) {
        let (sender, requests) = mpsc::channel(options.queue_max);
        let waiters = Waiters::default();
        let decider = Decider::new(journal.clone(), tail, waiters.clone(), options);
        let skus = SkuDirectory::new(journal.clone());
        (
            Self { decider, requests },
            Commands {
                requests: sender,
                journal,
                skus,
                waiters,
                deadline: options.deadline,
            },
        )
    }

    /// Decides until `shutdown`, then finishes what was accepted into the queue and returns.
    pub async fn run(self, shutdown: CancellationToken) {
        self.decider.run(self.requests, shutdown).await;
    }
}

impl Commands {
    /// Executes a command and returns when it is durable.
    ///
    /// # Errors
    /// [`CommandError`] says whether it was rejected, failed, or has an unknown outcome.
    pub async fn execute(
        &self,
        command: impl Command,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        let (answer, answered) = oneshot::channel();
        let deadline = Instant::now() + self.deadline;
        let request = Request::new(Box::new(command), context, deadline, answer);
        self.requests
            .try_send(request)
            .map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => CommandError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => CommandError::Unavailable,
            })?;
        // The executor answers at the deadline; the margin is for its own resolving of outcomes.
        match tokio::time::timeout(self.deadline * 3, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(CommandError::OutcomeUnknown),
        }
    }

    /// The recorded state of a stream and its version (0: not there), for commands that must know it to name their streams.
    pub async fn state_of(&self, stream: &StreamId) -> Result<(State, Sequence), CommandError> {
        let mut loaded = loader::load(&self.journal, std::slice::from_ref(stream))
            .await
            .map_err(|error| {
                tracing::warn!(error = %error, stream.id = %stream, "could not load a stream");
                CommandError::Unavailable
            })?;
        loaded
            .pop()
            .map(|loaded| (loaded.state, loaded.version))
            .ok_or(CommandError::Defect)
    }

    /// Which product's stream each SKU belongs to; SKUs that were never added are absent.
    pub(crate) fn skus(&self) -> &SkuDirectory {
        &self.skus
    }

    /// Those who wait for what becomes of an order.
    pub(crate) fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    /// The vault beside the journal.
    #[must_use]
    pub fn vault(&self) -> journal::Vault {
        self.journal.vault()
    }

    /// The journal, to be read.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }
}
