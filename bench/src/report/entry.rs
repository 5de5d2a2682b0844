//! A case as it is kept in `benchmarks.json`.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::machine::Machine;
use crate::measure::{Bar, Case, spread};

/// One line of the table: medians of the rounds, with least and greatest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The row of the plan.
    pub row: u8,
    /// The case.
    pub case: String,
    /// What is counted.
    pub unit: String,
    /// What it is compared with.
    pub against: String,
    /// Our median.
    pub ours: f64,
    /// Our least.
    pub ours_min: f64,
    /// Our greatest.
    pub ours_max: f64,
    /// The peer's median; `None` where a figure stands alone.
    pub peer: Option<f64>,
    /// The peer's least.
    pub peer_min: Option<f64>,
    /// The peer's greatest.
    pub peer_max: Option<f64>,
    /// The median of the rounds' ratios, ours ÷ peer.
    pub ratio: Option<f64>,
    /// The least ratio.
    pub ratio_min: Option<f64>,
    /// The greatest ratio.
    pub ratio_max: Option<f64>,
    /// What was asked for; `None` for what is only told.
    pub bar: Option<f64>,
    /// Whether the ratio is to be at least or at most the bar.
    pub bar_is: Option<Bar>,
    /// Whether the median meets the bar.
    pub met: Option<bool>,
    /// How many rounds.
    pub rounds: usize,
    /// What else there is to know.
    pub note: String,
    /// When it was measured, and on which commit.
    pub measured: String,
}

impl Entry {
    /// The entry of a case that was just measured.
    pub fn of(case: &Case, machine: &Machine) -> Self {
        let ours = spread(&case.ours);
        let peer = spread(&case.peer);
        let ratio = spread(&case.ratios());
        Self {
            row: case.row,
            case: case.case.clone(),
            unit: case.unit.to_owned(),
            against: case.against.to_owned(),
            ours: ours.map_or(0.0, |it| it.median),
            ours_min: ours.map_or(0.0, |it| it.min),
            ours_max: ours.map_or(0.0, |it| it.max),
            peer: peer.map(|it| it.median),
            peer_min: peer.map(|it| it.min),
            peer_max: peer.map(|it| it.max),
            ratio: ratio.map(|it| it.median),
            ratio_min: ratio.map(|it| it.min),
            ratio_max: ratio.map(|it| it.max),
            bar: case.bar.map(|(_, bar)| bar),
            bar_is: case.bar.map(|(is, _)| is),
            met: case.met(),
            rounds: case.ours.len(),
            note: case.note.clone(),
            measured: machine.measured(),
        }
    }
}

/// The entries of an earlier run; none if there was none.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| {
            format!(
                "{} is not what this program writes; delete it",
                path.display()
            )
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}
