//! Rebuilding a query table, blue/green: made anew beside the live one from the whole journal, and
//! swapped in one transaction. Readers see the old table or the new one, never a half.
//!
//! ```text
//! schema rebuild_<name>   load the journal ─▶ indexes ─▶ catch up ─┐   one transaction:
//! schema query            live, posted and read all the while ─────┴─▶ lock the checkpoint, post the
//!                                                                     last events, drop, move, new epoch
//! ```
//!
//! It starts anew when it is started again: a rebuild is a matter of minutes, and one that was
//! stopped in the middle may have been of another version of the code. The live worker learns of the
//! swap by finding no row to move. A table whose shape changed with the version is served in its old
//! shape until the swap; a reader of the other version then meets an undefined column, and answers
//! "unavailable" until its process is replaced too.
//!
//! Where later work goes: the digest of both tables at the same position is compared in [`swap`],
//! between posting the last events and the move; a dry run ends there.

mod load;
mod reader;
mod swap;

use std::time::{Duration, Instant};

use journal::{Journal, JournalError, Lease, Position};
use sqlx::PgConnection;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::projection::{self, PostError, Projection};
use crate::tables;
use reader::{Chunks, Reader};

/// How long a rebuild that died keeps others from starting.
const LEASE_TTL: Duration = Duration::from_secs(10);

/// How many steps of progress wait to be told.
const STEPS_WAITING_MAX: usize = 64;

/// How often the lease is renewed.
const RENEWAL_PAUSE: Duration = Duration::from_secs(2);

/// How long one statement may take: making an index over everything is one.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3_600);

/// How far a rebuild is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebuildProgress {
    /// What it does.
    pub stage: RebuildStage,
    /// Everything at or below has been posted.
    pub position: Position,
    /// Where the journal ends, as far as is known.
    pub head: Position,
    /// How long it has been going on.
    pub elapsed: Duration,
}

/// What a rebuild does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RebuildStage {
    /// Posts the journal.
    Loading,
    /// Makes the indexes.
    Indexing,
    /// Posts what was appended meanwhile.
    CatchingUp,
    /// Puts the new tables in the place of the old.
    Swapping,
}

/// What a rebuild did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Where the new tables stood when they were swapped in: the number of events read.
    pub position: Position,
    /// How long it took.
    pub elapsed: Duration,
}

/// A rebuild could not be finished. The live tables are untouched.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// There is no such projection.
    #[error("there is no projection `{name}`; there are {known}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// Another process rebuilds it at this moment.
    #[error(
        "`{0}` is being rebuilt already; wait until that is finished, or ten seconds if it has died"
    )]
    AlreadyRunning(&'static str),
    /// The lease was lost: this process was paused for too long, and another one rebuilds.
    #[error("the rebuild of `{0}` was overtaken by another")]
    Overtaken(&'static str),
    /// The tables could not be locked for the swap.
    #[error("the tables of `{0}` were busy all the time and could not be swapped; try again")]
    Busy(&'static str),
    /// Posting failed.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl From<sqlx::Error> for RebuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Post(error.into())
    }
}

/// Rebuilds the projection of this name; `progress` is told after every step.
pub async fn rebuild(
    journal: &Journal,
    name: &str,
    progress: impl FnMut(RebuildProgress) + Send,
) -> Result<Rebuilt, RebuildError> {
    let Some(projection) = projection::find(name) else {
        let known: Vec<&str> = projection::ALL
            .iter()
            .map(|projection| projection.name)
            .collect();
        return Err(RebuildError::Unknown {
            name: name.to_owned(),
            known: known.join(", "),
        });
    };
    run(journal, projection, progress).await
}

/// Rebuilds every projection, all at the same time from one reading of the journal; `progress` is told of each after
/// each of its steps. What went wrong with one does not touch the others.
///
/// # Errors
/// When the journal cannot be read at all; otherwise each projection has its own outcome.
pub async fn rebuild_all(
    journal: &Journal,
    mut progress: impl FnMut(&'static Projection, RebuildProgress) + Send,
) -> Result<Vec<(&'static Projection, Result<Rebuilt, RebuildError>)>, RebuildError> {
    let head = journal.head().await?;
    let (_reader, chunks) = Reader::start(journal, projection::ALL, head);
    let (steps, mut told) = mpsc::channel(STEPS_WAITING_MAX);
    let mut rebuilds = JoinSet::new();
    for (at, (projection, chunks)) in projection::ALL.iter().copied().zip(chunks).enumerate() {
        let (journal, steps) = (journal.clone(), steps.clone());
        rebuilds.spawn(async move {
            // A step that nobody has time to hear of is no loss: the next one says more.
            let tell = move |step| {
                let _ = steps.try_send((projection, step));
            };
            let rebuilt = run_from(&journal, projection, chunks, tell).await;
            (at, projection, rebuilt)
        });
    }
    drop(steps);
    while let Some((projection, step)) = told.recv().await {
        progress(projection, step);
    }
    let mut outcomes = rebuilds.join_all().await;
    outcomes.sort_by_key(|(at, _, _)| *at);
    Ok(outcomes
        .into_iter()
        .map(|(_, projection, rebuilt)| (projection, rebuilt))
        .collect())
}

/// Rebuilds a projection.
pub async fn run(
    journal: &Journal,
    projection: &'static Projection,
    progress: impl FnMut(RebuildProgress) + Send,
) -> Result<Rebuilt, RebuildError> {
    let head = journal.head().await?;
    let (_reader, mut chunks) = Reader::start(journal, &[projection], head);
    let (_, none) = mpsc::channel(1);
    run_from(journal, projection, chunks.pop().unwrap_or(none), progress).await
}

async fn run_from(
    journal: &Journal,
    projection: &'static Projection,
    chunks: Chunks,
    progress: impl FnMut(RebuildProgress) + Send,
) -> Result<Rebuilt, RebuildError> {
    let name = format!("rebuild:{}", projection.name);
    let Some(lease) = Lease::try_acquire(journal.pool(), &name, Uuid::now_v7(), LEASE_TTL).await?
    else {
        return Err(RebuildError::AlreadyRunning(projection.name));
    };
    let rebuilt = tokio::select! {
        rebuilt = under(journal, projection, &lease, chunks, progress) => rebuilt,
        lost = keep(journal, projection, &lease) => Err(lost),
    };
    // If this fails, the lease runs out by itself.
    let _ = tokio::time::timeout(LEASE_TTL, lease.release(journal.pool())).await;
    if let Ok(Rebuilt { position, elapsed }) = &rebuilt {
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            projection = projection.name,
            position,
            elapsed_ms,
            "rebuilt"
        );
    }
    rebuilt
}

/// Keeps the lease while the work goes on; returns when it is lost.
async fn keep(journal: &Journal, projection: &'static Projection, lease: &Lease) -> RebuildError {
    loop {
        tokio::time::sleep(RENEWAL_PAUSE).await;
        let renewed = async {
            let mut connection = journal.pool().acquire().await?;
            lease.renew(&mut connection).await
        };
        match tokio::time::timeout(LEASE_TTL, renewed).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) | Err(_) => return RebuildError::Overtaken(projection.name),
            Ok(Err(error)) => return error.into(),
        }
    }
}

/// A rebuild under way.
struct Rebuild<'a, P> {
    journal: &'a Journal,
    projection: &'static Projection,
    lease: &'a Lease,
    schema: String,
    connection: PgConnection,
    /// The journal from its beginning, as far as it is read for several tables at once.
    chunks: Chunks,
    position: Position,
    head: Position,
    began: Instant,
    progress: P,
}

async fn under<P: FnMut(RebuildProgress) + Send>(
    journal: &Journal,
    projection: &'static Projection,
    lease: &Lease,
    chunks: Chunks,
    progress: P,
) -> Result<Rebuilt, RebuildError> {
    let schema = format!("rebuild_{}", projection.name);
    let connection = tables::connect(journal, &schema, STATEMENT_TIMEOUT).await?;
    let mut rebuild = Rebuild {
        journal,
        projection,
        lease,
        schema,
        connection,
        chunks,
        position: 0,
        head: journal.head().await?,
        began: Instant::now(),
        progress,
    };
    let done = rebuild.all().await;
    if done.is_err() {
        rebuild.abandon().await;
    }
    done
}

impl<P: FnMut(RebuildProgress) + Send> Rebuild<'_, P> {
    async fn all(&mut self) -> Result<Rebuilt, RebuildError> {
        self.begin().await?;
        self.load(RebuildStage::Loading).await?;
        self.index().await?;
        self.load(RebuildStage::CatchingUp).await?;
        self.swap().await?;
        Ok(Rebuilt {
            position: self.position,
            elapsed: self.began.elapsed(),
        })
    }

    fn tell(&mut self, stage: RebuildStage) {
        let (position, elapsed) = (self.position, self.began.elapsed());
        self.head = self.head.max(position);
        (self.progress)(RebuildProgress {
            stage,
            position,
            head: self.head,
            elapsed,
        });
    }

    /// Removes what was built, on a connection of its own: this one may be in any state. If that fails
    /// too, the next rebuild does it.
    async fn abandon(&self) {
        let Ok(mut connection) =
            tables::connect(self.journal, tables::LIVE_SCHEMA, STATEMENT_TIMEOUT).await
        else {
            return;
        };
        if self.lease.renew(&mut connection).await.unwrap_or(false) {
            let _ = tables::drop_schema(&mut connection, &self.schema).await;
            let _ = load::forget(&mut connection, self.projection.name).await;
        }
    }
}
