//! The outermost layer: gives a request its trace, sees that it is answered whatever happens inside, and counts it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::Method;
use metrics::{Counter, Histogram};
use tracing::Instrument;

use super::refusals;
use crate::problem::{Code, Problem, finish};
use crate::trace::Trace;

/// What is remembered of a request while it runs. The route, not the path: a path may name a person's order.
struct Observed {
    method: &'static str,
    route: Option<MatchedPath>,
    began: Instant,
}

/// Runs a request under its trace; a panic becomes a problem, and every problem complete.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let observed = Observed::of(&request);
    let trace = Trace::of(request.headers());
    let instance = request.uri().path().to_owned();
    request.extensions_mut().insert(trace.clone());
    let span = tracing::info_span!("request", trace_id = %trace.trace_id, method = observed.method, route = observed.route());
    async move {
        let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let response = answered.unwrap_or_else(|_| {
            tracing::error!("a request's handler panicked");
            Problem::internal().into_response()
        });
        let response = finish(response, &instance, &trace.trace_id);
        observed.report(&response);
        response
    }
    .instrument(span)
    .await
}

impl Observed {
    fn of(request: &Request) -> Self {
        Self {
            method: method_name(request.method()),
            route: request.extensions().get().cloned(),
            began: Instant::now(),
        }
    }

    fn report(self, response: &Response) {
        let (status, elapsed) = (response.status(), self.began.elapsed());
        // Microseconds are as fine as anybody reads.
        let duration_ms = (elapsed.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
        // Whoever asks whether we are ready hears the answer; a log of every "not yet" helps nobody.
        if response.extensions().get() == Some(&Code::Overloaded) {
            refusals::count();
        } else if status.is_server_error() && self.route() != "/readyz" {
            tracing::info!(status = status.as_u16(), duration_ms, "request failed");
        } else {
            tracing::debug!(status = status.as_u16(), duration_ms, "request answered");
        }
        METERS.with_borrow_mut(|meters| {
            let meter = meters.find(self.method, self.route(), status.as_u16());
            meter.requests.increment(1);
            meter.durations.record(elapsed.as_secs_f64());
        });
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or("(none)", MatchedPath::as_str)
    }
}

thread_local! {
    static METERS: RefCell<Meters> = RefCell::default();
}

/// The meters that this thread has used. Finding one by its labels in the recorder costs as much as a short request; their
/// number is bounded, as routes, methods and statuses are.
#[derive(Default)]
struct Meters(HashMap<String, HashMap<(&'static str, u16), Meter>>);

struct Meter {
    requests: Counter,
    durations: Histogram,
}

impl Meters {
    fn find(&mut self, method: &'static str, route: &str, status: u16) -> &Meter {
        let key = (method, status);
        if self
            .0
            .get(route)
            .is_none_or(|of_route| !of_route.contains_key(&key))
        {
            let of_route = self.0.entry(route.to_owned()).or_default();
            of_route.insert(key, Meter::new(method, route, status));
        }
        &self.0[route][&key]
    }
}

impl Meter {
    fn new(method: &'static str, route: &str, status: u16) -> Self {
        let labels = [
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", status.to_string()),
        ];
        Self {
            requests: metrics::counter!("daybook_http_requests_total", &labels),
            durations: metrics::histogram!("daybook_http_request_duration_seconds", &labels),
        }
    }
}

/// A client may make methods up; metrics may not grow with that.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
