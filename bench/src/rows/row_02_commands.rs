//! Commands in process beside `CqrsFramework` on postgres-es.

use anyhow::Result;

use crate::ground::Ground;
use crate::measure::Case;
use crate::settings::Settings;

/// Row 2.
pub async fn run(_settings: &Settings, _ground: &Ground) -> Result<Vec<Case>> {
    Ok(Vec::new())
}
