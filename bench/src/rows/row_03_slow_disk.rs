//! Commands on a slow disk: `commit_delay` has every flush of the log wait for 2 ms first.

use anyhow::Result;

use super::row_02_commands::Sides;
use crate::ground::Ground;
use crate::measure::Case;
use crate::settings::Settings;

/// How many writers, and what is asked of the ratio.
const CASES: [(usize, f64); 3] = [(16, 1.0), (64, 2.0), (256, 5.0)];

/// A flush takes 2 ms longer, however few others are at work.
const SLOW: [(&str, &str); 2] = [("commit_delay", "2000"), ("commit_siblings", "0")];

/// Row 3.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let sides = Sides::prepare(settings, ground, &SLOW).await?;
    let note = "Every flush takes 2 ms longer. The peer's 16 connections share flushes; ours has one batch in flight.";
    let mut cases = Vec::new();
    for (writers, bar) in CASES {
        cases.push(sides.case(settings, 3, writers, bar, note).await?);
    }
    sides.stop().await;
    Ok(cases)
}
