//! TLS by rustls: the certificate and key from two files, read again when they change.
//!
//! A new pair that cannot be used leaves the old one in place: a server that still answers with yesterday's certificate can be
//! mended, one that answers nobody cannot even be seen. TLS 1.2 and 1.3, which is all that rustls speaks, by ring.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_util::sync::CancellationToken;

use crate::edge::TlsFiles;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What is spoken inside, the better one first (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The pair that new connections are encrypted with.
pub struct Tls {
    files: TlsFiles,
    current: watch::Sender<Arc<ServerConfig>>,
    /// The bytes that were looked at last, used or refused.
    seen: Pair,
}

/// Both files as they are.
#[derive(Clone, PartialEq, Eq)]
struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads both files.
    ///
    /// # Errors
    /// They cannot be read, are not PEM, hold no certificate or no key, or do not belong together. The text names the file.
    pub async fn open(files: TlsFiles) -> io::Result<Self> {
        let seen = Pair::read(&files).await?;
        let config = seen.config(&files).map_err(io::Error::other)?;
        Ok(Self {
            files,
            current: watch::Sender::new(config),
            seen,
        })
    }

    /// What new connections use.
    pub fn current(&self) -> watch::Receiver<Arc<ServerConfig>> {
        self.current.subscribe()
    }

    /// Looks at the files until `shutdown`.
    pub async fn keep_up(mut self, shutdown: CancellationToken) {
        // Two files cannot be replaced at one moment: what does not fit is looked at twice before it is called wrong.
        let mut suspect = None;
        while tokio::time::timeout(LOOK_EVERY, shutdown.cancelled())
            .await
            .is_err()
        {
            match Pair::read(&self.files).await {
                Ok(pair) if pair == self.seen => suspect = None,
                Ok(pair) => self.take(pair, &mut suspect),
                // Gone while they are replaced, or for longer: what is in use stays, and connections say nothing of it.
                Err(error) => {
                    tracing::debug!(%error, "the certificate's files cannot be read at the moment")
                }
            }
        }
    }

    fn take(&mut self, pair: Pair, suspect: &mut Option<Pair>) {
        match pair.config(&self.files) {
            Ok(config) => {
                self.current.send_replace(config);
                tracing::info!(file = %self.files.certificate.display(), "new connections use the new certificate");
                (self.seen, *suspect) = (pair, None);
            }
            Err(_) if suspect.as_ref() != Some(&pair) => *suspect = Some(pair),
            Err(error) => {
                tracing::error!(%error, "the new certificate cannot be used; the old one stays in use");
                metrics::counter!("daybook_tls_reload_failures_total").increment(1);
                (self.seen, *suspect) = (pair, None);
            }
        }
    }
}

impl Pair {
    async fn read(files: &TlsFiles) -> io::Result<Self> {
        let read = async |path: &std::path::Path, setting: &str| {
            tokio::fs::read(path).await.map_err(|error| {
                let shown = path.display();
                io::Error::new(
                    error.kind(),
                    format!("{setting} {shown} cannot be read: {error}"),
                )
            })
        };
        Ok(Self {
            certificate: read(&files.certificate, "the certificate").await?,
            key: read(&files.key, "the certificate's key").await?,
        })
    }

    fn config(&self, files: &TlsFiles) -> Result<Arc<ServerConfig>, String> {
        let shown = files.certificate.display();
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("{shown} is not a PEM file of certificates: {error}"))?;
        if chain.is_empty() {
            return Err(format!(
                "{shown} holds no certificate (-----BEGIN CERTIFICATE-----)"
            ));
        }
        // The error is not shown: it could quote the file.
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| format!("{} holds no private key in PEM", files.key.display()))?;
        usable(chain, key).map_err(|error| {
            format!(
                "{shown} and {} cannot be used together: {error}",
                files.key.display()
            )
        })
    }
}

fn usable(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    // Who comes back need not be proven to again; without state for each of them here.
    config.ticketer = ring::Ticketer::new()?;
    Ok(Arc::new(config))
}
