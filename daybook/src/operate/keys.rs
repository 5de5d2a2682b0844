//! `daybook keys …`: the keys that sign access tokens. They rotate by themselves; this is for the day that one became known, and
//! for who does not want to wait.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use identity::TokenOptions;
use identity::tokens::keys::SigningKeys;
use journal::Journal;

use crate::cli::Keys;
use crate::config::Config;
use crate::identities;

/// Runs one of them.
pub async fn run(config: &Config, journal: &Journal, command: Keys) -> Result<ExitCode> {
    let master = identities::master(config).await?;
    let keys = SigningKeys::open(journal.vault(), master).await;
    let keys = keys.context("the keys that sign cannot be opened")?;
    match command {
        Keys::List => list(&keys).await?,
        Keys::Rotate { now } => {
            let announced = TokenOptions::default().announce_keys_for;
            let announced = if now { Duration::ZERO } else { announced };
            let kid = keys.rotate(announced).await?;
            println!("key {kid} signs in {} s", announced.as_secs());
        }
        Keys::Revoke { kid } => {
            if !keys.revoke(&kid).await? {
                eprintln!("daybook: there is no key {kid}; `daybook keys list` lists them");
                return Ok(ExitCode::FAILURE);
            }
            println!("key {kid} is gone: servers refuse its tokens within seconds");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(keys: &SigningKeys) -> Result<()> {
    for key in keys.list().await? {
        let until = key
            .good_until
            .map_or_else(String::new, |at| format!(" good_until={at}"));
        println!("{} signs_from={}{until}", key.kid, key.signs_from);
    }
    Ok(())
}
