//! The identities' part of the wiring: the master key, mail and the settings.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use access::seal::{MasterKeys, load_or_create};
use anyhow::{Context, Result};
use commands::Commands;
use domain::value::Timestamp;
use identity::mail::{Folder, Mailer, Smtp};
use identity::{Identity, IdentityOptions, LiveRevocations, RevocationTable, TokenOptions};
use projections::{Queries, RevokedLately};

use crate::config::Config;
use crate::config::access::Master;
use crate::database::data_dir;
use time::OffsetDateTime;

/// The master key's file in the data folder.
const KEY_FILE: &str = "master.key";
/// The folder for mail in the data folder.
const MAIL_FOLDER: &str = "mail";

/// Opens identities as they are configured.
pub async fn open(
    config: &Config,
    commands: Commands,
    queries: Option<Queries>,
) -> Result<Identity> {
    let mut options = options(config).await?;
    options.tokens.revocations = queries.map(|queries| Arc::new(Table(queries)) as _);
    let opened = Identity::open(commands, options).await;
    opened.context("the keys of accounts cannot be opened")
}

/// The query table of what was revoked a moment ago.
struct Table(Queries);

impl RevocationTable for Table {
    fn read(&self) -> Pin<Box<dyn Future<Output = Result<LiveRevocations, String>> + Send + '_>> {
        Box::pin(async {
            let lately = self.0.revoked_lately(now()).await;
            let RevokedLately {
                position,
                sessions,
                clients,
            } = lately.map_err(|error| error.to_string())?;
            Ok(LiveRevocations {
                position,
                sessions,
                clients,
            })
        })
    }
}

fn now() -> Timestamp {
    Timestamp::try_from(OffsetDateTime::now_utc()).unwrap_or(Timestamp::EPOCH)
}

async fn options(config: &Config) -> Result<IdentityOptions> {
    let access = &config.access;
    let master = master(config).await?;
    let public_url = config.public_url();
    Ok(IdentityOptions {
        mailer: mailer(config).await?,
        password_cost: access.password_cost,
        hashes_at_once_max: access.hashes_at_once_max,
        hashes_waiting_max: access.hashes_waiting_max,
        session_length: access.session_length,
        tokens: TokenOptions {
            access_lifetime: config.tokens.access_lifetime,
            client_session_lifetime: access.session_length,
            rotate_keys_every: config.tokens.rotate_keys_every,
            foreign: config.tokens.foreign.clone(),
            ..TokenOptions::default()
        },
        ..IdentityOptions::new(master, public_url)
    })
}

/// The master key.
pub async fn master(config: &Config) -> Result<MasterKeys> {
    match &config.access.master {
        Master::Keys(keys) => Ok((**keys).clone()),
        Master::File(Some(path)) => of_file(path).await,
        Master::File(None) => of_file(&data_dir(config).await.join(KEY_FILE)).await,
    }
}

/// Whoever makes the file keeps it: with several servers on one database, all need the same key.
async fn of_file(path: &Path) -> Result<MasterKeys> {
    let path = path.to_owned();
    let key = tokio::task::spawn_blocking(move || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        }
        anyhow::Ok(load_or_create(&path)?)
    });
    let key = key.await.context("the master key's file")??;
    tracing::info!(master_key.id = %key.id(), "the master key is that of the data folder");
    Ok(MasterKeys::new(key, Vec::new()))
}

async fn mailer(config: &Config) -> Result<Arc<dyn Mailer>> {
    let mail = &config.access.mail;
    if let Some(url) = &mail.smtp_url {
        return Ok(Arc::new(Smtp::new(url, &mail.from)?));
    }
    let folder = match &mail.folder {
        Some(folder) => folder.clone(),
        None => data_dir(config).await.join(MAIL_FOLDER),
    };
    Ok(Arc::new(Folder::new(folder, &mail.from)?))
}
