//! `make bench`: Daybook beside what its users would otherwise take, in one run, on one machine.
//!
//! Both sides stand on the same Postgres with `fsync` and `synchronous_commit` on, and are measured by turns; only ratios
//! count. Each row of the plan is a file in `rows/`; what came out goes to `docs/benchmarks.{md,json}` and its pictures.
//! `peer/` is what Daybook is compared with; it knows the domain and nothing else of Daybook.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measuring tool: whatever goes wrong ends the run with a message"
)]

/// What the server has, so that neither side of a comparison in process is slower for its allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod ground;
mod load;
mod market;
mod measure;
mod open_loop;
mod peer;
mod process;
mod report;
mod rows;
mod seed;
mod settings;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};

use crate::ground::Ground;
use crate::settings::Settings;

/// Measures Daybook beside its peers.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure, and write the pages.
    Run(Run),
    /// Serve the peer: the same routes on cqrs-es and postgres-es.
    Peer {
        /// Its database.
        #[arg(long)]
        database_url: String,
    },
    /// Serve a constant body: what HTTP alone costs.
    Constant {
        /// How many bytes.
        #[arg(long)]
        bytes: usize,
    },
}

#[derive(clap::Args)]
struct Run {
    /// Less of everything: under three minutes.
    #[arg(long)]
    quick: bool,
    /// Which rows, with commas between; all if not given.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<u8>,
    /// How often each side is measured.
    #[arg(long)]
    rounds: Option<usize>,
    /// The folder of the pages.
    #[arg(long, default_value = "docs")]
    out: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Run(options) => run(options).await,
        Command::Peer { database_url } => peer::serve(&database_url).await,
        Command::Constant { bytes } => peer::constant(bytes).await,
    }
}

async fn run(options: Run) -> Result<()> {
    if cfg!(debug_assertions) {
        bail!("this is a debug build, whose figures mean nothing; `make bench` builds for release");
    }
    let all = options.rows.is_empty();
    let settings = Settings {
        quick: options.quick,
        rounds: options.rounds.unwrap_or(if options.quick { 1 } else { 3 }),
        measure: if options.quick {
            Duration::from_secs(1)
        } else {
            Duration::from_secs(5)
        },
        warm_up: if options.quick {
            Duration::from_millis(300)
        } else {
            Duration::from_secs(1)
        },
        rows: if all {
            (1..=rows::ROWS).collect()
        } else {
            options.rows
        },
        out: options.out,
    };
    let began = Instant::now();
    let ground = Ground::start().await;
    let mut cases = Vec::new();
    for row in &settings.rows {
        eprintln!("row {row}: {} …", rows::title(*row));
        let began = Instant::now();
        let measured = rows::run(*row, &settings, &ground).await?;
        for case in &measured {
            println!("{}", report::line(case));
        }
        eprintln!("row {row}: {:.0} s", began.elapsed().as_secs_f64());
        cases.extend(measured);
    }
    report::write(&settings, &ground, &cases, began.elapsed()).await
}
