//! A shard of the journal, as whoever owns it sees it: a saved checkpoint, and what comes after it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use journal::RecordedEvent;
use processes::policy::Subject;

/// How many events of a shard are looked at.
const WINDOW: usize = 24;

/// A shard, its owner, and what is to be handled.
#[derive(Default)]
pub struct Shard {
    pub owner: usize,
    pub epoch: u64,
    /// Everything after the saved checkpoint.
    pub waiting: VecDeque<Waiting>,
}

/// An event after the checkpoint.
pub struct Waiting {
    pub event: Arc<RecordedEvent>,
    pub stage: Stage,
    pub tries: u32,
    pub next_at: u64,
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Waits,
    AtWork,
    Done,
}

impl Shard {
    /// The next event to be handled: any of the first, if none of its stream comes before it.
    pub fn next(&mut self, elapsed: u64, rng: &mut fastrand::Rng) -> Option<usize> {
        if self
            .waiting
            .front()
            .is_some_and(|first| first.stage == Stage::Done)
            && self.waiting.len() > WINDOW / 2
        {
            self.save();
        }
        let len = self.waiting.len().min(WINDOW);
        let from = rng.usize(..len.max(1));
        let mut all = (from..len).chain(0..from);
        all.find(|at| {
            let one = &self.waiting[*at];
            one.stage == Stage::Waits && one.next_at <= elapsed && {
                let mut before = self.waiting.iter().take(*at);
                !before.any(|b| b.stage != Stage::Done && b.event.stream == one.event.stream)
            }
        })
    }

    /// That event, and at most so many with those of its order and payment that wait behind it.
    pub fn take(&mut self, at: usize, most: usize) -> Vec<Arc<RecordedEvent>> {
        let subject = |event: &RecordedEvent| Subject::of(&event.stream).map(Subject::payment);
        let about = subject(&self.waiting[at].event);
        let mut taken = Vec::new();
        for waiting in self.waiting.iter_mut().skip(at) {
            let is_first = taken.is_empty();
            if !is_first && (about.is_none() || subject(&waiting.event) != about) {
                continue;
            }
            // One that is at work, or is left alone for a while, keeps those behind it waiting.
            if taken.len() == most || waiting.stage != Stage::Waits {
                break;
            }
            waiting.stage = Stage::AtWork;
            taken.push(Arc::clone(&waiting.event));
        }
        taken
    }

    pub fn save(&mut self) {
        while self
            .waiting
            .front()
            .is_some_and(|first| first.stage == Stage::Done)
        {
            self.waiting.pop_front();
        }
    }

    pub fn change_hands(&mut self, heir: usize) {
        self.owner = heir;
        self.epoch += 1;
        for waiting in &mut self.waiting {
            waiting.stage = Stage::Waits;
            waiting.next_at = 0;
        }
    }
}

/// How long something that failed is left alone, in microseconds.
pub fn pause_after(tries: u32) -> u64 {
    let pause = Duration::from_millis(250) * 2_u32.pow(tries.min(10));
    u64::try_from(pause.as_micros()).unwrap()
}
