//! `daybook-bench constant` as a fixture.

use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// axum answering a constant body, in a process of its own as our server is; ended with this value.
pub struct Constant {
    _process: Child,
    url: String,
}

impl Constant {
    /// Starts one that answers so many bytes.
    pub async fn start(bytes: usize) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["constant", "--bytes", &bytes.to_string()])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = process.stdout.take().context("its output is piped")?;
        let line = BufReader::new(stdout)
            .lines()
            .next_line()
            .await?
            .unwrap_or_default();
        let url = line
            .strip_prefix("listening on ")
            .context("it says where it listens")?;
        Ok(Self {
            url: url.to_owned(),
            _process: process,
        })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }
}
