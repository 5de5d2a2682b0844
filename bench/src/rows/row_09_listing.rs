//! The product listing beside the same SQL by hand.

use anyhow::Result;

use crate::ground::Ground;
use crate::measure::Case;
use crate::settings::Settings;

/// Row 9.
pub async fn run(_settings: &Settings, _ground: &Ground) -> Result<Vec<Case>> {
    Ok(Vec::new())
}
