//! Documents over HTTP beside pgbench, and beside a constant.

use anyhow::Result;

use crate::ground::Ground;
use crate::measure::Case;
use crate::settings::Settings;

/// Row 8.
pub async fn run(_settings: &Settings, _ground: &Ground) -> Result<Vec<Case>> {
    Ok(Vec::new())
}
