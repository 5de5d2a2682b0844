//! The rules that any journal must keep, checked event by event.
//!
//! `daybook verify` gives every recorded event, in the order of positions, to a [`Verifier`]; what
//! comes out names the first event that breaks each rule in each stream. The rules do not use
//! `decide` or `evolve`: they keep their own few numbers, so that a mistake there is found here.
//!
//! A rule is a file of this folder: what it remembers, and a `Rule` over it. To add one, write
//! the file and put it into the list of [`Verifier::new`]. Rules are numbered as the invariants of
//! the shop are; 13 is that an owner remains.

mod available;
mod awake;
mod books;
mod breach;
mod dense;
mod lines;
mod movements;
mod once;
mod overdue;
mod owned;
mod rightful;
mod sessions;
mod stream;
mod successor;
mod totals;
mod unique;
mod units;

#[cfg(test)]
mod paid_tests;
#[cfg(test)]
mod people_tests;
#[cfg(test)]
mod tests;

pub use awake::GRACE;
pub use breach::{BREACHES_LISTED_MAX, Breach, Report};

use crate::event::Event;
use crate::value::Timestamp;
use breach::Breaches;
use stream::{Stream, Streams};

/// A recorded event, as a rule sees it.
#[derive(Debug, Clone, Copy)]
pub struct RecordedFact<'a> {
    /// Its place in the journal, from 1.
    pub position: u64,
    /// Its stream's type.
    pub aggregate_type: &'a str,
    /// Its stream's id, without the type.
    pub aggregate_id: &'a str,
    /// Its place in its stream, from 1.
    pub sequence: u64,
    /// The name that it is recorded under.
    pub event_type: &'a str,
    /// What it says.
    pub event: &'a Event,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// One rule, with what it remembers of the events so far.
trait Rule: Send {
    /// Checks one event of `stream`.
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches);

    /// Checks what only the end of the journal shows.
    fn finish(&mut self, _breaches: &mut Breaches) {}
}

/// Checks every event that it is given.
pub struct Verifier {
    streams: Streams,
    rules: Vec<Box<dyn Rule>>,
    breaches: Breaches,
    events: u64,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Verifier after {} events", self.events)
    }
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// A verifier of every rule that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            streams: Streams::default(),
            rules: vec![
                Box::new(available::Available::default()),
                Box::new(units::Units::default()),
                Box::new(lines::Lines::default()),
                Box::new(rightful::Rightful::default()),
                Box::new(movements::Movements::default()),
                Box::new(totals::Totals::default()),
                Box::new(books::Balances::default()),
                Box::new(unique::Unique::default()),
                Box::new(successor::Successor::default()),
                Box::new(overdue::Overdue::default()),
                Box::new(once::Once::default()),
                Box::new(dense::Dense::default()),
                Box::new(sessions::Sessions::default()),
                Box::new(owned::Owned::default()),
            ],
            breaches: Breaches::default(),
            events: 0,
        }
    }

    /// Checks one event. They are given in the order of their positions.
    pub fn post(&mut self, fact: RecordedFact<'_>) {
        self.events += 1;
        let stream = self.streams.find(fact.event, fact.aggregate_id);
        for rule in &mut self.rules {
            rule.post(&fact, stream, &mut self.breaches);
        }
    }

    /// How many events were checked so far.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// What was found.
    #[must_use]
    pub fn finish(mut self) -> Report {
        for rule in &mut self.rules {
            rule.finish(&mut self.breaches);
        }
        self.breaches.into_report(self.events)
    }
}
