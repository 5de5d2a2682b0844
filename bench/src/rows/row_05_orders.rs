//! Placing orders over HTTP beside SQL that locks rows.

use anyhow::Result;

use crate::ground::Ground;
use crate::measure::Case;
use crate::settings::Settings;

/// Row 5.
pub async fn run(_settings: &Settings, _ground: &Ground) -> Result<Vec<Case>> {
    Ok(Vec::new())
}
