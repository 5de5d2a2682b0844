//! Accounts and access: the master key, and what identities are opened with.
//!
//! The master key is the one thing that is not in the database. It comes from DAYBOOK_MASTER_KEY, or from a file in the data
//! folder that is made at the first start. All nodes on one database have the same.

use ::access::seal::{MasterKey, MasterKeys, load_or_create};
use anyhow::{Context, Result};
use identity::IdentityOptions;

use crate::config::Config;
use crate::database::data_dir;

/// The settings of identities.
pub async fn options(config: &Config) -> Result<IdentityOptions> {
    let master = MasterKeys::new(master_key(config).await?, Vec::new());
    let public_url = format!("http://{}", config.listen);
    Ok(IdentityOptions::new(master, public_url))
}

async fn master_key(config: &Config) -> Result<MasterKey> {
    if let Ok(text) = std::env::var("DAYBOOK_MASTER_KEY") {
        return MasterKey::parse(&text).context("DAYBOOK_MASTER_KEY");
    }
    let folder = data_dir(config).await;
    let made = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        Ok(load_or_create(&folder.join("master.key"))?)
    });
    made.await?
}
