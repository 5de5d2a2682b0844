//! The server: accepts connections within bounds, and stops without losing a request.
//!
//! An accept loop of our own over hyper, because axum's has no limits: the time for a request's head (which is also how long a
//! connection may idle), its size, the number of connections, the patience with a client that does not read.

mod patience;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{ApiOptions, metrics};
use patience::Patient;

/// How long accepting rests after it failed: mostly for want of file descriptors, which others give back.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// How often recorded metrics are taken in.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Serves until `shutdown`, then finishes what runs.
pub async fn serve(
    router: Router,
    listener: TcpListener,
    options: &ApiOptions,
    shutdown: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let given_up = CancellationToken::new();
    let connections = Arc::new(Semaphore::new(
        options.connections_max.clamp(1, Semaphore::MAX_PERMITS),
    ));
    let http = protocol(options);
    let upkeep = tokio::spawn(keep_up(given_up.clone()));
    while let Some((stream, permit)) = next(&listener, &connections, &shutdown).await {
        let service = TowerToHyperService::new(router.clone());
        let stream = TokioIo::new(Patient::new(stream, options.write_timeout));
        let connection = http.serve_connection(stream, service);
        let connection = graceful.watch(connection);
        let given_up = given_up.clone();
        tokio::spawn(async move {
            let _permit = permit;
            tokio::select! {
                ended = connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                }
                () = given_up.cancelled() => {}
            }
        });
    }
    drop(listener);
    drain(graceful, options.drain_timeout).await;
    given_up.cancel();
    let _ = upkeep.await;
}

fn protocol(options: &ApiOptions) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        // Their number has hyper's own limit of 100.
        .max_header_size(options.header_bytes_max);
    http
}

/// The next connection, as soon as there is room for it; none after `shutdown`.
async fn next(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let accepted = async {
        let permit = Arc::clone(connections).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    return Some((stream, permit));
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

async fn drain(graceful: GracefulShutdown, within: Duration) {
    let open = graceful.count();
    if tokio::time::timeout(within, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(
            connections = open,
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
