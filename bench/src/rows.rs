//! The rows of the plan, a file each.

use anyhow::{Context, Result};

use crate::ground::Ground;
use crate::measure::Case;
use crate::settings::Settings;

mod row_01_commands_http;
mod row_02_commands;
mod row_03_slow_disk;
mod row_04_hot_stream;
mod row_05_orders;
mod row_06_rebuild;
mod row_07_live;
mod row_08_documents;
mod row_09_listing;
mod row_10_visible;
mod row_11_memory;
mod row_12_growth;
mod row_13_checkout;
mod row_14_tokens;

/// How many rows there are.
pub const ROWS: u8 = 14;

/// What each row is about, for the page's headings.
pub fn title(row: u8) -> &'static str {
    match row {
        1 => "Commands over HTTP beside the same route on postgres-es",
        2 => "Commands in process beside `CqrsFramework` on postgres-es",
        3 => "Commands on a slow disk (`commit_delay`)",
        4 => "One stream that everybody writes to",
        5 => "Placing orders over HTTP beside SQL that locks rows",
        6 => "Rebuilding query tables",
        7 => "A live projection beside cqrs-es' `GenericQuery`",
        8 => "Documents over HTTP beside pgbench, and beside a constant",
        9 => "The product listing beside the same SQL by hand",
        10 => "From acknowledged to visible",
        11 => "The server's memory",
        12 => "How cost grows with the journal",
        13 => "From order to confirmed",
        14 => "What checking access tokens costs: rows 1 and 8 with them and without",
        _ => "",
    }
}

/// Runs one row.
pub async fn run(row: u8, settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let cases = match row {
        1 => row_01_commands_http::run(settings, ground).await,
        2 => row_02_commands::run(settings, ground).await,
        3 => row_03_slow_disk::run(settings, ground).await,
        4 => row_04_hot_stream::run(settings, ground).await,
        5 => row_05_orders::run(settings, ground).await,
        6 => row_06_rebuild::run(settings, ground).await,
        7 => row_07_live::run(settings, ground).await,
        8 => row_08_documents::run(settings, ground).await,
        9 => row_09_listing::run(settings, ground).await,
        10 => row_10_visible::run(settings, ground).await,
        11 => row_11_memory::run(settings, ground).await,
        12 => row_12_growth::run(settings, ground).await,
        13 => row_13_checkout::run(settings, ground).await,
        14 => row_14_tokens::run(settings, ground).await,
        _ => anyhow::bail!("there is no row {row}; there are 1 to {ROWS}"),
    };
    cases.with_context(|| format!("row {row}"))
}
