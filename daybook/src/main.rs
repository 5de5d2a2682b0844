//! The one executable: it reads the command line and the configuration, and wires the parts.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod backstage;
mod cli;
mod config;
mod database;
mod demo;
mod embedded;
mod http_client;
mod identities;
mod import;
mod logging;
mod operate;
mod processes;
mod progress;
mod serve;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use cli::{Cli, Command};
use config::Config;
use mimalloc::MiMalloc;

/// Many small pieces, freed by other threads than took them: docs/decisions/0006.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("daybook: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode> {
    if let Command::Config = cli.command {
        print!("{}", config::DEFAULT_FILE);
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config::load(cli.config.as_deref())?;
    match cli.command {
        Command::Serve(options) => {
            logging::start(config.log_format, "info");
            serve::run(&config, &options).await?;
            Ok(ExitCode::SUCCESS)
        }
        command => {
            logging::start(config.log_format, "warn");
            operate::run(&config, command).await
        }
    }
}
