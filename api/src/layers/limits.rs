//! Limits on time and on concurrency: what is too much is refused at once, with a word about when to try again.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::seat::{Seats, overloaded};
use crate::problem::{Code, Problem};

/// Lets a limited number of requests through at once. Those that only look and those that change something are counted apart: a
/// flood of either must not starve the other.
#[derive(Clone, Debug)]
pub struct Gate {
    reads: Seats,
    writes: Seats,
}

impl Gate {
    /// For this many of each.
    pub fn new(requests_at_once_max: usize) -> Self {
        Self {
            reads: Seats::new(requests_at_once_max),
            writes: Seats::new(requests_at_once_max),
        }
    }
}

/// Refuses what does not fit through the gate. Waiting would only hide from clients that it is too much, and a line of those who
/// wait would be longest when there is least time for it.
pub async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let seats = if request.method().is_safe() {
        &gate.reads
    } else {
        &gate.writes
    };
    match seats.take() {
        Some(seat) => seat.keep(next.run(request)).await,
        None => {
            metrics::counter!("daybook_http_shed_total").increment(1);
            overloaded().into_response()
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn one_more_than_fits_is_refused_at_once() {
        let router = Router::new()
            .route("/", get(std::future::pending::<()>))
            .layer(from_fn_with_state(Gate::new(1), gate));
        let ask = || {
            let request = Request::get("/").body(Body::empty());
            Box::pin(router.clone().oneshot(request.unwrap()))
        };
        let mut running = ask();
        assert!(futures::poll!(&mut running).is_pending());
        let refused = ask().await.unwrap();
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["retry-after"]),
            (503, &"1".parse().unwrap())
        );
        drop(running);
        assert!(futures::poll!(&mut ask()).is_pending());
    }
}
