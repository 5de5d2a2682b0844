//! Fetching an issuer's keys: discovery (OpenID Connect Discovery 4), then the key set that it names.
//!
//! Bounded in time and size; redirects are not followed, so what was configured is what is asked. The document must name the
//! issuer that was configured (Discovery 4.3), and keys over plain HTTP are taken from an issuer on this machine only.

use std::time::Duration;

use access::token::{Jwks, JwksFault};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde::Deserialize;
use url::{Host, Url};

use crate::IdentityError;

/// How long one of the two requests may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Longest document that is read.
const DOCUMENT_BYTES_MAX: usize = 256 * 1024;

/// Fetches an issuer's keys.
pub(super) struct Fetcher {
    issuer: String,
    client: Client,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchFault {
    #[error("{0} does not answer: {1}")]
    Http(String, reqwest::Error),
    #[error("{0} answers {1}, where 200 would be right; redirects are not followed")]
    Status(String, reqwest::StatusCode),
    #[error("{0} answers more than {DOCUMENT_BYTES_MAX} bytes")]
    TooLong(String),
    #[error("the discovery document is not one: {0}")]
    Discovery(serde_json::Error),
    #[error("the discovery document is of issuer {0}, which is not the one that is configured")]
    OtherIssuer(String),
    #[error("the discovery document's jwks_uri {0} is not https")]
    KeysAddress(String),
    #[error(transparent)]
    Keys(#[from] JwksFault),
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Fetcher {
    pub fn new(issuer: &str) -> Result<Self, IdentityError> {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .build();
        let client = client.map_err(|error| {
            tracing::error!(%error, "no HTTP client can be made");
            IdentityError::Defect
        })?;
        let issuer = issuer.to_owned();
        Ok(Self { issuer, client })
    }

    /// The keys that the issuer publishes now.
    pub async fn jwks(&self) -> Result<Jwks, FetchFault> {
        let base = self.issuer.trim_end_matches('/');
        let document = format!("{base}/.well-known/openid-configuration");
        let document = self.get(&document).await?;
        let document: Discovery =
            serde_json::from_slice(&document).map_err(FetchFault::Discovery)?;
        if document.issuer != self.issuer {
            return Err(FetchFault::OtherIssuer(document.issuer));
        }
        if !is_safe_address(&document.jwks_uri) {
            return Err(FetchFault::KeysAddress(document.jwks_uri));
        }
        Ok(Jwks::parse(&self.get(&document.jwks_uri).await?)?)
    }

    async fn get(&self, address: &str) -> Result<Vec<u8>, FetchFault> {
        let failed = |error| FetchFault::Http(address.to_owned(), error);
        let response = self.client.get(address).send().await.map_err(failed)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(FetchFault::Status(address.to_owned(), response.status()));
        }
        body(response, address).await
    }
}

async fn body(mut response: Response, address: &str) -> Result<Vec<u8>, FetchFault> {
    let mut whole = Vec::new();
    let failed = |error| FetchFault::Http(address.to_owned(), error);
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if whole.len() + chunk.len() > DOCUMENT_BYTES_MAX {
            return Err(FetchFault::TooLong(address.to_owned()));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

/// Whether nobody on the way can change what is read there.
pub fn is_safe_address(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || url.scheme() == "http" && is_here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        for address in [
            "https://id.example/keys",
            "http://127.0.0.1:4000/jwks",
            "http://localhost/jwks",
            "http://[::1]/",
        ] {
            assert!(is_safe_address(address), "{address}");
        }
        for address in [
            "http://id.example/keys",
            "file:///etc/passwd",
            "ftp://127.0.0.1/",
            "jwks",
            "http://127.0.0.1.evil.example/",
        ] {
            assert!(!is_safe_address(address), "{address}");
        }
    }
}
