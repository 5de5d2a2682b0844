//! Rule 11: positions run 1, 2, 3 … and so do the sequences of every stream.

use super::breach::{Breaches, RuleId};
use super::stream::{PerKind, PerStream, Stream};
use super::{RecordedFact, Rule};

const RULE: RuleId = RuleId(11, "dense-numbers");

/// The last position, and the last sequence of every stream.
#[derive(Debug, Default)]
pub(super) struct Dense {
    position: u64,
    sequences: PerKind<PerStream<u64>>,
}

impl Rule for Dense {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let last = std::mem::replace(&mut self.position, fact.position);
        if Some(fact.position) != last.checked_add(1) {
            let detail = format!("position {} follows position {last}", fact.position);
            breaches.report(RULE, fact, stream, detail);
        }
        let sequence = self.sequences.of(stream.kind).of(stream.number);
        let last = std::mem::replace(sequence, fact.sequence);
        if Some(fact.sequence) != last.checked_add(1) {
            let detail = format!("sequence {} follows sequence {last}", fact.sequence);
            breaches.report(RULE, fact, stream, detail);
        }
    }
}
