//! What can be set, and the limits that hold when nothing is.

use std::time::Duration;

use crate::edge::EdgeOptions;

/// Which routes are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routes {
    /// All of them.
    All,
    /// Health and metrics: for a process that runs other parts than the API.
    Watchers,
}

/// The settings of the HTTP layer. Everything that a client could exhaust has a limit here.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// Which routes are served.
    pub routes: Routes,
    /// A bearer token that is a service with every scope; none unless it is set.
    pub token: Option<String>,
    /// Most that somebody may refund who may not refund any amount, in whole units of the payment's currency.
    pub support_refund_max: u32,
    /// How long stock is held, and an order waits, for its confirmation.
    pub order_hold: Duration,
    /// How long a read waits for the position of `Daybook-Min-Position`.
    pub min_position_wait: Duration,
    /// Largest body.
    pub body_bytes_max: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long a request may take altogether.
    pub request_timeout: Duration,
    /// Most requests that are worked on at once; one more is refused at once.
    pub requests_at_once_max: usize,
    /// Most open connections; more wait to be accepted.
    pub connections_max: usize,
    /// How long the head of a request may take to arrive, and how long a connection may be idle before it.
    pub header_timeout: Duration,
    /// Largest head of a request.
    pub header_bytes_max: usize,
    /// How long a client may take nothing of an answer that it is sent.
    pub write_timeout: Duration,
    /// How long running requests may go on after the server was told to stop.
    pub drain_timeout: Duration,
    /// TLS, HTTP/2, other pages, rates.
    pub edge: EdgeOptions,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self {
            routes: Routes::All,
            token: None,
            support_refund_max: 100,
            order_hold: Duration::from_secs(24 * 3_600),
            min_position_wait: Duration::from_secs(2),
            body_bytes_max: 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            // Above what the executor takes at most to learn an unknown outcome (three times its own deadline of 10 s).
            request_timeout: Duration::from_secs(45),
            requests_at_once_max: 1_024,
            connections_max: 4_096,
            header_timeout: Duration::from_secs(10),
            header_bytes_max: 32 * 1024,
            write_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(30),
            edge: EdgeOptions::default(),
        }
    }
}
