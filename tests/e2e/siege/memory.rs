//! What a server's memory does under attack, from `/proc`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use daybook_tests::Server;

/// What an attack is meant to cost at most.
pub const GROWTH_MAX_MIB: u64 = 64;

/// No more than this on an ordinary day, when the server is built without optimisation: a connection with its request takes more
/// memory then, and so does whoever attacks with two thousand of them.
const GROWTH_UNOPTIMISED_MAX_MIB: u64 = 128;

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Looks at a server's resident memory until it is told to stop.
pub struct Watch {
    before_kib: u64,
    most_kib: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    watching: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    /// Begins, with what there is now.
    pub fn over(server: &Server) -> Self {
        let pid = server.pid().expect("the server runs");
        let before_kib = resident_kib(pid);
        let (most_kib, stop) = (Arc::new(AtomicU64::new(before_kib)), Arc::default());
        let (most, stopped) = (Arc::clone(&most_kib), Arc::clone(&stop));
        let watching = std::thread::spawn(move || {
            while !AtomicBool::load(&stopped, Ordering::Relaxed) {
                most.fetch_max(resident_kib(pid), Ordering::Relaxed);
                std::thread::sleep(LOOK_EVERY);
            }
        });
        Self {
            before_kib,
            most_kib,
            stop,
            watching: Some(watching),
        }
    }

    /// Prints how much it was at most until now.
    pub fn tell(&self, what: &str) {
        let most_kib = self.most_kib.load(Ordering::Relaxed);
        let growth_mib = most_kib.saturating_sub(self.before_kib) / 1_024;
        println!("{what}: memory at most +{growth_mib} MiB until here");
    }

    /// Ends, prints the figures and fails the test when the memory of a release build grew by more than it may.
    pub fn assert_bounded(mut self, what: &str, growth_max_mib: u64) {
        self.end();
        let most_kib = self.most_kib.load(Ordering::Relaxed);
        let growth_mib = most_kib.saturating_sub(self.before_kib) / 1_024;
        println!(
            "{what}: memory {} MiB before, {} MiB at most: +{growth_mib} MiB",
            self.before_kib / 1_024,
            most_kib / 1_024
        );
        let most = if crate::is_full() {
            growth_max_mib
        } else {
            GROWTH_UNOPTIMISED_MAX_MIB
        };
        assert!(growth_mib <= most, "{what} cost {growth_mib} MiB");
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(watching) = self.watching.take() {
            let _ = watching.join();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

/// 0 when the process has ended.
fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
