//! `daybook accounts …`: the first owner, and what has to be done when nobody can log in.

use std::io::{BufRead, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use commands::{Commands, Context as CommandContext, Executor, ExecutorOptions};
use domain::account::{LockReason, UnlockReason};
use domain::value::AccountId;
use identity::Identity;
use journal::{Journal, TailSource};
use projections::{Board, PageQuery, Queries};
use tokio_util::sync::CancellationToken;

use crate::cli::{Accounts, CreateOwner};
use crate::config::Config;
use crate::identities;

/// How many accounts are listed at a time.
const LISTED_MAX: u32 = 500;

/// Runs one of them.
pub async fn run(config: &Config, journal: &Journal, command: Accounts) -> Result<ExitCode> {
    let Accounts::List { json } = command else {
        return change(config, journal, command).await;
    };
    list(journal, json).await
}

async fn change(config: &Config, journal: &Journal, command: Accounts) -> Result<ExitCode> {
    let tail = TailSource::new(journal.clone());
    let options = ExecutorOptions::default();
    let (executor, commands) = Executor::new(journal.clone(), tail, &options);
    let stop = CancellationToken::new();
    let running = tokio::spawn(executor.run(stop.clone()));
    let outcome = decided(config, commands, command).await;
    stop.cancel();
    running.await.context("the executor failed")?;
    outcome
}

async fn decided(config: &Config, commands: Commands, command: Accounts) -> Result<ExitCode> {
    let identity = identities::open(config, commands, None).await?;
    match command {
        Accounts::CreateOwner(CreateOwner {
            email,
            password_file,
        }) => {
            let password = password(password_file.as_deref())?;
            let id = identity.create_owner(&email, &password).await?;
            println!("account {id} is an owner");
        }
        Accounts::Lock { account } => {
            let id = named(&identity, &account).await?;
            let reason = LockReason::Other;
            identity.lock(id, reason, context()).await?;
            println!("account {id} is locked");
        }
        Accounts::Unlock { account } => {
            let id = named(&identity, &account).await?;
            let reason = UnlockReason::Other;
            identity.unlock(id, reason, context()).await?;
            println!("account {id} is not locked");
        }
        Accounts::List { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// An account by its id or its address.
async fn named(identity: &Identity, account: &str) -> Result<AccountId> {
    if let Ok(id) = account.parse() {
        return Ok(id);
    }
    let found = identity.account_of(account).await?;
    found.context("there is no account with this id or address")
}

/// From a file, or typed without being shown, or the first line of what is piped in.
fn password(file: Option<&Path>) -> Result<String> {
    let text = match file {
        Some(path) => std::fs::read_to_string(path)
            .with_context(|| format!("the password file {} cannot be read", path.display()))?,
        None if std::io::stdin().is_terminal() => {
            let first = rpassword::prompt_password("Password: ")?;
            if rpassword::prompt_password("Again: ")? != first {
                bail!("the two are not the same; nothing was changed");
            }
            first
        }
        None => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            line
        }
    };
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        bail!("there is no password: type one, pipe one in, or name a file with --password-file");
    }
    Ok(password.to_owned())
}

fn context() -> CommandContext {
    CommandContext {
        actor: "service:command-line".to_owned(),
        ..CommandContext::default()
    }
}

/// From the query table: as far as a server has posted.
async fn list(journal: &Journal, json: bool) -> Result<ExitCode> {
    let queries = Queries::new(journal.clone(), Board::new());
    let mut after = None;
    loop {
        let query = PageQuery {
            limit: LISTED_MAX,
            after,
            before: None,
        };
        let page = queries.accounts(None, &query).await?;
        for item in &page.items {
            if json {
                println!("{item}");
            } else {
                println!("{}", line(item)?);
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

fn line(item: &str) -> Result<String> {
    let account: serde_json::Value = serde_json::from_str(item)?;
    let text = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
    let roles = account["roles"].as_array().into_iter().flatten();
    let roles: Vec<_> = roles.filter_map(serde_json::Value::as_str).collect();
    let state = match &account {
        account if !account["erased_at"].is_null() => "erased",
        account if !account["locked"].is_null() => "locked",
        account if account["email_verified"] == false => "unverified",
        _ => "active",
    };
    let (id, since) = (text("id"), text("registered_at"));
    Ok(format!("{id}  {since}  {state:<10}  {}", roles.join(",")))
}
