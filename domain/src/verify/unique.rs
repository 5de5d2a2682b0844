//! Rule 8: whatever is claimed (SKU, slug, e-mail address) is claimed once.

use std::collections::HashMap;

use super::breach::{Breaches, RuleId};
use super::stream::Stream;
use super::{RecordedFact, Rule};
use crate::claim::Claim;

const RULE: RuleId = RuleId(8, "unique-values");

/// Every claim, and the position that made it.
#[derive(Debug, Default)]
pub(super) struct Unique(HashMap<Claim, u64>);

impl Rule for Unique {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let Some(claim) = Claim::of(fact.event) else {
            return;
        };
        if let Some(first) = self.0.get(&claim) {
            let (namespace, value) = (claim.namespace(), claim.value());
            let detail = format!("{namespace} {value} was claimed at position {first} already");
            breaches.report(RULE, fact, stream, detail);
        } else {
            self.0.insert(claim, fact.position);
        }
    }
}
