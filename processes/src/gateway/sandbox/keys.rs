//! Idempotency keys: what was answered under each, for a while.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use domain::value::Timestamp;
use uuid::Uuid;

use super::machine::Act;
use crate::gateway::Outcome;

/// Most keys that are held; beyond it the oldest are forgotten early.
const KEYS_MAX: usize = 500_000;

/// What was asked and answered under a key.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) act: Act,
    pub(super) outcome: Outcome,
    at: Timestamp,
}

/// The keys that are held.
#[derive(Debug, Default)]
pub(super) struct Keys {
    kept: HashMap<Uuid, Kept>,
    by_age: VecDeque<Uuid>,
}

impl Keys {
    /// What is held under `key`, when keys older than `kept_for` are forgotten.
    pub(super) fn find(&self, key: Uuid, now: Timestamp, kept_for: Duration) -> Option<&Kept> {
        let held = self.kept.get(&key)?;
        (now.saturating_since(held.at) <= kept_for).then_some(held)
    }

    /// Holds an answer from now on, and forgets those that are too old.
    pub(super) fn hold(&mut self, act: Act, outcome: Outcome, now: Timestamp, kept_for: Duration) {
        self.forget(now, kept_for);
        let key = act.id();
        let at = now;
        if self.kept.insert(key, Kept { act, outcome, at }).is_none() {
            self.by_age.push_back(key);
        }
    }

    fn forget(&mut self, now: Timestamp, kept_for: Duration) {
        while let Some(oldest) = self.by_age.front() {
            let is_old = self
                .kept
                .get(oldest)
                .is_none_or(|kept| now.saturating_since(kept.at) > kept_for);
            if !is_old && self.by_age.len() < KEYS_MAX {
                return;
            }
            self.kept.remove(oldest);
            self.by_age.pop_front();
        }
    }
}
