//! What has happened, step by step: a hash of all of it, and the last lines for whoever looks for a fault.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use domain::value::Timestamp;

/// How many lines are kept to be printed.
const LINES_KEPT: usize = 80;

pub struct Trace {
    hash: DefaultHasher,
    lines: VecDeque<String>,
    /// All lines are printed as they come.
    is_loud: bool,
    steps: u64,
}

impl Trace {
    pub fn new(is_loud: bool) -> Self {
        Self {
            // Its keys are fixed, so two runs can be compared.
            hash: DefaultHasher::new(),
            lines: VecDeque::new(),
            is_loud,
            steps: 0,
        }
    }

    /// Something that somebody who reads the trace wants to know.
    pub fn note(&mut self, now: Timestamp, line: String) {
        line.hash(&mut self.hash);
        now.as_micros().hash(&mut self.hash);
        let line = format!("{now}  {line}");
        if self.is_loud {
            println!("{line}");
        }
        self.lines.push_back(line);
        if self.lines.len() > LINES_KEPT {
            self.lines.pop_front();
        }
    }

    /// A step that is not worth a line.
    pub fn step(&mut self, what: u64) {
        self.steps += 1;
        what.hash(&mut self.hash);
    }

    pub fn steps(&self) -> u64 {
        self.steps
    }

    pub fn finish(&self) -> u64 {
        self.hash.finish()
    }

    pub fn last_lines(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(String::as_str).collect();
        lines.join("\n")
    }
}
