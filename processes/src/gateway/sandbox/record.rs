//! The sandbox's memory in a file, so that it outlives a process that is killed and is shared by several.
//!
//! The sandbox is deterministic, so what is kept is not its state but what was done to it: a line of
//! JSON for each deed. Whoever holds the file's lock first takes in what others have added, then adds
//! its own. A line is written before it is answered, so what was answered is kept; half a line is what
//! a process that was killed left behind, was never answered, and is cut off. Nothing is synced to the disk: this
//! survives a killed process, not a lost machine.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use domain::value::Timestamp;
use serde::{Deserialize, Serialize};

use super::machine::{Act, Effect, Machine};
use super::{CustomerAnswer, Faults};

/// Something that changes the sandbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Deed {
    Call {
        act: Act,
        faults: Faults,
    },
    Customer {
        gateway_ref: String,
        answer: CustomerAnswer,
    },
    /// The next webhook that is due is handed out.
    Delivered,
}

/// A deed and when it was done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) at: Timestamp,
    pub(super) deed: Deed,
}

/// An open file of deeds.
#[derive(Debug)]
pub(super) struct Record {
    file: File,
    /// How many bytes of it this sandbox has taken in.
    taken: u64,
}

impl Record {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.create(true).append(true).read(true).open(path)?;
        Ok(Self { file, taken: 0 })
    }

    /// Takes in what others have done.
    pub(super) fn catch_up(&mut self, machine: &mut Machine) -> io::Result<()> {
        self.locked(|record| record.take_in(machine))
    }

    /// Takes in what others have done, then does `entry`.
    pub(super) fn add(&mut self, machine: &mut Machine, entry: &Entry) -> io::Result<Effect> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.locked(|record| {
            record.take_in(machine)?;
            record.file.write_all(&line)?;
            record.taken += u64::try_from(line.len()).unwrap_or(0);
            Ok(machine.apply(entry))
        })
    }

    fn locked<T>(&mut self, work: impl FnOnce(&mut Self) -> io::Result<T>) -> io::Result<T> {
        self.file.lock()?;
        let result = work(self);
        self.file.unlock()?;
        result
    }

    fn take_in(&mut self, machine: &mut Machine) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.taken))?;
        let mut news = Vec::new();
        self.file.read_to_end(&mut news)?;
        for line in news.split_inclusive(|byte| *byte == b'\n') {
            if !line.ends_with(b"\n") {
                return self.file.set_len(self.taken);
            }
            machine.apply(&serde_json::from_slice(line)?);
            self.taken += u64::try_from(line.len()).unwrap_or(0);
        }
        Ok(())
    }
}
