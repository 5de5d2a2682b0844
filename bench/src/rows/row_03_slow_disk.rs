//! Commands on a slow disk (`commit_delay`).

use anyhow::Result;

use crate::ground::Ground;
use crate::measure::Case;
use crate::settings::Settings;

/// Row 3.
pub async fn run(_settings: &Settings, _ground: &Ground) -> Result<Vec<Case>> {
    Ok(Vec::new())
}
