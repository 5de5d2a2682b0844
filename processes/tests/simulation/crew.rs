//! The workers: what a runner does around them, and what happens to runners.
//!
//! Shards of the journal are handed to workers, who handle several events at once, those of one
//! stream one after the other. The checkpoint of a shard is saved now and then: a worker that crashes, or
//! loses a shard to another, leaves everything after it to be handled again, be it done or not; and one
//! that has lost a shard goes on with what it has begun.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use commands::memory::MemoryCommands;
use commands::streams;
use domain::timer::{self, Timer, TimerChange};
use domain::value::Timestamp;
use futures::future::BoxFuture;
use journal::{Position, RecordedEvent, partition_of};
use processes::gateway::sandbox::Webhook;
use processes::policy::Subject;
use processes::{Shop, Trouble, Worker};

use super::net::Net;
use super::profile::Profile;
use super::shard::{Shard, Stage, Waiting, pause_after};
use super::shop::SimulatedShop;
use super::time::Clock;

/// Most events that are handled together.
const TOGETHER_MAX: usize = 4;
/// How often a gateway posts a webhook that is not accepted.
const DELIVERIES_MAX: u32 = 4;

pub struct Crew {
    clock: Clock,
    shop: Arc<SimulatedShop>,
    net: Net,
    profile: Profile,
    members: Vec<Member>,
    shards: Vec<Shard>,
    timers: BTreeMap<Timer, Due>,
    /// How far the shards and the timers have read.
    read: Position,
    timers_read: Position,
    /// Webhooks that were not accepted, by when they are posted again.
    mail: Vec<(u64, Webhook, u32)>,
    pub crashes: u64,
    /// What no repeating would help with.
    pub lasting: Vec<String>,
}

/// A process with a worker in it.
struct Member {
    worker: Arc<Worker>,
    tasks: Vec<Task>,
    /// It is down until then.
    back_at: u64,
}

/// Why something is to be done again.
struct Failed {
    why: String,
    is_lasting: bool,
}

struct Task {
    job: Job,
    future: BoxFuture<'static, Result<(), Failed>>,
    wake_at: u64,
}

#[derive(Clone)]
enum Job {
    /// Some events of one order and its payment.
    Events {
        shard: usize,
        epoch: u64,
        positions: Vec<Position>,
    },
    Timer(Timer),
    Webhook(Webhook, u32),
    /// The customer's browser comes back.
    Return,
}

struct Due {
    at: Timestamp,
    /// Later, if timers are slow.
    fires_at: Timestamp,
    next_at: u64,
    tries: u32,
    is_at_work: bool,
}

impl Crew {
    pub fn new(profile: &Profile, shop: Arc<SimulatedShop>, net: Net) -> Self {
        let shards = (0..profile.shards as usize).map(|number| Shard {
            owner: number % profile.workers,
            ..Shard::default()
        });
        let mut crew = Self {
            clock: net.clock.clone(),
            shop,
            net,
            profile: profile.clone(),
            members: Vec::new(),
            shards: shards.collect(),
            timers: BTreeMap::new(),
            read: 0,
            timers_read: 0,
            mail: Vec::new(),
            crashes: 0,
            lasting: Vec::new(),
        };
        for _ in 0..profile.workers {
            let (worker, back_at) = (crew.hire(), 0);
            crew.members.push(Member {
                worker,
                tasks: Vec::new(),
                back_at,
            });
        }
        crew
    }

    pub fn hire(&self) -> Arc<Worker> {
        let shop: Arc<dyn Shop> = Arc::clone(&self.shop) as Arc<dyn Shop>;
        Arc::new(super::hire(shop, self.net.clone(), self.profile.policy))
    }

    /// What was appended reaches the shards.
    pub fn read(&mut self, memory: &MemoryCommands) {
        for remembered in memory.read_after(self.read, usize::MAX) {
            let event = remembered.recorded;
            self.read = event.position;
            let shard = self.shard_of(&event);
            self.shards[shard].waiting.push_back(Waiting {
                event,
                stage: Stage::Waits,
                tries: 0,
                next_at: 0,
            });
        }
    }

    /// An order and its payment have one shard, as with the runner; or two, which the worker must bear as well.
    fn shard_of(&self, event: &RecordedEvent) -> usize {
        let payment = Subject::of(&event.stream).map(|subject| streams::payment(subject.payment()));
        let stream = payment.filter(|_| self.profile.is_sharded_by_payment);
        partition_of(
            stream.as_ref().unwrap_or(&event.stream),
            self.profile.shards,
        ) as usize
    }

    /// What was appended reaches the list of timers, later.
    pub fn read_timers(&mut self, memory: &MemoryCommands, rng: &mut fastrand::Rng) -> bool {
        let events = memory.read_after(self.timers_read, usize::MAX);
        for remembered in &events {
            let recorded = &remembered.recorded;
            let at = Timestamp::try_from(recorded.recorded_at).unwrap();
            let id = &recorded.stream.aggregate_id;
            for change in timer::changes(id, &remembered.event, at) {
                match change {
                    TimerChange::Set { timer, due_at } => {
                        let lag = u64::try_from(self.profile.timer_lag.as_micros()).unwrap();
                        let lag = Duration::from_micros(rng.u64(0..=lag));
                        let due = Due {
                            at: due_at,
                            fires_at: due_at.saturating_add(lag),
                            next_at: 0,
                            tries: 0,
                            is_at_work: false,
                        };
                        self.timers.insert(timer, due);
                    }
                    TimerChange::Clear { timer } => _ = self.timers.remove(&timer),
                }
            }
            self.timers_read = recorded.position;
        }
        !events.is_empty()
    }

    /// One thing that was begun goes on.
    pub fn poll(&mut self, rng: &mut fastrand::Rng) -> Option<String> {
        let elapsed = self.clock.elapsed();
        let first = rng.usize(..self.members.len());
        for number in 0..self.members.len() {
            let number = (first + number) % self.members.len();
            let tasks = &self.members[number].tasks;
            if tasks.is_empty() {
                continue;
            }
            let from = rng.usize(..tasks.len());
            let mut all = (from..tasks.len()).chain(0..from);
            if let Some(at) = all.find(|at| tasks[*at].wake_at <= elapsed) {
                return Some(self.poll_task(number, at));
            }
        }
        None
    }

    fn poll_task(&mut self, member: usize, at: usize) -> String {
        let task = &mut self.members[member].tasks[at];
        let mut context = Context::from_waker(Waker::noop());
        match task.future.as_mut().poll(&mut context) {
            Poll::Pending => {
                task.wake_at = self.clock.take_wake();
                String::new()
            }
            Poll::Ready(result) => {
                let task = self.members[member].tasks.swap_remove(at);
                let line = match (&task.job, &result) {
                    (Job::Events { .. }, Ok(())) => String::new(),
                    (job, Ok(())) => format!("worker {member} did {job}"),
                    (job, Err(failed)) => {
                        format!("worker {member} puts off {job}: {}", failed.why)
                    }
                };
                if let Err(failed) = &result
                    && failed.is_lasting
                {
                    self.lasting.push(line.clone());
                }
                self.finish(task.job, result.is_ok());
                line
            }
        }
    }

    fn finish(&mut self, job: Job, is_ok: bool) {
        let elapsed = self.clock.elapsed();
        match job {
            Job::Events {
                shard,
                epoch,
                positions,
            } => {
                let shard = &mut self.shards[shard];
                let is_its = |waiting: &&mut Waiting| {
                    shard.epoch == epoch && positions.contains(&waiting.event.position)
                };
                for waiting in shard.waiting.iter_mut().filter(is_its) {
                    waiting.stage = if is_ok { Stage::Done } else { Stage::Waits };
                    waiting.next_at = elapsed + pause_after(waiting.tries);
                    waiting.tries += 1;
                }
            }
            Job::Timer(timer) => {
                if let Some(due) = self.timers.get_mut(&timer) {
                    due.is_at_work = false;
                    due.next_at = elapsed + 4 * pause_after(due.tries);
                    due.tries += 1;
                }
            }
            Job::Webhook(webhook, tries) if !is_ok && tries < DELIVERIES_MAX => {
                let again = elapsed + 10 * pause_after(tries);
                self.mail.push((again, webhook, tries + 1));
            }
            Job::Webhook(..) | Job::Return => {}
        }
    }

    fn begin(&mut self, member: usize, job: Job, future: BoxFuture<'static, Result<(), Failed>>) {
        let task = Task {
            job,
            future,
            wake_at: 0,
        };
        self.members[member].tasks.push(task);
    }

    fn is_free(&self, member: usize) -> bool {
        let member = &self.members[member];
        member.back_at <= self.clock.elapsed() && member.tasks.len() < self.profile.at_work_max
    }

    /// A worker that is free.
    fn anyone(&self, rng: &mut fastrand::Rng) -> Option<usize> {
        let first = rng.usize(..self.members.len());
        let mut all = (0..self.members.len()).map(|n| (first + n) % self.members.len());
        all.find(|member| self.is_free(*member))
    }

    /// A worker begins to handle an event.
    pub fn take_event(&mut self, rng: &mut fastrand::Rng) -> bool {
        let first = rng.usize(..self.shards.len());
        for number in 0..self.shards.len() {
            let number = (first + number) % self.shards.len();
            if !self.is_free(self.shards[number].owner) {
                continue;
            }
            let Some(at) = self.shards[number].next(self.clock.elapsed(), rng) else {
                continue;
            };
            let events = self.shards[number].take(at, rng.usize(1..=TOGETHER_MAX));
            let shard = &self.shards[number];
            let (member, epoch) = (shard.owner, shard.epoch);
            let worker = Arc::clone(&self.members[member].worker);
            let job = Job::Events {
                shard: number,
                epoch,
                positions: events.iter().map(|event| event.position).collect(),
            };
            let future = async move {
                let handled = match events.as_slice() {
                    [event] => worker.handle(event).await,
                    events => worker.handle_all(events).await,
                };
                handled.map_err(Failed::from)
            };
            self.begin(member, job, Box::pin(future));
            return true;
        }
        false
    }

    /// A timer that is due fires.
    pub fn fire(&mut self, rng: &mut fastrand::Rng) -> Option<Timer> {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        let is_due = |due: &Due| due.fires_at <= now && due.next_at <= elapsed && !due.is_at_work;
        let due = self.timers.iter().filter(|(_, due)| is_due(due));
        let due: Vec<Timer> = due.map(|(timer, _)| *timer).take(8).collect();
        let timer = *due.get(rng.usize(..due.len().max(1)))?;
        let member = self.anyone(rng)?;
        let due = self.timers.get_mut(&timer)?;
        due.is_at_work = true;
        let due_at = due.at;
        self.spawn_due(member, Job::Timer(timer), timer, due_at);
        Some(timer)
    }

    /// The customer's browser comes back, and somebody asks the gateway what happened there.
    pub fn browser_returns(&mut self, timer: Timer, rng: &mut fastrand::Rng) {
        if let Some(member) = self.anyone(rng) {
            self.spawn_due(member, Job::Return, timer, self.clock.now());
        }
    }

    fn spawn_due(&mut self, member: usize, job: Job, timer: Timer, due_at: Timestamp) {
        let worker = Arc::clone(&self.members[member].worker);
        let future = async move { worker.due(timer, due_at).await.map_err(Failed::from) };
        self.begin(member, job, Box::pin(future));
    }

    /// A webhook arrives: a new one, or one that was not accepted before.
    pub fn take_webhook(&mut self, rng: &mut fastrand::Rng) -> bool {
        let Some(member) = self.anyone(rng) else {
            return false;
        };
        let elapsed = self.clock.elapsed();
        let again = self.mail.iter().position(|(at, _, _)| *at <= elapsed);
        let (webhook, tries) = match again {
            Some(at) => {
                let (_, webhook, tries) = self.mail.swap_remove(at);
                (webhook, tries)
            }
            None => match self.net.sandbox.next_webhook(self.clock.now()) {
                Some(webhook) => (webhook, 0),
                None => return false,
            },
        };
        self.post(member, webhook, tries);
        true
    }

    pub fn post(&mut self, member: usize, webhook: Webhook, tries: u32) {
        let worker = Arc::clone(&self.members[member].worker);
        let job = Job::Webhook(webhook.clone(), tries);
        let future = async move {
            let Webhook { signature, body } = webhook;
            let read = worker.notice("sandbox", &signature, &body).await;
            read.map(|_| ()).map_err(|error| Failed {
                why: error.to_string(),
                is_lasting: false,
            })
        };
        self.begin(member, job, Box::pin(future));
    }

    /// Checkpoints are saved.
    pub fn save(&mut self, rng: &mut fastrand::Rng) {
        let shard = rng.usize(..self.shards.len());
        self.shards[shard].save();
    }

    /// A worker dies, and another one takes its place.
    pub fn crash(&mut self, rng: &mut fastrand::Rng) -> String {
        self.crashes += 1;
        let number = rng.usize(..self.members.len());
        let lost = std::mem::take(&mut self.members[number].tasks);
        let back_at = self.clock.elapsed() + rng.u64(0..2_000_000);
        self.members[number].worker = self.hire();
        self.members[number].back_at = back_at;
        let count = lost.len();
        for task in lost {
            self.finish(task.job, false);
        }
        let heir = rng.usize(..self.members.len());
        for shard in self.shards.iter_mut().filter(|shard| shard.owner == number) {
            shard.change_hands(heir);
        }
        format!("worker {number} crashes with {count} things at work; worker {heir} takes over")
    }

    /// A worker is thought to be dead and is not: it goes on with what it has begun.
    pub fn usurp(&mut self, rng: &mut fastrand::Rng) -> String {
        let heir = rng.usize(..self.members.len());
        let number = rng.usize(..self.shards.len());
        self.shards[number].change_hands(heir);
        format!("worker {heir} takes shard {number} over")
    }

    /// Whether nothing is left to be done, ever.
    pub fn is_at_rest(&self) -> bool {
        let done = |shard: &Shard| shard.waiting.iter().all(|w| w.stage == Stage::Done);
        self.members.iter().all(|member| member.tasks.is_empty())
            && self.shards.iter().all(done)
            && self.timers.is_empty()
            && self.mail.is_empty()
    }

    /// Whether nothing is left to be done now.
    pub fn is_idle(&self) -> bool {
        let done = |shard: &Shard| shard.waiting.iter().all(|w| w.stage == Stage::Done);
        self.members.iter().all(|member| member.tasks.is_empty()) && self.shards.iter().all(done)
    }

    /// When something is to be done again, in the simulation's time.
    pub fn next(&self) -> Option<u64> {
        let elapsed = self.clock.elapsed();
        let tasks = self.members.iter().flat_map(|member| &member.tasks);
        let tasks = tasks.map(|task| task.wake_at);
        let back = self.members.iter().map(|member| member.back_at);
        let events = self.shards.iter().flat_map(|shard| &shard.waiting);
        let events = events.filter(|waiting| waiting.stage == Stage::Waits);
        let events = events.map(|waiting| waiting.next_at);
        let timers = self.timers.values().filter(|due| !due.is_at_work);
        let timers = timers.map(|due| due.next_at.max(elapsed + self.clock.until(due.fires_at)));
        let mail = self.mail.iter().map(|(at, _, _)| *at);
        let all = tasks.chain(back).chain(events).chain(timers).chain(mail);
        all.filter(|at| *at > elapsed).min()
    }

    /// Timers that are set, for whoever wonders why there is no rest.
    pub fn unrest(&self) -> String {
        let timers = self.timers.iter();
        let timers =
            timers.map(|(timer, due)| format!("{timer:?} due {} tries {}", due.at, due.tries));
        let waiting = self.shards.iter().flat_map(|shard| &shard.waiting);
        let waiting = waiting.filter(|waiting| waiting.stage != Stage::Done);
        let waiting = waiting.map(|w| format!("event {} tries {}", w.event.position, w.tries));
        timers.chain(waiting).collect::<Vec<_>>().join("\n")
    }
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self {
            why: trouble.to_string(),
            is_lasting: matches!(trouble, Trouble::Lasting(_)),
        }
    }
}

impl std::fmt::Display for Job {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Events { positions, .. } => write!(out, "events {positions:?}"),
            Self::Timer(timer) => write!(out, "{timer:?}"),
            Self::Webhook(_, tries) => write!(out, "a webhook, delivery {tries}"),
            Self::Return => write!(out, "a browser's return"),
        }
    }
}
