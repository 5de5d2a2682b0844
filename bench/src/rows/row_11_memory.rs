//! The server's memory: while January is imported, and after a while at half load.

use std::time::Duration;

use anyhow::{Context as _, Result};
use daybook_tests::Cli;

use super::row_10_visible::capacity;
use crate::ground::Ground;
use crate::market::{self, Customers, Files, Sold};
use crate::measure::{Bar, Case};
use crate::open_loop::Stream;
use crate::process::memory;
use crate::settings::Settings;

/// How many minutes the half load lasts, if not 5: `60` is the plan's hour.
const SOAK_VARIABLE: &str = "DAYBOOK_BENCH_SOAK_MINUTES";
const SOAK_MINUTES: f64 = 5.0;

/// An import that takes longer has hung.
const IMPORT_WITHIN: Duration = Duration::from_secs(1_800);

/// Row 11.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let mut cases = import(settings, ground).await?;
    cases.push(half_load(settings, ground).await?);
    Ok(cases)
}

async fn import(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let files = Files::find(settings);
    let folder = tempfile::tempdir()?;
    let database = ground.database().await;
    let server = ground.daybook(&database).await;
    let idle = memory(&server)?;
    let import = Cli::new(["import", "complete-journey"])
        .arg("--url")
        .arg(server.url())
        .arg("--products")
        .arg(files.products.to_string_lossy())
        .arg("--transactions")
        .arg(files.transactions.to_string_lossy())
        .arg("--rejects")
        .arg(folder.path().join("rejects.csv").to_string_lossy());
    let finished = import.run(IMPORT_WITHIN).await.expect_success();
    market::caught_up(&server).await?;
    let after = memory(&server)?;
    let note = format!("{}: {}.", files.name, finished.last_line());
    let case = |case: &str, figure, bar, note: &str| Case {
        row: 11,
        case: case.to_owned(),
        unit: "MB",
        against: "",
        ours: vec![figure],
        peer: Vec::new(),
        bar,
        note: note.to_owned(),
    };
    Ok(vec![
        case("started", idle.resident, None, "Nothing has happened yet."),
        case(
            "import, peak",
            after.peak,
            Some((Bar::AtMost, 300.0)),
            &note,
        ),
        case("import, at its end", after.resident, None, &note),
    ])
}

/// Sold over the counter, so that no order stays open: what holds of stock are open is the shop's state, not the server's.
async fn half_load(settings: &Settings, ground: &Ground) -> Result<Case> {
    let (first, whole) = lengths(settings)?;
    let (articles, _) = market::goods(settings)?;
    let database = ground.database().await;
    market::open(&database, &articles, true).await?;
    let server = ground.daybook(&database).await;
    market::visited(&server, &articles).await?;
    let customers = Customers::of(&articles);
    let rate = capacity(settings, &server, &customers, Sold::TakenHome).await? / 2.0;
    let stream = |lasts| Stream {
        customers: customers.clone(),
        sold: Sold::TakenHome,
        rate,
        lasts,
        warm_up: Duration::ZERO,
    };
    stream(first).run(&server).await?;
    let start = memory(&server)?;
    stream(whole - first).run(&server).await?;
    let end = memory(&server)?;
    Ok(Case {
        row: 11,
        case: "half load".into(),
        unit: "MB",
        against: "the same server at the beginning",
        ours: vec![end.resident],
        peer: vec![start.resident],
        bar: Some((Bar::AtMost, 1.1)),
        note: format!(
            "After {:.0} s at {rate:.0} orders/s (half load, all sold over the counter, so that no hold of stock stays open), beside after {:.0} s; {SOAK_VARIABLE}=60 makes it an hour.",
            whole.as_secs_f64(),
            first.as_secs_f64()
        ),
    })
}

/// When the memory is looked at first, and at last.
fn lengths(settings: &Settings) -> Result<(Duration, Duration)> {
    if settings.quick {
        return Ok((Duration::from_secs(3), Duration::from_secs(10)));
    }
    let minutes = match std::env::var(SOAK_VARIABLE) {
        Ok(minutes) => minutes
            .parse()
            .with_context(|| format!("{SOAK_VARIABLE} is a number of minutes above 1"))?,
        Err(_) => SOAK_MINUTES,
    };
    let whole = Duration::try_from_secs_f64(60.0 * minutes)?;
    anyhow::ensure!(
        minutes > 1.0,
        "{SOAK_VARIABLE} is a number of minutes above 1"
    );
    Ok((Duration::from_secs(60), whole))
}
