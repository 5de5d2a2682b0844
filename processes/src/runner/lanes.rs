//! Lanes: what concerns one payment is handled one after the other; lanes go on beside each other.
//!
//! A slow gateway occupies its own lanes, and so does an event that fails: it is tried again, with growing pauses, until a
//! person was told of it. How many lanes are at work at once is bounded.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::value::PaymentId;
use futures::FutureExt;
use journal::{Position, RecordedEvent};
use tokio::task::{AbortHandle, JoinSet};

use crate::worker::{Trouble, Worker};

/// Most events that are at work at once.
const AT_WORK_MAX: usize = 1_024;

/// Most events that wait for their turn before no more are read.
const WAITING_MAX: usize = 8_192;

/// How often an event is handled before a person is told of it, and the pauses between: from, doubling, to.
const ATTEMPTS_MAX: u32 = 12;
const RETRY_MIN: Duration = Duration::from_millis(50);
const RETRY_MAX: Duration = Duration::from_secs(10);

/// Most events of a lane that are handled together.
const TOGETHER_MAX: usize = 32;

/// How long handling an event may take; more than any call to a gateway.
const HANDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// What waits for one payment. It exists as long as something of it is at work or waits.
struct Lane {
    shard: u32,
    waiting: VecDeque<Arc<RecordedEvent>>,
    /// What is at work, known by the first of its positions.
    at_work: Option<(Position, AbortHandle)>,
}

/// Events were handled.
struct Done {
    payment: PaymentId,
    shard: u32,
    positions: Vec<Position>,
}

/// All lanes of a runner.
pub(super) struct Lanes {
    worker: Worker,
    lanes: HashMap<PaymentId, Lane>,
    /// Lanes with something to do that nobody does yet.
    ready: VecDeque<PaymentId>,
    waiting: usize,
    at_work: JoinSet<Done>,
    /// Positions that are not handled yet, by shard.
    open: HashMap<u32, BTreeSet<Position>>,
}

impl Lanes {
    pub fn new(worker: Worker) -> Self {
        Self {
            worker,
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            waiting: 0,
            at_work: JoinSet::new(),
            open: HashMap::new(),
        }
    }

    /// Whether more may be put in.
    pub fn has_room(&self) -> bool {
        self.waiting < WAITING_MAX
    }

    /// Whether anything is at work.
    pub fn is_busy(&self) -> bool {
        !self.at_work.is_empty()
    }

    /// The first position of a shard that is not handled yet.
    pub fn first_open(&self, shard: u32) -> Option<Position> {
        self.open.get(&shard)?.first().copied()
    }

    /// How many events are not handled yet.
    pub fn open_count(&self) -> usize {
        self.open.values().map(BTreeSet::len).sum()
    }

    /// Puts an event at the end of its lane.
    pub fn put(&mut self, payment: PaymentId, shard: u32, event: Arc<RecordedEvent>) {
        self.open.entry(shard).or_default().insert(event.position);
        let lane = self.lanes.entry(payment).or_insert_with(|| Lane {
            shard,
            waiting: VecDeque::new(),
            at_work: None,
        });
        if lane.waiting.is_empty() && lane.at_work.is_none() {
            self.ready.push_back(payment);
        }
        lane.waiting.push_back(event);
        self.waiting += 1;
    }

    /// Begins with what may begin.
    pub fn start(&mut self) {
        while self.at_work.len() < AT_WORK_MAX {
            let Some(payment) = self.ready.pop_front() else {
                return;
            };
            let Some(lane) = self.lanes.get_mut(&payment) else {
                continue;
            };
            let together = lane.waiting.len().min(TOGETHER_MAX);
            let events: Vec<_> = lane.waiting.drain(..together).collect();
            let positions: Vec<_> = events.iter().map(|event| event.position).collect();
            let Some(first) = positions.first().copied() else {
                continue;
            };
            self.waiting -= together;
            let (shard, worker) = (lane.shard, self.worker.clone());
            let task = self.at_work.spawn(async move {
                work(&worker, &events).await;
                Done {
                    payment,
                    shard,
                    positions,
                }
            });
            lane.at_work = Some((first, task));
        }
    }

    /// The next event that is handled. Pends while nothing is at work.
    pub async fn settle(&mut self) {
        match self.at_work.join_next().await {
            Some(Ok(done)) => self.settled(&done),
            // Given up with its shard.
            Some(Err(_)) => {}
            None => std::future::pending().await,
        }
    }

    fn settled(&mut self, done: &Done) {
        let Some(lane) = self.lanes.get_mut(&done.payment) else {
            return;
        };
        // A lane that was given up and begun anew has another task.
        let is_it = |(first, _): &(Position, _)| done.positions.first() == Some(first);
        if !lane.at_work.as_ref().is_some_and(is_it) {
            return;
        }
        lane.at_work = None;
        if lane.waiting.is_empty() {
            self.lanes.remove(&done.payment);
        } else {
            self.ready.push_back(done.payment);
        }
        if let Some(open) = self.open.get_mut(&done.shard) {
            for position in &done.positions {
                open.remove(position);
            }
        }
    }

    /// Drops everything of a shard that is another's now.
    pub fn give_up(&mut self, shard: u32) {
        self.open.remove(&shard);
        let waiting = &mut self.waiting;
        self.lanes.retain(|_, lane| {
            if lane.shard != shard {
                return true;
            }
            *waiting -= lane.waiting.len();
            if let Some((_, task)) = &lane.at_work {
                task.abort();
            }
            false
        });
    }
}

/// Handles events that wait together: at once, or one after the other if that fails.
async fn work(worker: &Worker, events: &[Arc<RecordedEvent>]) {
    if events.len() > 1 && once(worker.handle_all(events)).await.is_ok() {
        metrics::counter!("daybook_process_handled_total").increment(events.len() as u64);
        return;
    }
    for event in events {
        work_on_one(worker, event).await;
    }
}

/// Handles an event until it is handled, or a person was told that it cannot be.
async fn work_on_one(worker: &Worker, event: &RecordedEvent) {
    let mut pause = RETRY_MIN;
    for attempt in 1_u32.. {
        let Err(trouble) = once(worker.handle(event)).await else {
            metrics::counter!("daybook_process_handled_total").increment(1);
            return;
        };
        let is_over = matches!(trouble, Trouble::Lasting(_)) || attempt >= ATTEMPTS_MAX;
        if is_over && was_passed_over(worker, event, &trouble).await {
            return;
        }
        metrics::counter!("daybook_process_retries_total").increment(1);
        tracing::debug!(position = event.position, %trouble, "an event is handled again");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_MAX);
    }
}

async fn once(work: impl Future<Output = Result<(), Trouble>>) -> Result<(), Trouble> {
    let handling = AssertUnwindSafe(work).catch_unwind();
    match tokio::time::timeout(HANDLE_TIMEOUT, handling).await {
        Ok(Ok(handled)) => handled,
        Ok(Err(_)) => Err(Trouble::Lasting("handling it panicked".into())),
        Err(_) => Err(Trouble::Later(commands::CommandError::TimedOut)),
    }
}

/// Tells a person; only then may the event be passed over.
async fn was_passed_over(worker: &Worker, event: &RecordedEvent, trouble: &Trouble) -> bool {
    let telling = tokio::time::timeout(HANDLE_TIMEOUT, worker.give_up(event, trouble)).await;
    if matches!(telling, Ok(Err(Trouble::Later(_))) | Err(_)) {
        return false;
    }
    metrics::counter!("daybook_process_passed_over_total").increment(1);
    tracing::error!(
        position = event.position, stream.id = %event.stream, event = event.event_type, error = %trouble,
        "an event could not be handled and is passed over"
    );
    true
}

#[cfg(test)]
mod tests;
