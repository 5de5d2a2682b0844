//! One connection, from its first byte to its end: HTTP/1.1, or HTTP/2 where TLS agreed on it.
//!
//! On the plain port only HTTP/1.1 is spoken. HTTP/2 without TLS ("prior knowledge") would have to be told apart by the first
//! bytes, for which hyper-util's builder waits without a deadline; nobody but proxies would use it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::CONNECTION;
use http::{HeaderValue, Request};
use hyper::body::{Body as _, Incoming};
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::activity::{Activity, Over};
use super::protocol::Protocols;

/// How long a closed connection is still read, so that the client gets to read the last answer (a body was too large, a head could
/// not be read): one that is closed on unread bytes is reset. A client on a busy machine needs a while to write what it has begun.
const LINGER: Duration = Duration::from_secs(5);

/// How long nothing may come meanwhile.
const LINGER_SILENCE: Duration = Duration::from_secs(1);

/// Most that is read then.
const LINGER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// At once.
const LINGER_BUFFER_BYTES: usize = 16 * 1024;

/// A longer body may still be on its way when its request is refused. Then the connection ends, and the answer says so, or its
/// client might send the next request on it (RFC 9112, 9.6).
const REFUSED_BODY_BYTES_MAX: u64 = 4 * 1024;

/// Who is at the other end of the connection, and how. In every request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its address, or its proxy's.
    pub address: SocketAddr,
    /// Whether nobody in between can read along.
    pub encrypted: bool,
}

/// When to stop.
#[derive(Clone)]
pub struct Ending {
    /// Finish what runs, take nothing new.
    pub stopping: CancellationToken,
    /// End now.
    pub given_up: CancellationToken,
}

/// Answers the requests of one connection.
#[derive(Clone)]
struct Requests {
    router: Router,
    peer: Peer,
    /// Kept where hyper does not bound what a connection may do.
    activity: Option<Arc<Activity>>,
}

impl Service<Request<Incoming>> for Requests {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let running = self.activity.as_ref().map(Activity::begin);
        let follows = request.body().size_hint().upper();
        let is_long = follows.is_none_or(|bytes| bytes > REFUSED_BODY_BYTES_MAX);
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer);
        let answering = self.router.clone().oneshot(request);
        async move {
            let response = answering.await?;
            Ok(match running {
                Some(running) => running.answered(response),
                None if is_long && !response.status().is_success() => ending(response),
                None => response,
            })
        }
        .boxed()
    }
}

/// The last answer of its connection.
fn ending(mut response: Response) -> Response {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

/// Serves HTTP/1.1 until either side ends it.
pub async fn http1<S>(stream: S, router: Router, peer: Peer, protocols: &Protocols, ending: Ending)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let requests = Requests {
        router,
        peer,
        activity: None,
    };
    let mut connection = protocols
        .http1
        .serve_connection(TokioIo::new(stream), requests);
    let mut leaving = false;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break ended,
            () = ending.stopping.cancelled(), if !leaving => {
                leaving = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
            () = ending.given_up.cancelled() => return,
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
    let mut stream = connection.into_parts().io.into_inner();
    // A connection that fails here has ended, which is what was wanted.
    if stream.shutdown().await.is_ok() && !leaving {
        let discarded = Box::pin(discard(&mut stream));
        let _ = tokio::time::timeout(LINGER, discarded).await;
    }
}

async fn discard(stream: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = vec![0; LINGER_BUFFER_BYTES];
    let mut discarded = 0;
    while let Ok(Ok(read @ 1..)) =
        tokio::time::timeout(LINGER_SILENCE, stream.read(&mut buffer)).await
    {
        discarded += read;
        if discarded > LINGER_BYTES_MAX {
            return;
        }
    }
}

/// Serves HTTP/2 until either side ends it.
pub async fn http2<S>(stream: S, router: Router, peer: Peer, protocols: &Protocols, ending: Ending)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let activity = Arc::new(Activity::default());
    let requests = Requests {
        router,
        peer,
        activity: Some(Arc::clone(&activity)),
    };
    let options = protocols.http2_options;
    let connection = protocols
        .http2
        .serve_connection(TokioIo::new(stream), requests);
    let mut connection = pin!(connection);
    let mut aged = pin!(tokio::time::sleep(options.age_max));
    // From then on the client has no more than this to take its answers and go.
    let mut leaving = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            over = activity.over(options.idle_timeout, options.requests_abandoned_max) => {
                if over == Over::Abused {
                    tracing::debug!("a connection was ended whose client gives up its requests");
                    metrics::counter!("daybook_http2_abused_total").increment(1);
                }
                if over == Over::Abused || leaving {
                    return;
                }
            }
            () = aged.as_mut(), if !leaving => {}
            () = ending.stopping.cancelled(), if !leaving => {}
            () = ending.given_up.cancelled() => return,
        }
        leaving = true;
        connection.as_mut().graceful_shutdown();
    }
}
