//! Timers: every second, what is due is done, by one runner at a time.
//!
//! What does not come to rest by that (a gateway that does not answer) is tried again after growing pauses, kept in memory:
//! whoever takes over begins with the shortest.

use std::collections::HashMap;
use std::time::Duration;

use domain::timer::Timer;
use domain::value::Timestamp;
use journal::{Journal, JournalError, Lease};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::DATABASE_TIMEOUT;
use crate::due::DueList;
use crate::worker::{Trouble, Worker};

const LEASE: &str = "processes/timers";
const LEASE_TTL: Duration = Duration::from_secs(6);

/// How often what is due is looked at: the shop's tick.
const TICK: Duration = Duration::from_secs(1);

/// A list that is only being made, or a connection that broke, is there again at the next tick.
const FAILURES_UNTIL_SAID: u32 = 3;

/// Most timers that are fetched anew at a tick, and most that are known to be tried again later.
const FETCHED_MAX: usize = 500;
const LATER_MAX: usize = 10_000;

/// Most that are at work at once.
const AT_WORK_MAX: usize = 128;

/// How long doing one may take, and how soon it is done again: from, doubling, to.
const TIMEOUT: Duration = Duration::from_secs(90);
const AGAIN_MIN: Duration = Duration::from_secs(5);
const AGAIN_MAX: Duration = Duration::from_secs(300);

/// When a timer is done again, should it still be due then.
struct Later {
    due_at: Timestamp,
    at: Instant,
    pause: Duration,
}

struct Timers<'a> {
    worker: &'a Worker,
    list: &'a dyn DueList,
    at_work: JoinSet<Timer>,
    /// What was done and may still be due; those at work are among them.
    later: HashMap<Timer, Later>,
    /// How often in a row it could not be read what is due.
    failures: u32,
}

/// Does what is due until `shutdown`, while this runner holds the lease.
pub(super) async fn run(
    journal: &Journal,
    worker: &Worker,
    list: &dyn DueList,
    holder: Uuid,
    shutdown: &CancellationToken,
) {
    let mut lease: Option<Lease> = None;
    let mut timers = Timers {
        worker,
        list,
        at_work: JoinSet::new(),
        later: HashMap::new(),
        failures: 0,
    };
    while !shutdown.is_cancelled() {
        match hold(journal, lease.take(), holder).await {
            Ok(Some(held)) => {
                lease = Some(held);
                timers.tick().await;
            }
            Ok(None) => timers.at_work.abort_all(),
            Err(error) => tracing::debug!(%error, "the timers' lease could not be renewed"),
        }
        let _ = tokio::time::timeout(TICK, shutdown.cancelled()).await;
    }
    if let Some(lease) = lease {
        // Best effort: it runs out by itself.
        let _ = tokio::time::timeout(DATABASE_TIMEOUT, lease.release(journal.pool())).await;
    }
}

/// The lease, renewed or taken; none while another has it.
async fn hold(
    journal: &Journal,
    held: Option<Lease>,
    holder: Uuid,
) -> Result<Option<Lease>, JournalError> {
    let work = async {
        if let Some(lease) = held {
            let mut connection = journal.pool().acquire().await?;
            if lease.renew(&mut connection).await? {
                return Ok(Some(lease));
            }
        }
        Lease::try_acquire(journal.pool(), LEASE, holder, LEASE_TTL).await
    };
    match tokio::time::timeout(DATABASE_TIMEOUT, work).await {
        Ok(held) => held,
        Err(_) => Ok(None),
    }
}

impl Timers<'_> {
    async fn tick(&mut self) {
        while self.at_work.try_join_next().is_some() {}
        let now = Instant::now();
        // Those that wait for another try must not keep the others from being seen.
        let limit = FETCHED_MAX + self.later.len().min(LATER_MAX);
        let due = match self.list.due(self.worker.now(), limit).await {
            Ok(due) => due,
            Err(error) => {
                self.failures += 1;
                if self.failures == FAILURES_UNTIL_SAID {
                    tracing::warn!(
                        error,
                        "what is due cannot be read; tried again every second"
                    );
                }
                return;
            }
        };
        self.failures = 0;
        let known: HashMap<Timer, Timestamp> = due.iter().copied().collect();
        self.later
            .retain(|timer, later| later.at > now || known.contains_key(timer));
        for (timer, due_at) in due {
            if self.at_work.len() >= AT_WORK_MAX {
                break;
            }
            self.begin(timer, due_at, now);
        }
    }

    fn begin(&mut self, timer: Timer, due_at: Timestamp, now: Instant) {
        let before = self
            .later
            .get(&timer)
            .filter(|later| later.due_at == due_at);
        if before.is_some_and(|later| later.at > now) {
            return;
        }
        let pause = before.map_or(AGAIN_MIN, |later| (later.pause * 2).min(AGAIN_MAX));
        if self.later.len() < LATER_MAX || before.is_some() {
            let at = now + pause;
            self.later.insert(timer, Later { due_at, at, pause });
        }
        let worker = self.worker.clone();
        self.at_work.spawn(async move {
            match tokio::time::timeout(TIMEOUT, worker.due(timer, due_at)).await {
                Ok(Ok(())) => metrics::counter!("daybook_process_timers_total").increment(1),
                Ok(Err(Trouble::Later(error))) => {
                    tracing::debug!(?timer, %error, "what is due is done again later");
                }
                Ok(Err(Trouble::Lasting(error))) => {
                    tracing::error!(?timer, error, "what is due cannot be done");
                }
                Err(_) => tracing::warn!(?timer, "what is due took too long and is done again"),
            }
            timer
        });
    }
}
