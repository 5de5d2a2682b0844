//! Many seeds on all cores, and one seed again.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::check::{Summary, check, summary};
use super::profile::Profile;
use super::world::World;

/// Runs the world of a seed to its rest and checks it.
pub fn run(seed: u64, is_loud: bool) -> Result<Summary, String> {
    let mut world = World::new(Profile::of(seed), is_loud);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        world.populate();
        world.run()?;
        check(&world)
    }));
    let outcome = outcome.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(format!("a panic: {}", said.unwrap_or_default()))
    });
    outcome.map_err(|wrong| failure(&world, &wrong))?;
    Ok(summary(&world))
}

/// What somebody who has to find the cause needs.
fn failure(world: &World, wrong: &str) -> String {
    let journal = world.memory.read_after(0, usize::MAX);
    let events = journal.iter().map(|event| {
        let recorded = &event.recorded;
        let (at, stream) = (recorded.recorded_at, &recorded.stream);
        format!(
            "{:>4} {at} {stream} {}",
            recorded.position, recorded.event_type
        )
    });
    let seed = world.profile.seed;
    format!(
        "seed {seed}: {wrong}\n\nthe journal:\n{}\n\nthe last steps:\n{}\n\n{:?}\n\nrepeat it with:\n  \
         SIMULATION_SEED={seed} cargo test -p processes simulation::one_seed -- --nocapture\n",
        events.collect::<Vec<_>>().join("\n"),
        world.trace.last_lines(),
        world.profile,
    )
}

/// What many seeds came to.
#[derive(Debug, Default)]
pub struct Totals {
    pub seeds: u64,
    pub steps: u64,
    pub events: u64,
    pub counts: BTreeMap<String, u64>,
    /// The first failures, by seed.
    pub failures: BTreeMap<u64, String>,
    pub failed: u64,
}

/// How many failures are kept to be printed.
const FAILURES_KEPT: usize = 100;

/// Runs seeds on all cores. Stops early when some have failed, unless it `goes_on`.
pub fn run_all(from: u64, count: u64, goes_on: bool) -> Totals {
    let (next, is_over) = (AtomicU64::new(from), AtomicBool::new(false));
    let totals = Mutex::new(Totals::default());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !is_over.load(Relaxed) {
                    let seed = next.fetch_add(1, Relaxed);
                    if seed >= from + count {
                        return;
                    }
                    let outcome = run(seed, false);
                    let mut totals = totals.lock().unwrap();
                    totals.add(seed, outcome);
                    let enough = totals.failed > 0 && !goes_on;
                    is_over.store(enough, Relaxed);
                }
            });
        }
    });
    totals.into_inner().unwrap()
}

impl Totals {
    fn add(&mut self, seed: u64, outcome: Result<Summary, String>) {
        self.seeds += 1;
        match outcome {
            Ok(summary) => {
                self.steps += summary.steps;
                self.events += summary.events;
                for (name, number) in summary.counts {
                    *self.counts.entry(name).or_default() += number;
                }
            }
            Err(failure) => {
                self.failed += 1;
                if self.failures.len() < FAILURES_KEPT {
                    self.failures.insert(seed, failure);
                }
            }
        }
    }
}
