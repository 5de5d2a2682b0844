//! What goes wrong between us and the gateway, decided call by call before the call.
//!
//! A [`Plan`] is explicit and repeatable: faults that a test names for certain calls come first, then
//! faults drawn at given rates from a seed. The same seed and the same calls give the same faults.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What is asked of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Authorize.
    Authorize,
    /// Capture.
    Capture,
    /// Void.
    Void,
    /// Refund.
    Refund,
    /// Asking for a state.
    State,
    /// Asking for movements.
    Movements,
}

/// What goes wrong with a call itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallFault {
    /// The request never arrives.
    LostRequest,
    /// It is carried out, and the answer is lost. A repeat with the same id is answered.
    LostAnswer,
    /// It is carried out, and answered with status 500; like Stripe, the gateway keeps that answer
    /// under the id and repeats it for as long as it holds the key. Only asking tells. What is refused is
    /// answered as it is.
    ErrorAfterSuccess,
    /// It is carried out, and the answer takes [`super::Settings::slow`].
    Slow,
}

/// Everything that goes wrong with one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// With the call.
    pub call: Option<CallFault>,
    /// How long after it happened each delivery of this call's webhooks comes: `[0]` is as it should
    /// be, `[0, 0, 0]` is three times, `[600]` is late and so after later ones, `[]` is never.
    pub deliveries: Vec<Duration>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            call: None,
            deliveries: vec![Duration::ZERO],
        }
    }
}

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Only `fault` goes wrong.
    #[must_use]
    pub fn call(fault: CallFault) -> Self {
        Self {
            call: Some(fault),
            ..Self::default()
        }
    }

    /// Only the deliveries of webhooks are other than they should be.
    #[must_use]
    pub fn deliveries(delays: impl Into<Vec<Duration>>) -> Self {
        Self {
            call: None,
            deliveries: delays.into(),
        }
    }
}

/// How often things go wrong, each in thousandths of the calls (0 to 1000).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rates {
    /// [`CallFault::LostRequest`].
    pub lost_request: u16,
    /// [`CallFault::LostAnswer`].
    pub lost_answer: u16,
    /// [`CallFault::ErrorAfterSuccess`].
    pub error_after_success: u16,
    /// [`CallFault::Slow`].
    pub slow: u16,
    /// Webhooks delivered two or three times.
    pub webhook_repeated: u16,
    /// Webhooks delivered late, hence reordered.
    pub webhook_late: u16,
    /// Webhooks never delivered.
    pub webhook_dropped: u16,
    /// The longest that a late webhook is late.
    pub late_max: Duration,
}

impl Rates {
    /// Each fault of a call and of webhooks at `per_mille`, late by up to ten minutes.
    #[must_use]
    pub fn all(per_mille: u16) -> Self {
        Self {
            lost_request: per_mille,
            lost_answer: per_mille,
            error_after_success: per_mille,
            slow: per_mille,
            webhook_repeated: per_mille,
            webhook_late: per_mille,
            webhook_dropped: per_mille,
            late_max: Duration::from_secs(600),
        }
    }
}

/// The faults to come.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    named: VecDeque<(Operation, Faults)>,
    drawn: Option<(fastrand::Rng, Rates)>,
}

impl Plan {
    /// Nothing goes wrong, except what is added by [`Plan::then`].
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Faults drawn from `seed` at `rates`.
    #[must_use]
    pub fn seeded(seed: u64, rates: Rates) -> Self {
        Self {
            named: VecDeque::new(),
            drawn: Some((fastrand::Rng::with_seed(seed), rates)),
        }
    }

    /// The next call of `operation` that no earlier one of these has met suffers `faults`.
    #[must_use]
    pub fn then(mut self, operation: Operation, faults: Faults) -> Self {
        self.push(operation, faults);
        self
    }

    pub(super) fn push(&mut self, operation: Operation, faults: Faults) {
        self.named.push_back((operation, faults));
    }

    /// What the next call of `operation` suffers.
    pub(super) fn next(&mut self, operation: Operation) -> Faults {
        if let Some(at) = self.named.iter().position(|(of, _)| *of == operation) {
            return self.named.remove(at).map_or_else(Faults::none, |(_, f)| f);
        }
        match &mut self.drawn {
            Some((rng, rates)) => draw(rng, rates),
            None => Faults::none(),
        }
    }
}

fn draw(rng: &mut fastrand::Rng, rates: &Rates) -> Faults {
    let kinds = [
        (rates.lost_request, CallFault::LostRequest),
        (rates.lost_answer, CallFault::LostAnswer),
        (rates.error_after_success, CallFault::ErrorAfterSuccess),
        (rates.slow, CallFault::Slow),
    ];
    let mut lot = rng.u16(0..1_000);
    let mut call = None;
    for (rate, kind) in kinds {
        if lot < rate {
            call = Some(kind);
            break;
        }
        lot -= rate;
    }
    Faults {
        call,
        deliveries: deliveries(rng, rates),
    }
}

fn deliveries(rng: &mut fastrand::Rng, rates: &Rates) -> Vec<Duration> {
    let mut happens = |rate| rng.u16(0..1_000) < rate;
    let (repeated, late, dropped) = (
        happens(rates.webhook_repeated),
        happens(rates.webhook_late),
        happens(rates.webhook_dropped),
    );
    if dropped {
        return Vec::new();
    }
    let copies = if repeated { rng.usize(2..=3) } else { 1 };
    let late_max_micros = u64::try_from(rates.late_max.as_micros()).unwrap_or(u64::MAX);
    let mut delay = || {
        if late {
            Duration::from_micros(rng.u64(0..=late_max_micros))
        } else {
            Duration::ZERO
        }
    };
    (0..copies).map(|_| delay()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: u64) -> Vec<Faults> {
        let mut plan = Plan::seeded(seed, Rates::all(200));
        (0..200).map(|_| plan.next(Operation::Refund)).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_faults() {
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
    }

    #[test]
    fn every_fault_comes_up() {
        let drawn = drawn(1);
        for kind in [
            CallFault::LostRequest,
            CallFault::LostAnswer,
            CallFault::ErrorAfterSuccess,
            CallFault::Slow,
        ] {
            assert!(drawn.iter().any(|faults| faults.call == Some(kind)));
        }
        for copies in 0..=3 {
            assert!(drawn.iter().any(|faults| faults.deliveries.len() == copies));
        }
    }

    #[test]
    fn named_faults_meet_their_operation_only() {
        let lost = Faults::call(CallFault::LostAnswer);
        let mut plan = Plan::none().then(Operation::Refund, lost.clone());
        assert_eq!(plan.next(Operation::Capture), Faults::none());
        assert_eq!(plan.next(Operation::Refund), lost);
        assert_eq!(plan.next(Operation::Refund), Faults::none());
    }
}
