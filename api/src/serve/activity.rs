//! What an HTTP/2 connection is doing: hyper bounds neither how long one may do nothing nor how often a client may begin a
//! request only to give it up (CVE-2023-44487 beyond what h2 sees of it).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::Notify;

/// Counts the requests of one connection.
#[derive(Default)]
pub struct Activity {
    running: AtomicUsize,
    answered: AtomicU64,
    abandoned: AtomicU64,
    changed: Notify,
}

/// One request, until its answer was handed over or it was given up.
pub struct Running {
    activity: Arc<Activity>,
    answered: bool,
}

impl Activity {
    /// A request begins.
    pub fn begin(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
        Running {
            activity: Arc::clone(self),
            answered: false,
        }
    }

    /// Returns when nothing has been running for `idle`, or when more than `abandoned_max` requests were given up beyond those
    /// that were answered. One waiter at a time.
    pub async fn over(&self, idle: Duration, abandoned_max: u64) -> Over {
        loop {
            let changed = self.changed.notified();
            let answered = self.answered.load(Ordering::Relaxed);
            if self.abandoned.load(Ordering::Relaxed) > answered.saturating_add(abandoned_max) {
                return Over::Abused;
            }
            if self.running.load(Ordering::Relaxed) > 0 {
                changed.await;
            } else if tokio::time::timeout(idle, changed).await.is_err() {
                return Over::Idle;
            }
        }
    }
}

/// Why a connection should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Nothing happens on it.
    Idle,
    /// Its client begins requests only to give them up.
    Abused,
}

impl Running {
    /// The answer, which keeps the connection busy until it was handed over.
    pub fn answered(mut self, response: Response) -> Response {
        self.answered = true;
        response.map(|body| {
            Body::new(Held {
                body,
                _running: self,
            })
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let counter = if self.answered {
            &self.activity.answered
        } else {
            &self.activity.abandoned
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.activity.running.fetch_sub(1, Ordering::Relaxed);
        self.activity.changed.notify_one();
    }
}

/// A body that says when it is done with.
struct Held {
    body: Body,
    _running: Running,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
