//! What operators and auditors do from the command line, beside a running server or without one.

mod accounts;
mod keys;
mod projections;

use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result};
use journal::Journal;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};

use crate::cli::{Accounts, Command, Import, PostgresEs, Projections};
use crate::config::Config;
use crate::database::Database;
use crate::demo;
use crate::import::complete_journey;
use crate::progress::Progress;
use crate::verify;

/// Runs a command that is not `serve`.
pub async fn run(config: &Config, command: Command) -> Result<ExitCode> {
    // Clients of the HTTP API: they need no database.
    let command = match command {
        Command::Import(Import::CompleteJourney(arguments)) => {
            return complete_journey::main(arguments, config.token.as_deref()).await;
        }
        Command::Demo(arguments) => {
            demo::main(arguments, config.token.as_deref()).await?;
            return Ok(ExitCode::SUCCESS);
        }
        command => command,
    };
    let database = match command {
        // The first owner may come before the first start.
        Command::Migrate | Command::Accounts(Accounts::CreateOwner(_)) => {
            Database::find(config).await?
        }
        _ => Database::find_existing(config).await?,
    };
    let outcome = with_journal(config, &database, command).await;
    database.close().await?;
    outcome
}

async fn with_journal(config: &Config, database: &Database, command: Command) -> Result<ExitCode> {
    let journal = database
        .open(config)
        .await
        .context("the journal cannot be opened")?;
    let code = match command {
        Command::Verify(options) => {
            let outcome = verify::run(&journal).await?;
            if options.json {
                outcome.print_json()
            } else {
                outcome.print()
            }
            if outcome.holds() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Command::Projections(Projections::List(options)) => {
            projections::list(&journal, options.json).await?
        }
        Command::Projections(Projections::Lag(options)) => {
            projections::lag(&journal, options.json).await?
        }
        Command::Projections(Projections::Rebuild { name, .. }) => match name {
            Some(name) => projections::rebuild(&journal, &name).await?,
            None => projections::rebuild_all(&journal).await?,
        },
        Command::Import(Import::PostgresEs(options)) => {
            import_postgres_es(&journal, &options).await?
        }
        Command::Accounts(command) => accounts::run(config, &journal, command).await?,
        Command::Keys(command) => keys::run(config, &journal, command).await?,
        Command::Migrate => {
            println!(
                "the schema is up to date; the journal holds {} events",
                journal.head().await?
            );
            ExitCode::SUCCESS
        }
        Command::Serve(_)
        | Command::Config
        | Command::Demo(_)
        | Command::Import(Import::CompleteJourney(_)) => ExitCode::SUCCESS,
    };
    journal.pool().close().await;
    Ok(code)
}

async fn import_postgres_es(journal: &Journal, options: &PostgresEs) -> Result<ExitCode> {
    let source = PgConnectOptions::from_str(&options.from)
        .context(
            "--from is not the address of a Postgres; one looks like postgres://user@host/database",
        )?
        .options([("search_path", &options.schema)]);
    // A connection first: it says what is wrong, where a pool would only say that it waited.
    let probe = source.connect().await;
    probe
        .context("the database of --from cannot be reached")?
        .close()
        .await?;
    let source = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(source)
        .await?;
    let progress = Progress::new("import", journal::import::count_postgres_es(&source).await?);
    let imported =
        journal::import::postgres_es(journal, &source, |done| progress.set(done)).await?;
    progress.finish();
    println!(
        "appended={} present={}",
        imported.appended, imported.present
    );
    Ok(ExitCode::SUCCESS)
}
