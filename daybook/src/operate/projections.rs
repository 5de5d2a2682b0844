//! `daybook projections …`: list, lag, rebuild.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context, Result};
use journal::Journal;
use projections::{RebuildStage, Rebuilt, Status};

use crate::progress::Progress;

/// Every query table, its version and how far it has posted.
pub async fn list(journal: &Journal, json: bool) -> Result<ExitCode> {
    let statuses = statuses(journal).await?;
    if json {
        println!("{}", serde_json::to_string(&statuses)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{:<18} {:>7} {:>12} {:>12} {:>10}  state",
        "projection", "version", "position", "head", "lag"
    );
    for status in &statuses {
        let version = status
            .built_version
            .map_or_else(|| "-".to_owned(), |version| version.to_string());
        println!(
            "{:<18} {:>7} {:>12} {:>12} {:>10}  {}",
            status.name,
            version,
            status.position_low,
            status.head,
            status.lag,
            state(status)
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// How many events each query table is behind.
pub async fn lag(journal: &Journal, json: bool) -> Result<ExitCode> {
    let statuses = statuses(journal).await?;
    if json {
        let lags: serde_json::Map<_, _> = statuses
            .iter()
            .map(|status| (status.name.to_owned(), status.lag.into()))
            .collect();
        println!("{}", serde_json::Value::Object(lags));
    } else {
        for status in &statuses {
            println!("{:<18} {:>10}", status.name, status.lag);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds a query table anew beside the live one, and swaps them.
pub async fn rebuild(journal: &Journal, name: &str) -> Result<ExitCode> {
    let progress = Progress::new("rebuild", journal.head().await?);
    let mut stage = RebuildStage::Loading;
    let rebuilt = projections::rebuild(journal, name, |now| {
        progress.set_total(now.head);
        progress.set(now.position);
        if now.stage != stage {
            stage = now.stage;
            progress.note(said(stage));
        }
    })
    .await?;
    progress.finish();
    report(name, &rebuilt);
    Ok(ExitCode::SUCCESS)
}

/// Builds all query tables anew at once.
pub async fn rebuild_all(journal: &Journal) -> Result<ExitCode> {
    let progress = Progress::new("rebuild", journal.head().await?);
    let mut reached = BTreeMap::new();
    let outcomes = projections::rebuild_all(journal, |projection, now| {
        progress.set_total(now.head);
        reached.insert(projection.name, now.position);
        // As far as the slowest of them.
        if reached.len() == projections::projection::ALL.len() {
            progress.set(reached.values().copied().min().unwrap_or_default());
        }
    })
    .await?;
    progress.finish();
    let mut code = ExitCode::SUCCESS;
    for (projection, outcome) in outcomes {
        match outcome {
            Ok(rebuilt) => report(projection.name, &rebuilt),
            Err(error) => {
                eprintln!("{}: not rebuilt: {error}", projection.name);
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

fn report(name: &str, rebuilt: &Rebuilt) {
    let seconds = rebuilt.elapsed.as_secs_f64();
    let rate = rebuilt.position as f64 / seconds.max(0.001);
    println!(
        "{name}: rebuilt at position {} in {seconds:.1} s, {rate:.0} events/s",
        rebuilt.position
    );
}

fn said(stage: RebuildStage) -> &'static str {
    match stage {
        RebuildStage::Loading => "posting the journal",
        RebuildStage::Indexing => "making the indexes",
        RebuildStage::CatchingUp => "posting what was appended meanwhile",
        RebuildStage::Swapping => "swapping the tables",
    }
}

async fn statuses(journal: &Journal) -> Result<Vec<Status>> {
    projections::list(journal.pool())
        .await
        .context("the query tables cannot be listed")
}

fn state(status: &Status) -> String {
    match (&status.failure, status.rebuild_position) {
        (Some(failure), _) => format!("{}: {failure}", status.state.as_str()),
        (None, Some(position)) => format!("{} (at {position})", status.state.as_str()),
        (None, None) => status.state.as_str().to_owned(),
    }
}
