//! What kind of world a seed makes: how many orders, how much goes wrong, how the shop is set up.

use std::time::Duration;

use domain::ordering::CapturePolicy;
use processes::gateway::sandbox::Rates;

/// Drawn from the seed, before anything happens.
#[derive(Debug, Clone)]
pub struct Profile {
    pub seed: u64,
    pub orders: usize,
    pub skus: usize,
    /// Units of each SKU at the beginning.
    pub units: u32,
    pub workers: usize,
    pub shards: u32,
    /// Whether the events of an order and of its payment are in one shard.
    pub is_sharded_by_payment: bool,
    /// How many events, timers and webhooks one worker has at work at once.
    pub at_work_max: usize,
    pub policy: CapturePolicy,
    /// What goes wrong at the gateway.
    pub gateway: Rates,
    /// How many of a thousand commands and reads suffer something.
    pub journal: u16,
    /// How many of a thousand requests to the gateway arrive much later.
    pub late: u16,
    /// How many of a thousand captures, voids and refunds the gateway refuses for good.
    pub refusal: u16,
    /// The longest that a timer fires late.
    pub timer_lag: Duration,
    /// Within which time all orders are placed.
    pub rush: Duration,
    /// How many of a thousand steps end with the crash of a worker, or another one taking over.
    pub crash: u16,
    /// How many of ten thousand steps end with a jump of the shop's clock, and its greatest length.
    pub jump: u16,
    pub jump_max: Duration,
    /// The longest that a step takes.
    pub step_max: Duration,
    /// A world that takes more steps never comes to rest.
    pub steps_max: u64,
}

impl Profile {
    /// What a seed makes. Some worlds are calm, so that what they find is easy to read.
    pub fn of(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let rate = |rng: &mut fastrand::Rng, most: &[u16]| most[rng.usize(..most.len())];
        let per_mille = rate(&mut rng, &[0, 20, 80, 200]);
        let big_jumps = rng.u8(0..20) == 0;
        Self {
            seed,
            orders: rng.usize(1..=5),
            skus: rng.usize(1..=3),
            units: rng.u32(1..=8),
            workers: rng.usize(1..=3),
            shards: rng.u32(1..=4),
            is_sharded_by_payment: rng.bool(),
            at_work_max: rng.usize(1..=8),
            policy: if rng.bool() {
                CapturePolicy::OnConfirm
            } else {
                CapturePolicy::OnShip
            },
            gateway: Rates::all(per_mille),
            journal: rate(&mut rng, &[0, 0, 20, 100]),
            // No request is on its way for longer than the gateway keeps its key: seed 7496 was such a one.
            late: rate(&mut rng, &[0, 0, 20, 100]) * u16::from(!big_jumps),
            refusal: rate(&mut rng, &[0, 0, 0, 100, 500]),
            timer_lag: Duration::from_secs([0, 0, 5, 60][rng.usize(..4)]),
            rush: Duration::from_secs([5, 30, 120][rng.usize(..3)]),
            crash: rate(&mut rng, &[0, 2, 10, 40]),
            jump: rate(&mut rng, &[0, 0, 10, 40]),
            // A day and more outlasts the gateway's keys; a week would outlast its holds.
            jump_max: Duration::from_secs(if big_jumps { 30 * 3_600 } else { 900 }),
            step_max: Duration::from_millis(rng.u64(1..=400)),
            steps_max: 60_000,
        }
    }

    /// Nothing goes wrong, for tests that say themselves what does.
    pub fn calm(seed: u64) -> Self {
        Self {
            orders: 0,
            skus: 1,
            units: 10,
            workers: 1,
            shards: 1,
            is_sharded_by_payment: true,
            at_work_max: 4,
            policy: CapturePolicy::OnConfirm,
            gateway: Rates::default(),
            journal: 0,
            late: 0,
            refusal: 0,
            timer_lag: Duration::ZERO,
            rush: Duration::from_secs(1),
            crash: 0,
            jump: 0,
            jump_max: Duration::ZERO,
            step_max: Duration::from_millis(1),
            ..Self::of(seed)
        }
    }
}
