//! The pages: `benchmarks.md` for people, `benchmarks.json` for programs, and pictures.
//!
//! A run of some rows replaces these and leaves the others as they were measured; each row says when and on which commit
//! that was. What people have written below [`BY_HAND`] stays.

mod chart;
mod entry;
mod machine;
mod page;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::ground::Ground;
use crate::measure::{Bar, Case, spread};
use crate::settings::Settings;
use entry::Entry;
use machine::Machine;

/// Below this line the page is written by hand.
const BY_HAND: &str =
    "<!-- Below this line the page is written by hand; `make bench` leaves it alone. -->";

/// A case in one line, for the terminal.
pub fn line(case: &Case) -> String {
    let figure = |figures: &[f64]| match spread(figures) {
        Some(spread) => page::figure(spread.median),
        None => "–".to_owned(),
    };
    let bar = match case.bar {
        Some((Bar::AtLeast, bar)) => format!("bar ≥ {bar}"),
        Some((Bar::AtMost, bar)) => format!("bar ≤ {bar}"),
        None => String::new(),
    };
    let missed = if case.met() == Some(false) {
        " MISSED"
    } else {
        ""
    };
    format!(
        "{:>2}  {:<32} ours {:>9}  peer {:>9} {:<12} ratio {:>7}  {bar}{missed}",
        case.row,
        case.case,
        figure(&case.ours),
        figure(&case.peer),
        case.unit,
        figure(&case.ratios()),
    )
}

/// Writes all pages.
pub async fn write(
    settings: &Settings,
    ground: &Ground,
    cases: &[Case],
    took: Duration,
) -> Result<()> {
    let folder = &settings.out;
    fs::create_dir_all(folder)?;
    let machine = Machine::look(ground).await?;
    let json = folder.join("benchmarks.json");
    let mut entries = entry::read(&json)?;
    entries.retain(|entry| !settings.rows.contains(&entry.row));
    entries.extend(cases.iter().map(|case| Entry::of(case, &machine)));
    entries.sort_by_key(|entry| entry.row);
    fs::write(&json, serde_json::to_string_pretty(&entries)? + "\n")?;
    chart::ratios(&folder.join("benchmarks-ratios.svg"), &entries)?;
    chart::growth(&folder.join("benchmarks-growth.svg"), &entries)?;
    let path = folder.join("benchmarks.md");
    let text = page::markdown(settings, &machine, &entries) + &by_hand(&path)?;
    fs::write(&path, text)?;
    eprintln!("wrote {} after {:.0} s", path.display(), took.as_secs_f64());
    Ok(())
}

/// What was written by hand, from its line on.
fn by_hand(path: &Path) -> Result<String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    };
    let kept = text.find(BY_HAND).and_then(|at| text.get(at..));
    Ok(kept.map_or_else(|| format!("{BY_HAND}\n"), str::to_owned))
}
