//! Progress of long work: a bar on a terminal, a line every few seconds in a log, with rate and time left in both.
//!
//! Used by the import and by rebuilds. It writes to standard error, so that standard output stays for results.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a log gets a line.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// How often a terminal is drawn: often enough to look alive, too seldom to cost anything.
const DRAWS_PER_SECOND: u8 = 10;
const TEMPLATE: &str = "{prefix:>18} {bar:32} {human_pos}/{human_len}  {per_sec}  {eta} left";

/// A phase of work of a known size. Clones share it.
#[derive(Clone, Debug)]
pub struct Progress {
    name: &'static str,
    output: Output,
}

#[derive(Clone, Debug)]
enum Output {
    Bar(ProgressBar),
    Lines(Arc<Mutex<Lines>>),
}

#[derive(Debug)]
struct Lines {
    total: u64,
    done: u64,
    started: Instant,
    last: Mark,
}

/// Where the last line was written, for the rate since then.
#[derive(Clone, Copy, Debug)]
struct Mark {
    done: u64,
    at: Instant,
}

impl Progress {
    /// Begins the phase `name` of `total` things.
    pub fn new(name: &'static str, total: u64) -> Self {
        let output = if std::io::stderr().is_terminal() {
            Output::Bar(bar(name, total))
        } else {
            let at = Instant::now();
            Output::Lines(Arc::new(Mutex::new(Lines {
                total,
                done: 0,
                started: at,
                last: Mark { done: 0, at },
            })))
        };
        Self { name, output }
    }

    /// `more` things are done.
    pub fn add(&self, more: u64) {
        self.update(|done| done.saturating_add(more));
    }

    /// `done` things are done in all.
    pub fn set(&self, done: u64) {
        self.update(|_| done);
    }

    /// The work has grown or shrunk, as the journal's head does during a rebuild.
    pub fn set_total(&self, total: u64) {
        match &self.output {
            Output::Bar(bar) => bar.set_length(total),
            Output::Lines(lines) => lock(lines).total = total,
        }
    }

    /// Says something without tearing the bar.
    pub fn note(&self, message: &str) {
        match &self.output {
            Output::Bar(bar) => bar.suspend(|| write_line(message)),
            Output::Lines(_) => write_line(message),
        }
    }

    /// Ends the phase with a line that stays.
    pub fn finish(&self) {
        match &self.output {
            Output::Bar(bar) => bar.finish(),
            Output::Lines(lines) => write_line(&lock(lines).summary(self.name)),
        }
    }

    fn update(&self, change: impl FnOnce(u64) -> u64) {
        match &self.output {
            Output::Bar(bar) => bar.set_position(change(bar.position())),
            Output::Lines(lines) => {
                let mut lines = lock(lines);
                lines.done = change(lines.done);
                if let Some(line) = lines.due(self.name, Instant::now()) {
                    write_line(&line);
                }
            }
        }
    }
}

impl Lines {
    /// A line, if it is time for one. The rate is that since the last line, the time left follows from it.
    fn due(&mut self, name: &str, now: Instant) -> Option<String> {
        let since = now.duration_since(self.last.at);
        if since < LINE_EVERY {
            return None;
        }
        let rate = per_second(self.done.saturating_sub(self.last.done), since);
        self.last = Mark {
            done: self.done,
            at: now,
        };
        let left = self.total.saturating_sub(self.done);
        let eta = if rate > 0.0 {
            format!("{:.0} s left", left as f64 / rate)
        } else {
            "no progress".to_owned()
        };
        let percent = 100.0 * self.done as f64 / self.total.max(1) as f64;
        Some(format!(
            "{name}: {} of {} ({percent:.1} %), {rate:.0}/s, {eta}",
            self.done, self.total
        ))
    }

    fn summary(&self, name: &str) -> String {
        let took = self.started.elapsed();
        let rate = per_second(self.done, took);
        format!(
            "{name}: {} of {} in {:.1} s, {rate:.0}/s",
            self.done,
            self.total,
            took.as_secs_f64()
        )
    }
}

fn bar(name: &'static str, total: u64) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
    let bar = ProgressBar::with_draw_target(Some(total), target).with_prefix(name);
    // A template that does not parse costs its looks, not the work.
    match ProgressStyle::with_template(TEMPLATE) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(0.001)
}

/// Standard error that went away is no reason to stop working.
fn write_line(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn lock(lines: &Mutex<Lines>) -> std::sync::MutexGuard<'_, Lines> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_when_it_is_due_with_rate_and_time_left() {
        let at = Instant::now();
        let mut lines = Lines {
            total: 1_000,
            done: 100,
            started: at,
            last: Mark { done: 0, at },
        };
        assert_eq!(lines.due("orders", at + Duration::from_secs(1)), None);
        let line = lines.due("orders", at + Duration::from_secs(5));
        assert_eq!(
            line.as_deref(),
            Some("orders: 100 of 1000 (10.0 %), 20/s, 45 s left")
        );
        let line = lines.due("orders", at + Duration::from_secs(10));
        assert_eq!(
            line.as_deref(),
            Some("orders: 100 of 1000 (10.0 %), 0/s, no progress")
        );
    }
}
