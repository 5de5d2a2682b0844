//! This executable once more, as a server in a process of its own: as far from the load as Daybook's server is.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const LISTENS_WITHIN: Duration = Duration::from_secs(30);

/// Such a server; killed by its id with this value.
pub struct Process {
    _child: Child,
    url: String,
}

impl Process {
    /// The peer on the database of `url`.
    pub async fn peer(url: &str) -> Result<Self> {
        Self::start(&["peer", "--database-url", url]).await
    }

    /// axum answering a constant body of so many bytes.
    pub async fn constant(bytes: usize) -> Result<Self> {
        Self::start(&["constant", "--bytes", &bytes.to_string()]).await
    }

    /// `daybook-bench ARGS…`, which prints `listening on http://…` first.
    async fn start(args: &[&str]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start a server of this executable")?;
        let stdout = child.stdout.take().context("its output is piped")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(LISTENS_WITHIN, lines.next_line())
            .await
            .context("it did not say where it listens")??
            .unwrap_or_default();
        let Some(url) = line.strip_prefix("listening on ") else {
            bail!("{args:?} did not say where it listens but {line:?}");
        };
        Ok(Self {
            url: url.to_owned(),
            _child: child,
        })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }
}
