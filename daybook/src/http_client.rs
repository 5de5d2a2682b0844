//! What the commands that are clients of the HTTP API have in common: the import and the demo.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Url;

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The address of a Daybook, as `--url` says it.
///
/// # Errors
/// When it is no address over HTTP.
pub fn address(url: &str) -> Result<Url> {
    Url::parse(url)
        .ok()
        .filter(|base| base.scheme() == "http" && base.has_host())
        .with_context(|| format!("--url is {url}, which should look like http://127.0.0.1:8080"))
}

/// A client whose attempts may take that long.
///
/// # Errors
/// When the machine has no means for it.
pub fn client(attempt_timeout: Duration) -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(attempt_timeout)
        // A token must not follow a redirect to somewhere else.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .context("cannot set up an HTTP client")
}
