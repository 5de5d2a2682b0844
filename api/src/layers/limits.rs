//! Limits on time and on concurrency: what is too much is refused at once, with a word about when to try again.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use crate::problem::{Code, Problem};

/// Lets a limited number of requests through at once. Those that only look and those that change something are counted apart: a
/// flood of either must not starve the other.
#[derive(Clone, Debug)]
pub struct Gate {
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
}

impl Gate {
    /// For this many of each.
    pub fn new(requests_at_once_max: usize) -> Self {
        let permits = requests_at_once_max.clamp(1, Semaphore::MAX_PERMITS);
        let semaphore = || Arc::new(Semaphore::new(permits));
        Self {
            reads: semaphore(),
            writes: semaphore(),
        }
    }
}

/// Refuses what does not fit through the gate. Waiting would only hide from clients that it is too much, and a line of those who
/// wait would be longest when there is least time for it.
pub async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let semaphore = if request.method().is_safe() {
        &gate.reads
    } else {
        &gate.writes
    };
    match semaphore.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_) => {
            metrics::counter!("daybook_http_shed_total").increment(1);
            Problem::new(
                Code::Overloaded,
                "the server works on as many requests as it can; try again in a moment",
            )
            .into_response()
        }
    }
}

/// Gives a request up after `within`. What it asked of the executor may still be done.
pub async fn deadline(State(within): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(within, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            Code::Timeout,
            format!(
                "there was no answer within {} s; whether a write took effect can be learnt by repeating it with the \
                 same Idempotency-Key",
                within.as_secs()
            ),
        )
        .into_response(),
    }
}
