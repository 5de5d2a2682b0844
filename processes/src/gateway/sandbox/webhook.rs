//! The webhooks that wait to be delivered.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::value::Timestamp;

/// Most webhooks that wait; beyond it those that waited longest are dropped, as a gateway gives up.
const WAITING_MAX: usize = 100_000;

/// A webhook as it would be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The `Stripe-Signature` header, made when it is handed out.
    pub signature: String,
    /// The raw bytes.
    pub body: Vec<u8>,
}

/// What waits, by when it is due; of one moment, in the order that it happened.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: BTreeMap<(Timestamp, u64), Vec<u8>>,
    number: u64,
}

impl Outbox {
    /// One copy for each delay.
    pub(super) fn put(&mut self, body: &[u8], now: Timestamp, delays: &[Duration]) {
        for delay in delays {
            self.number += 1;
            let due = now.saturating_add(*delay);
            self.waiting.insert((due, self.number), body.to_vec());
            if self.waiting.len() > WAITING_MAX {
                self.waiting.pop_first();
            }
        }
    }

    /// The next that is due.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<Vec<u8>> {
        let (due, _) = *self.waiting.keys().next()?;
        if due > now {
            return None;
        }
        self.waiting.pop_first().map(|(_, body)| body)
    }

    /// When the next is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.waiting.keys().next().map(|(due, _)| *due)
    }
}
