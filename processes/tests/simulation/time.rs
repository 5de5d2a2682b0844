//! Time in the simulation: it passes when the simulation says so, and the shop's clock may jump.
//!
//! A future waits in one of two ways: [`pause`], where anything else may happen in between, and
//! [`Clock::sleep`]. Both ask to be polled again at once; how long a task sleeps is told through
//! [`Clock::take_wake`], so that the simulation does not poll it before.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use domain::value::Timestamp;

/// When every simulation begins: some day in 2026.
const BEGINNING_MICROS: i64 = 1_790_000_000_000_000;

/// What time it is. Clones share it.
#[derive(Clone, Default)]
pub struct Clock(Arc<Times>);

#[derive(Default)]
struct Times {
    /// Microseconds since the beginning; only ever more.
    elapsed: AtomicU64,
    /// How far the shop's clock has jumped.
    jumped: AtomicI64,
    /// Until when whoever was polled last sleeps.
    wake: AtomicU64,
}

impl Clock {
    /// What the shop's clock shows.
    pub fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.elapsed()).unwrap();
        let micros = BEGINNING_MICROS + elapsed + self.0.jumped.load(Relaxed);
        Timestamp::from_micros(micros).unwrap()
    }

    /// Microseconds since the beginning.
    pub fn elapsed(&self) -> u64 {
        self.0.elapsed.load(Relaxed)
    }

    pub fn pass(&self, micros: u64) {
        self.0.elapsed.fetch_add(micros, Relaxed);
    }

    /// The shop's clock is put forward or back; nothing else notices.
    pub fn jump(&self, micros: i64) {
        self.0.jumped.fetch_add(micros, Relaxed);
    }

    /// How long it is until the shop's clock shows `at`.
    pub fn until(&self, at: Timestamp) -> u64 {
        u64::try_from(at.saturating_since(self.now()).as_micros()).unwrap()
    }

    pub fn sleep(&self, duration: Duration) -> Sleep {
        let until = self.elapsed() + u64::try_from(duration.as_micros()).unwrap();
        let clock = self.clone();
        Sleep { clock, until }
    }

    /// Until when the task that was polled last sleeps; 0: it does not.
    pub fn take_wake(&self) -> u64 {
        self.0.wake.swap(0, Relaxed)
    }
}

/// Waits until the simulation's time has come.
pub struct Sleep {
    clock: Clock,
    until: u64,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.elapsed() >= self.until {
            return Poll::Ready(());
        }
        self.clock.0.wake.store(self.until, Relaxed);
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Lets anything else happen before it goes on, a crash for instance.
pub fn pause() -> Pause {
    Pause(false)
}

pub struct Pause(bool);

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
