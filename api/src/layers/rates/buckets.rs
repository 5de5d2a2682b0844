//! Token buckets, one for each key, for a bounded number of keys: the least recent goes.
//!
//! A key that went begins with a full bucket when it comes back. Whoever has many addresses can ask often anyway; what must hold is
//! that they cannot fill our memory.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use lru::LruCache;

use crate::edge::Rate;

/// Keys are spread over so many locks.
const SHARDS: usize = 16;

/// The buckets of one rate.
pub struct Buckets<K: Hash + Eq + Clone, C: Clock = DefaultClock> {
    rate: Rate,
    limiter: RateLimiter<K, Bounded<K>, C, StateInformationMiddleware>,
}

/// What is in a bucket after it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Requests that could be made at once.
    pub remaining: u32,
    /// Until it is full again; or, if it had nothing left, until there is one more.
    pub wait: Duration,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    /// Full buckets of `rate`, at most `keys_max`.
    pub fn new(rate: Rate, keys_max: usize) -> Self {
        Self::on_clock(rate, keys_max, DefaultClock::default())
    }
}

impl<K: Hash + Eq + Clone, C: Clock> Buckets<K, C> {
    fn on_clock(rate: Rate, keys_max: usize, clock: C) -> Self {
        let every = Duration::from_secs(rate.seconds.get().into()) / rate.burst.get();
        // None only for a period of nothing, which a second divided by a number of 32 bits is not.
        let quota = Quota::with_period(every)
            .unwrap_or_else(|| Quota::per_second(rate.burst))
            .allow_burst(rate.burst);
        Self {
            rate,
            limiter: RateLimiter::new(quota, Bounded::new(keys_max), clock),
        }
    }

    /// What is given out here.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes one out of this key's bucket.
    ///
    /// # Errors
    /// There is none left.
    pub fn take(&self, key: &K) -> Result<Level, Level> {
        match self.limiter.check_key(key) {
            Ok(left) => {
                let remaining = left.remaining_burst_capacity();
                let taken = self.rate.burst.get().saturating_sub(remaining);
                Ok(Level {
                    remaining,
                    wait: left.quota().replenish_interval() * taken,
                })
            }
            Err(refused) => Err(Level {
                remaining: 0,
                wait: refused.wait_time_from(self.limiter.clock().now()),
            }),
        }
    }
}

/// The buckets' states, in memory.
struct Bounded<K> {
    spread: RandomState,
    shards: Box<[Mutex<LruCache<K, InMemoryState>>]>,
}

impl<K: Hash + Eq> Bounded<K> {
    fn new(keys_max: usize) -> Self {
        let of_a_shard = NonZeroUsize::new(keys_max / SHARDS).unwrap_or(NonZeroUsize::MIN);
        Self {
            spread: RandomState::new(),
            shards: (0..SHARDS)
                .map(|_| Mutex::new(lazily(of_a_shard)))
                .collect(),
        }
    }
}

/// A cache that takes memory as it fills.
fn lazily<K: Hash + Eq>(keys_max: NonZeroUsize) -> LruCache<K, InMemoryState> {
    let mut cache = LruCache::unbounded();
    cache.resize(keys_max);
    cache
}

impl<K: Hash + Eq + Clone> StateStore for Bounded<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let shard = self.spread.hash_one(key) as usize % SHARDS;
        // A poisoned lock only means that another thread panicked: the numbers are whole.
        let mut shard = self.shards[shard]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let state = shard.get_or_insert_mut_ref(key, InMemoryState::default);
        state.measure_and_replace(&NotKeyed::NonKey, measure)
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn buckets(
        rate: Rate,
        keys_max: usize,
    ) -> (Buckets<u64, FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Buckets::on_clock(rate, keys_max, clock.clone()), clock)
    }

    #[test]
    fn a_burst_goes_through_and_one_more_waits() {
        let (buckets, clock) = buckets(Rate::new(3, 6), 100);
        for remaining in [2, 1, 0] {
            assert_eq!(buckets.take(&1).unwrap().remaining, remaining);
        }
        assert_eq!(buckets.take(&1).unwrap_err().wait, Duration::from_secs(2));
        // Somebody else's is another.
        assert_eq!(buckets.take(&2).unwrap().wait, Duration::from_secs(2));
        clock.advance(Duration::from_secs(2));
        assert!(buckets.take(&1).is_ok() && buckets.take(&1).is_err());
        clock.advance(Duration::from_secs(60));
        assert_eq!(buckets.take(&1).unwrap().remaining, 2);
    }

    #[test]
    fn the_keys_are_bounded() {
        let (buckets, _) = buckets(Rate::new(1, 60), 64);
        for key in 0..10_000 {
            let _ = buckets.take(&key);
        }
        let kept: usize = buckets
            .limiter
            .into_state_store()
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap().len())
            .sum();
        assert!((1..=64).contains(&kept), "{kept}");
    }
}
