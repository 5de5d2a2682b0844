//! What goes wrong between the processes and the journal, drawn from the seed.

use std::sync::{Arc, Mutex, MutexGuard};

use commands::memory::{FaultHook, MemoryFault};

/// Clones share one source of trouble.
#[derive(Clone)]
pub struct Chaos(Arc<Mutex<State>>);

struct State {
    rng: fastrand::Rng,
    /// How many of a thousand commands suffer something.
    journal: u16,
    /// How many of a thousand requests to the gateway arrive much later.
    late: u16,
    /// How often it struck.
    struck: u64,
    is_over: bool,
}

impl Chaos {
    pub fn new(seed: u64, journal: u16, late: u16) -> Self {
        Self(Arc::new(Mutex::new(State {
            rng: fastrand::Rng::with_seed(seed),
            journal,
            late,
            struck: 0,
            is_over: false,
        })))
    }

    /// Nothing goes wrong any more.
    pub fn end(&self) {
        let mut state = self.state();
        (state.journal, state.late) = (0, 0);
        state.is_over = true;
    }

    pub fn is_over(&self) -> bool {
        self.state().is_over
    }

    pub fn struck(&self) -> u64 {
        self.state().struck
    }

    /// For the executor in memory.
    pub fn hook(&self) -> FaultHook {
        let chaos = self.clone();
        Box::new(move |_| chaos.of_command())
    }

    /// Whether reading fails.
    pub fn of_reading(&self) -> bool {
        let mut state = self.state();
        let rate = state.journal / 2;
        state.strikes(rate)
    }

    /// Whether a request to the gateway is long on its way.
    pub fn of_request(&self) -> bool {
        let mut state = self.state();
        let rate = state.late;
        state.strikes(rate)
    }

    fn of_command(&self) -> Option<MemoryFault> {
        let mut state = self.state();
        let rate = state.journal;
        if !state.strikes(rate) {
            return None;
        }
        Some(match state.rng.u8(0..4) {
            0 => MemoryFault::Unavailable,
            1 => MemoryFault::Contended,
            2 => MemoryFault::LostBefore,
            _ => MemoryFault::LostAfter,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn strikes(&mut self, per_mille: u16) -> bool {
        let strikes = per_mille > 0 && self.rng.u16(0..1_000) < per_mille;
        self.struck += u64::from(strikes);
        strikes
    }
}
