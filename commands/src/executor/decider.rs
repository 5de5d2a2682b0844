//! The decider: the one task that owns the states.
//!
//! A request is admitted (its cold streams are loaded first), decided into the filling batch,
//! committed with it, and answered when the batch has settled.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use domain::value::Timestamp;
use domain::{Event, Facts, Rejection, State};
use journal::{
    AppendError, ClaimKey, ConnectionError, Journal, Metadata, Outcomes, Seen, StreamId, TailSource,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::batch::DecidedBatch;
use super::cache::{Cache, Entry};
use super::follow::follow;
use super::linger::Linger;
use super::loader::{self, LoadOutcome};
use super::request::Request;
use super::{ExecutorOptions, committer};
use crate::watch::Waiters;
use crate::{CommandError, Receipt, States};

/// Most requests with one idempotency key that wait for the first one's outcome.
const KEY_WAITERS_MAX: usize = 1_024;

/// The version of Daybook that is recorded with each event.
const SERVICE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// How many streams may wait for a snapshot; more than these are snapshotted another time.
const SNAPSHOT_QUEUE_MAX: usize = 64;

/// What the executor's own tasks tell the decider.
pub(crate) enum Internal {
    /// Cold streams were loaded, or could not be.
    Loaded(LoadOutcome),
    /// The batch that was being committed has come back.
    Settled {
        /// What came of it.
        outcome: Result<Outcomes, AppendError>,
        /// How long the commit took.
        took: Duration,
    },
    /// The wait of this round for those who were just answered is over.
    Lingered(u64),
    /// A request to be decided again, or for the first time after a wait.
    Again(Request),
}

/// A request that waits for cold streams.
struct Waiting {
    request: Request,
    missing: usize,
}

pub(crate) struct Decider {
    pub(super) journal: Journal,
    tail: TailSource,
    /// Those who are told what the journal's tail brings.
    waiters: Waiters,
    pub(super) cache: Cache,
    /// What fills while another batch is being committed.
    pub(super) filling: DecidedBatch,
    /// What is being committed.
    pub(super) in_flight: Option<DecidedBatch>,
    /// Whether the filling batch waits for more.
    linger: Linger,
    /// Requests that wait for cold streams, by ticket.
    waiting: HashMap<u64, Waiting>,
    /// Who waits for each stream that is being loaded.
    loading: HashMap<StreamId, Vec<u64>>,
    next_ticket: u64,
    waiting_max: usize,
    /// Request keys in the two batches, with the later requests that came under the same key.
    pub(super) keys: HashMap<ClaimKey, Vec<Request>>,
    jobs: mpsc::Sender<committer::Job>,
    loads: mpsc::UnboundedSender<StreamId>,
    pub(super) snapshots: mpsc::Sender<StreamId>,
    pub(super) internal_sender: mpsc::UnboundedSender<Internal>,
    internal: mpsc::UnboundedReceiver<Internal>,
}

impl Decider {
    /// A decider with its committer, loader and snapshot tasks, which end with it.
    pub fn new(
        journal: Journal,
        tail: TailSource,
        waiters: Waiters,
        options: &ExecutorOptions,
    ) -> Self {
        let (internal_sender, internal) = mpsc::unbounded_channel();
        let (jobs, job_queue) = mpsc::channel(1);
        let (loads, load_queue) = mpsc::unbounded_channel();
        let (snapshots, snapshot_queue) = mpsc::channel(SNAPSHOT_QUEUE_MAX);
        tokio::spawn(committer::run(
            journal.clone(),
            job_queue,
            internal_sender.clone(),
        ));
        tokio::spawn(loader::run(
            journal.clone(),
            load_queue,
            internal_sender.clone(),
        ));
        tokio::spawn(loader::run_snapshots(journal.clone(), snapshot_queue));
        Self {
            journal,
            tail,
            waiters,
            cache: Cache::new(options.states_max),
            filling: DecidedBatch::default(),
            in_flight: None,
            linger: Linger::new(internal_sender.clone()),
            waiting: HashMap::new(),
            loading: HashMap::new(),
            next_ticket: 0,
            waiting_max: options.queue_max,
            keys: HashMap::new(),
            jobs,
            loads,
            snapshots,
            internal_sender,
            internal,
        }
    }

    /// Decides until `shutdown`, then finishes what was accepted.
    pub async fn run(mut self, mut requests: mpsc::Receiver<Request>, shutdown: CancellationToken) {
        let (follower, mut recorded) = follow(
            self.tail.clone(),
            self.journal.clone(),
            self.waiters.clone(),
        );
        let mut open = true;
        while open || !self.is_idle() {
            tokio::select! {
                biased;
                Some(internal) = self.internal.recv() => self.take_internal(internal),
                Some(events) = recorded.recv() => self.recorded(&events),
                request = requests.recv(), if open && !self.filling.is_full() => match request {
                    Some(request) => self.admit(request),
                    None => open = false,
                },
                // Closing the queue keeps what is in it: that is still received.
                () = shutdown.cancelled(), if !requests.is_closed() => requests.close(),
            }
            self.take_what_waits(&mut requests);
            self.ship();
        }
        follower.abort();
    }

    fn is_idle(&self) -> bool {
        self.filling.is_empty()
            && self.in_flight.is_none()
            && self.waiting.is_empty()
            && self.internal.is_empty()
    }

    /// Everything that is there already, so that it goes into this batch and not the next.
    fn take_what_waits(&mut self, requests: &mut mpsc::Receiver<Request>) {
        while let Ok(internal) = self.internal.try_recv() {
            self.take_internal(internal);
        }
        while !self.filling.is_full()
            && let Ok(request) = requests.try_recv()
        {
            self.admit(request);
        }
    }

    fn take_internal(&mut self, internal: Internal) {
        match internal {
            Internal::Loaded(outcome) => self.loaded(outcome),
            Internal::Settled { outcome, took } => self.came_back(outcome, took),
            Internal::Lingered(round) => self.linger.end(round),
            Internal::Again(request) => self.admit(request),
        }
    }

    fn came_back(&mut self, outcome: Result<Outcomes, AppendError>, took: Duration) {
        let answered = self
            .in_flight
            .as_ref()
            .map_or(0, |batch| batch.decided.len());
        self.linger
            .begin(answered, self.filling.decided.len(), took);
        self.settled(outcome);
    }

    /// Decides a request, or has its cold streams loaded first.
    fn admit(&mut self, request: Request) {
        if Instant::now() > request.deadline {
            return request.answer(Err(CommandError::TimedOut));
        }
        // Nobody would hear of it. Under a load that is too much, this is the time that those who still wait need.
        if request.is_abandoned() {
            return;
        }
        let mut cold = Vec::new();
        for needed in &request.needs {
            if self.cache.touch(&needed.stream) || cold.contains(&needed.stream) {
                continue;
            }
            match needed
                .presumed_new
                .then(|| State::new(&needed.stream.aggregate_type))
                .flatten()
            {
                Some(state) => self
                    .cache
                    .keep(needed.stream.clone(), Entry { state, version: 0 }),
                None => cold.push(needed.stream.clone()),
            }
        }
        if cold.is_empty() {
            self.decide(request);
        } else if self.waiting.len() >= self.waiting_max {
            request.answer(Err(CommandError::Overloaded));
        } else {
            self.wait_for(request, cold);
        }
    }

    fn wait_for(&mut self, request: Request, cold: Vec<StreamId>) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.insert(
            ticket,
            Waiting {
                request,
                missing: cold.len(),
            },
        );
        for stream in cold {
            let waiters = self.loading.entry(stream.clone()).or_insert_with(|| {
                // The loader lives as long as this sender.
                let _ = self.loads.send(stream);
                Vec::new()
            });
            waiters.push(ticket);
        }
    }

    fn loaded(&mut self, outcome: LoadOutcome) {
        let failed = outcome.loaded.as_ref().err().map(|error| {
            tracing::warn!(%error, streams = outcome.streams.len(), "could not load streams");
            if error.is_unavailable() {
                CommandError::Unavailable
            } else {
                CommandError::Defect
            }
        });
        for loaded in outcome.loaded.unwrap_or_default() {
            self.cache.keep(
                loaded.stream,
                Entry {
                    state: loaded.state,
                    version: loaded.version,
                },
            );
        }
        for stream in outcome.streams {
            for ticket in self.loading.remove(&stream).unwrap_or_default() {
                self.loaded_one(ticket, failed.clone());
            }
        }
    }

    fn loaded_one(&mut self, ticket: u64, failed: Option<CommandError>) {
        let Some(waiting) = self.waiting.get_mut(&ticket) else {
            return;
        };
        waiting.missing -= 1;
        if waiting.missing > 0 && failed.is_none() {
            return;
        }
        if let Some(Waiting { request, .. }) = self.waiting.remove(&ticket) {
            match failed {
                Some(error) => request.answer(Err(error)),
                None => self.decide(request),
            }
        }
    }

    fn decide(&mut self, request: Request) {
        // Streams that fell out of memory between loading and now: load again.
        if request
            .needs
            .iter()
            .any(|needed| self.cache.peek(&needed.stream).is_none())
        {
            return self.admit(request);
        }
        if let Some(key) = request.own_claim()
            && let Some(waiters) = self.keys.get_mut(&key)
        {
            return if waiters.len() < KEY_WAITERS_MAX {
                waiters.push(request);
            } else {
                request.answer(Err(CommandError::KeyInProgress));
            };
        }
        if self.is_anothers(&request) {
            let kind = &request.needs[0].stream.aggregate_type;
            let rejection = Rejection::not_found(format!("there is no such {kind}"));
            return self.answer_after_batch(request, Err(rejection.into()));
        }
        let facts = Facts::at(now());
        if let Some(expected) = request.context.expected_version {
            let current = self
                .cache
                .peek(&request.needs[0].stream)
                .map_or(0, |entry| entry.version);
            if current != expected {
                return self.answer_after_batch(
                    request,
                    Err(CommandError::VersionMismatch { expected, current }),
                );
            }
        }
        let decided = catch_unwind(AssertUnwindSafe(|| {
            request.command.decide(&States(&self.cache), &facts)
        }));
        match decided {
            Ok(Ok(events)) if events.is_empty() => self.nothing_to_do(request),
            Ok(Ok(events)) => self.append(request, events),
            Ok(Err(rejection)) => self.answer_after_batch(request, Err(rejection.into())),
            Err(_) => {
                tracing::error!(
                    command = request.command.name(),
                    "deciding a command panicked"
                );
                request.answer(Err(CommandError::Defect));
            }
        }
    }

    /// Whether the subject is there and belongs to somebody else than the one whose own the actor may touch.
    fn is_anothers(&self, request: &Request) -> bool {
        let Some(only_of) = &request.context.only_of else {
            return false;
        };
        let subject = self.cache.peek(&request.needs[0].stream);
        subject.is_some_and(|entry| entry.version > 0 && !entry.state.is_of(only_of))
    }

    /// Counts the events in and puts them into the batch.
    fn append(&mut self, request: Request, events: Vec<(StreamId, Event)>) {
        let mut numbered = Vec::with_capacity(events.len());
        for (stream, event) in events {
            let Some(entry) = self.cache.get_mut(&stream) else {
                tracing::error!(command = request.command.name(), stream.id = %stream, "a command wrote to a stream that it did not name");
                return request.answer(Err(CommandError::Defect));
            };
            entry.state.evolve(&event);
            entry.version += 1;
            numbered.push((stream, entry.version, event));
        }
        if let Some(key) = &request.context.request {
            self.keys.insert(key.claim, Vec::new());
        }
        self.filling.append(request, numbered);
    }

    /// Everything is as the command wants it: the receipt names the versions that it found.
    fn nothing_to_do(&mut self, request: Request) {
        let versions = request.needs.iter().map(|needed| {
            let version = self
                .cache
                .peek(&needed.stream)
                .map_or(0, |entry| entry.version);
            (needed.stream.clone(), version)
        });
        let receipt = Receipt {
            position: 0,
            streams: versions.collect(),
            events: 0,
            replayed: false,
        };
        self.answer_after_batch(request, Ok(receipt));
    }

    /// An answer without events is given when what it relied on is durable and known to be current.
    fn answer_after_batch(&mut self, request: Request, answer: Result<Receipt, CommandError>) {
        let version = |stream| self.cache.peek(stream).map_or(0, |entry| entry.version);
        let relied_on = request.needs.iter().map(|needed| Seen {
            stream: needed.stream.clone(),
            version: version(&needed.stream),
        });
        let relied_on = relied_on.collect();
        self.filling.answer(request, relied_on, answer);
    }

    /// Closes the filling batch if the committer is free and nobody else is waited for.
    fn ship(&mut self) {
        let is_awaited = !self.filling.is_full() && self.linger.holds(self.filling.decided.len());
        if self.in_flight.is_some() || self.filling.is_empty() || is_awaited {
            return;
        }
        let mut batch = std::mem::take(&mut self.filling);
        metrics::histogram!("daybook_commit_batch_commands").record(batch.decided.len() as f64);
        let job = batch.close(metadata);
        self.in_flight = Some(batch);
        // The committer's queue holds one job, and it has none: this cannot be refused while it lives.
        if self.jobs.try_send(job).is_err() {
            let _ = self.internal_sender.send(Internal::Settled {
                outcome: Err(AppendError::Unavailable(ConnectionError::PoolClosed)),
                took: Duration::ZERO,
            });
        }
    }
}

/// The clock of this process, for facts and metadata; never for order.
fn now() -> Timestamp {
    Timestamp::try_from(time::OffsetDateTime::now_utc()).unwrap_or(Timestamp::EPOCH)
}

fn metadata(request: &Request) -> Metadata {
    let command_id = request.command_id.to_string();
    let context = &request.context;
    let correlation_id = if context.correlation_id.is_empty() {
        command_id.clone()
    } else {
        context.correlation_id.clone()
    };
    Metadata {
        event_id: String::new(),
        command_id,
        command: request.command.name().to_owned(),
        correlation_id,
        causation_id: context.causation_id.clone(),
        actor: context.actor.clone(),
        traceparent: context.traceparent.clone(),
        service_version: SERVICE_VERSION.to_owned(),
        occurred_at: request
            .command
            .occurred_at()
            .unwrap_or_else(now)
            .to_string(),
        request_hash: context
            .request
            .as_ref()
            .map(|key| key.body_hash.clone())
            .unwrap_or_default(),
    }
}
