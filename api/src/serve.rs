//! The server: accepts connections within bounds, and stops without losing a request.
//!
//! An accept loop of our own over hyper, because axum's has no limits: the time for a TLS handshake, for a request's head (which
//! is also how long a connection may idle), its size, the number of connections, the patience with a client that does not read.

mod activity;
mod connection;
mod patience;
mod protocol;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{ApiOptions, metrics};
pub use connection::Peer;
use connection::{Ending, http1, http2};
use patience::Patient;
use protocol::Protocols;
use tls::Tls;

/// How long accepting rests after it failed: mostly for want of file descriptors, which others give back.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// How often recorded metrics are taken in.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// What every connection is served with.
struct Server {
    router: Router,
    protocols: Protocols,
    tls: Option<watch::Receiver<Arc<ServerConfig>>>,
    handshake_timeout: Duration,
    write_timeout: Duration,
    ending: Ending,
}

/// Serves until `shutdown`, then finishes what runs.
///
/// # Errors
/// The certificate or its key cannot be used; nothing was served then.
pub async fn serve(
    router: Router,
    listener: TcpListener,
    options: &ApiOptions,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let given_up = CancellationToken::new();
    let upkeep = TaskTracker::new();
    let tls = match &options.edge.tls {
        Some(files) => {
            let tls = Tls::open(files.clone()).await?;
            let current = tls.current();
            upkeep.spawn(tls.keep_up(given_up.clone()));
            Some(current)
        }
        None => None,
    };
    upkeep.spawn(keep_up(given_up.clone()));
    upkeep.close();
    let server = Arc::new(Server {
        router,
        protocols: Protocols::new(options),
        tls,
        handshake_timeout: options.edge.handshake_timeout,
        write_timeout: options.write_timeout,
        ending: Ending {
            stopping: shutdown.clone(),
            given_up: given_up.clone(),
        },
    });
    let permits = options.connections_max.clamp(1, Semaphore::MAX_PERMITS);
    let connections = Arc::new(Semaphore::new(permits));
    let open = TaskTracker::new();
    while let Some((stream, address, permit)) = next(&listener, &connections, &shutdown).await {
        let server = Arc::clone(&server);
        open.spawn(async move {
            let _permit = permit;
            server.connection(stream, address).await;
        });
    }
    drop(listener);
    drain(&open, options.drain_timeout).await;
    given_up.cancel();
    upkeep.wait().await;
    Ok(())
}

impl Server {
    /// Each way of serving has memory of its own: in one future every connection would take what the largest of them takes.
    async fn connection(&self, stream: TcpStream, address: SocketAddr) {
        let stream = Patient::new(stream, self.write_timeout);
        let peer = Peer {
            address,
            encrypted: self.tls.is_some(),
        };
        match &self.tls {
            Some(tls) => {
                let config = Arc::clone(&tls.borrow());
                Box::pin(self.encrypted(stream, config, peer)).await;
            }
            None => self.http1(stream, peer).await,
        }
    }

    async fn encrypted(&self, stream: Patient<TcpStream>, config: Arc<ServerConfig>, peer: Peer) {
        let handshake = TlsAcceptor::from(config).accept(stream);
        let handshake = tokio::time::timeout(self.handshake_timeout, handshake);
        let stream = tokio::select! {
            shaken = handshake => match shaken {
                Ok(Ok(stream)) => Box::new(stream),
                Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => return tracing::debug!("a TLS handshake took too long"),
            },
            () = self.ending.stopping.cancelled() => return,
        };
        let (router, ending) = (self.router.clone(), self.ending.clone());
        // What TLS agreed on; a client that named nothing speaks HTTP/1.1.
        match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => {
                Box::pin(http2(stream, router, peer, &self.protocols, ending)).await;
            }
            _ => self.http1(stream, peer).await,
        }
    }

    async fn http1<S>(&self, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (router, ending) = (self.router.clone(), self.ending.clone());
        Box::pin(http1(stream, router, peer, &self.protocols, ending)).await;
    }
}

/// The next connection, as soon as there is room for it; none after `shutdown`.
async fn next(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let accepted = async {
        let permit = Arc::clone(connections).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, address)) => {
                    let _ = stream.set_nodelay(true);
                    return Some((stream, address, permit));
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = shutdown.cancelled() => None,
        accepted = accepted => accepted,
    }
}

async fn drain(open: &TaskTracker, within: Duration) {
    open.close();
    let connections = open.len();
    if tokio::time::timeout(within, open.wait()).await.is_err() {
        tracing::warn!(
            connections,
            "requests were still running after {} s and were cut off",
            within.as_secs()
        );
    }
}

async fn keep_up(given_up: CancellationToken) {
    while tokio::time::timeout(UPKEEP_EVERY, given_up.cancelled())
        .await
        .is_err()
    {
        metrics::upkeep();
    }
}
