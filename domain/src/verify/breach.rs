//! What breaks a rule, and the bounded list of it.

use std::collections::HashSet;

use serde::Serialize;

use super::RecordedFact;
use super::stream::Stream;

/// How many breaches a report lists.
pub const BREACHES_LISTED_MAX: usize = 1_000;

/// An event that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// The rule's number.
    pub rule: u8,
    /// The rule's name.
    pub name: &'static str,
    /// The position of the event that breaks it.
    pub position: u64,
    /// The text id of its stream.
    pub stream: String,
    /// What is wrong.
    pub detail: String,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many events were checked.
    pub events: u64,
    /// How many breaches there are in all, those included that are not listed.
    pub breaches_total: u64,
    /// The first breach of each rule in each stream, at most [`BREACHES_LISTED_MAX`].
    pub breaches: Vec<Breach>,
}

impl Report {
    /// Whether every rule is kept.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.breaches_total == 0
    }
}

/// A rule's number and name.
#[derive(Debug, Clone, Copy)]
pub(super) struct RuleId(pub u8, pub &'static str);

/// Where in the journal something is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub position: u64,
    pub stream: Stream,
    pub stream_id: String,
}

impl Place {
    pub fn of(fact: &RecordedFact<'_>, stream: Stream) -> Self {
        Self {
            position: fact.position,
            stream,
            stream_id: crate::stream_id(fact.aggregate_type, fact.aggregate_id),
        }
    }
}

/// The breaches so far.
#[derive(Debug, Default)]
pub(super) struct Breaches {
    total: u64,
    listed_of: HashSet<(u8, Stream)>,
    list: Vec<Breach>,
}

impl Breaches {
    /// The event breaks `rule`.
    pub fn report(
        &mut self,
        rule: RuleId,
        fact: &RecordedFact<'_>,
        stream: Stream,
        detail: String,
    ) {
        self.report_at(rule, &Place::of(fact, stream), detail);
    }

    /// An earlier event breaks `rule`.
    pub fn report_at(&mut self, rule: RuleId, place: &Place, detail: String) {
        self.total += 1;
        let is_listed =
            self.list.len() < BREACHES_LISTED_MAX && self.listed_of.insert((rule.0, place.stream));
        if is_listed {
            self.list.push(Breach {
                rule: rule.0,
                name: rule.1,
                position: place.position,
                stream: place.stream_id.clone(),
                detail,
            });
        }
    }

    pub fn into_report(self, events: u64) -> Report {
        Report {
            events,
            breaches_total: self.total,
            breaches: self.list,
        }
    }
}
