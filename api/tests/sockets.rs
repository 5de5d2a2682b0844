//! A server on a real loopback socket, and clients that speak to it in plain, over TLS, and in HTTP/2.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api::{Api, ApiOptions, EdgeOptions, TlsFiles};
use rcgen::CertifiedKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::sync::CancellationToken;

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server, and how it ends.
pub struct Served {
    pub address: SocketAddr,
    pub shutdown: CancellationToken,
    pub task: JoinHandle<std::io::Result<()>>,
}

pub async fn serve(options: ApiOptions) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(Api::closed(options).serve(listener, shutdown.clone()));
    Served {
        address,
        shutdown,
        task,
    }
}

/// Sends bytes, and returns all that comes back until the server closes.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    until_closed(&mut stream).await
}

pub async fn until_closed(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut received = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut received))
        .await
        .expect("the server kept the connection")
        .unwrap();
    String::from_utf8_lossy(&received).into_owned()
}

/// The bytes of a `GET` after which the server closes, with more header lines (`Name: value\r\n`).
pub fn get(path: &str, more: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n").into_bytes()
}

/// A certificate of its own, for `localhost`.
pub fn certificate() -> CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap()
}

/// Where a server of this folder looks for its pair.
pub fn files(folder: &Path) -> TlsFiles {
    TlsFiles {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    }
}

pub fn write(folder: &Path, pair: &CertifiedKey<rcgen::KeyPair>) {
    let files = files(folder);
    std::fs::write(files.certificate, pair.cert.pem()).unwrap();
    std::fs::write(files.key, pair.signing_key.serialize_pem()).unwrap();
}

/// Options of a server with the pair in this folder.
pub fn encrypted(folder: &Path, edge: EdgeOptions) -> ApiOptions {
    ApiOptions {
        edge: EdgeOptions {
            tls: Some(files(folder)),
            ..edge
        },
        ..ApiOptions::default()
    }
}

/// A connection to a server that shows exactly this certificate, speaking this protocol.
pub async fn connect(
    address: SocketAddr,
    trusted: &CertifiedKey<rcgen::KeyPair>,
    protocol: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.cert.der().clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}
