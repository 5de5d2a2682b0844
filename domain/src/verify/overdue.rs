//! Rule 9: every order reaches confirmed, rejected or cancelled by its deadline and one tick of a
//! timer.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::awake::{Awake, GRACE};
use super::breach::{Breaches, Place, RuleId};
use super::stream::{PerStream, Stream};
use super::{RecordedFact, Rule};
use crate::event::Event;
use crate::order::OrderEvent;
use crate::value::Timestamp;

const RULE: RuleId = RuleId(9, "concluded-by-deadline");

/// The orders that wait, by their deadlines.
#[derive(Debug, Default)]
pub(super) struct Overdue {
    awake: Awake,
    waiting: PerStream<Option<Box<Waiting>>>,
    by_deadline: BTreeSet<(Timestamp, usize)>,
    /// Orders whose deadline has passed, that deadline, and when the shop was awake to see it.
    late: VecDeque<(Duration, Timestamp, usize)>,
}

#[derive(Debug)]
struct Waiting {
    placed: Place,
    deadline: Timestamp,
}

impl Rule for Overdue {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let awake = self.awake.at(fact.recorded_at);
        self.notice(fact.recorded_at, awake);
        self.report(awake, breaches);
        let Event::Order(event) = fact.event else {
            return;
        };
        match event {
            OrderEvent::OrderPlaced(placed) => {
                self.wait(stream.number, Place::of(fact, stream), placed.deadline);
            }
            OrderEvent::OrderDeadlineExtended { deadline } => {
                if let Some(waiting) = self.end(stream.number) {
                    self.wait(stream.number, waiting.placed, *deadline);
                }
            }
            OrderEvent::OrderConfirmed { .. }
            | OrderEvent::OrderRejected { .. }
            | OrderEvent::OrderCancelled { .. } => {
                self.end(stream.number);
            }
            _ => {}
        }
    }
}

impl Overdue {
    fn wait(&mut self, order: usize, placed: Place, deadline: Timestamp) {
        self.by_deadline.insert((deadline, order));
        *self.waiting.of(order) = Some(Box::new(Waiting { placed, deadline }));
    }

    fn end(&mut self, order: usize) -> Option<Box<Waiting>> {
        let ended = self.waiting.of(order).take()?;
        self.by_deadline.remove(&(ended.deadline, order));
        Some(ended)
    }

    fn notice(&mut self, now: Timestamp, awake: Duration) {
        while let Some((deadline, order)) = self.by_deadline.first().copied() {
            if deadline > now {
                return;
            }
            self.by_deadline.remove(&(deadline, order));
            self.late.push_back((awake, deadline, order));
        }
    }

    fn report(&mut self, awake: Duration, breaches: &mut Breaches) {
        while let Some((since, deadline, order)) = self.late.front().copied() {
            if awake.saturating_sub(since) <= GRACE {
                return;
            }
            self.late.pop_front();
            // One that was extended meanwhile waits for its new deadline, and may be late for that one too.
            let is_same = |waiting: &mut Box<Waiting>| waiting.deadline == deadline;
            let waiting = self.waiting.of(order).take_if(is_same);
            if let Some(waiting) = waiting {
                let detail = format!(
                    "it was to be confirmed, rejected or cancelled by {}, and was not",
                    waiting.deadline
                );
                breaches.report_at(RULE, &waiting.placed, detail);
            }
        }
    }
}
