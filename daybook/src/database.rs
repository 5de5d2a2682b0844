//! Finding the journal's Postgres: the configured one, or the private one of the data folder.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use journal::{EventKind, Journal, JournalError, JournalOptions, Upcasters};
use sqlx::postgres::PgConnectOptions;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::embedded::{self, Embedded};

/// How long to wait between looks at a Postgres that is not there yet.
const RETRY_EVERY: Duration = Duration::from_millis(500);

/// Where the journal's Postgres is; and, if it is the private one, our hold on it.
pub struct Database {
    /// How its owner connects.
    pub owner: PgConnectOptions,
    embedded: Option<Embedded>,
}

impl Database {
    /// The configured Postgres, or the private one, started or adopted.
    pub async fn find(config: &Config) -> Result<Self> {
        if let Some(owner) = &config.database {
            let owner = owner.clone().application_name("daybook");
            return Ok(Self {
                owner,
                embedded: None,
            });
        }
        let embedded = Embedded::start(&data_dir(config).await).await?;
        let how = if embedded.started_here() {
            "started"
        } else {
            "adopted"
        };
        tracing::info!(data = %embedded.data().display(), "{how} the private Postgres");
        Ok(Self {
            owner: embedded.connect_options().application_name("daybook"),
            embedded: Some(embedded),
        })
    }

    /// The same, but refuses to make a private Postgres: who looks into the books must not be
    /// shown new, empty ones because the folder is the wrong one.
    pub async fn find_existing(config: &Config) -> Result<Self> {
        if config.database.is_none() {
            let data_dir = data_dir(config).await;
            if !data_dir.join("postgres").is_dir() {
                let shown = std::path::absolute(&data_dir).unwrap_or(data_dir);
                bail!(
                    "there are no books in {}: run this in the server's folder, or name its data folder in \
                     DAYBOOK_DATA_DIR, or its Postgres in DATABASE_URL",
                    shown.display()
                );
            }
        }
        Self::find(config).await
    }

    /// Migrates and opens the journal.
    pub async fn open(&self, config: &Config) -> Result<Journal, JournalError> {
        Journal::migrate(&self.owner).await?;
        Journal::open(JournalOptions {
            connect: self.owner.clone(),
            connections_max: config.connections_max,
            upcasters: Upcasters::new(domain::upcasters()),
            catalogue: catalogue(),
        })
        .await
    }

    /// Opens the journal, waiting for a Postgres that is away; `None` when `shutdown` came first.
    pub async fn open_when_there(
        &self,
        config: &Config,
        shutdown: &CancellationToken,
    ) -> Result<Option<Journal>> {
        let mut said = false;
        loop {
            match self.open(config).await {
                Ok(journal) => return Ok(Some(journal)),
                Err(error) if error.is_unavailable() => {
                    if !said {
                        tracing::warn!(%error, "waiting for Postgres; requests are answered with 503 until it is there");
                        said = true;
                    }
                }
                Err(error) => return Err(error).context("the journal cannot be opened"),
            }
            tokio::select! {
                () = tokio::time::sleep(RETRY_EVERY) => {}
                () = shutdown.cancelled() => return Ok(None),
            }
        }
    }

    /// Keeps the private Postgres running, if there is one. Never returns.
    pub async fn keep_up(&self) {
        match &self.embedded {
            Some(embedded) => embedded.keep_up().await,
            None => std::future::pending().await,
        }
    }

    /// Stops the private Postgres, unless another Daybook uses it.
    pub async fn close(self) -> Result<()> {
        match self.embedded {
            Some(embedded) => embedded
                .stop()
                .await
                .context("the private Postgres did not stop"),
            None => Ok(()),
        }
    }
}

/// Where local state is kept.
pub async fn data_dir(config: &Config) -> PathBuf {
    match &config.data_dir {
        Some(data_dir) => data_dir.clone(),
        None => embedded::default_data_dir().await,
    }
}

/// Every kind of event that this program can read.
fn catalogue() -> Vec<EventKind> {
    let kind = |kind: &domain::EventKind| EventKind {
        aggregate_type: kind.aggregate_type.to_owned(),
        event_type: kind.event_type.to_owned(),
        event_version: kind.version.to_owned(),
    };
    domain::CATALOG.iter().map(kind).collect()
}
