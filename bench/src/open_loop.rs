//! An open loop: requests at a fixed rate, whether the earlier ones were answered or not.
//!
//! A closed loop waits while the server is slow, and so hides how long those would have waited who came meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use daybook_tests::{Server, TOKEN};
use hdrhistogram::Histogram;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::load::Ask;
use crate::market::{self, Customers, Sold};

/// Enough that a slow answer does not hold the next request up.
const CONNECTIONS: u64 = 64;

/// One order in so many is looked up as soon as it is acknowledged.
const LOOKED_UP: u64 = 10;

/// What is not visible by then is lost.
const VISIBLE_WITHIN: Duration = Duration::from_secs(30);

/// A steady stream of orders.
#[derive(Clone)]
pub struct Stream {
    pub customers: Customers,
    pub sold: Sold,
    /// Orders a second.
    pub rate: f64,
    pub lasts: Duration,
    /// Look-ups before this are not counted.
    pub warm_up: Duration,
}

impl Stream {
    /// Runs it. Returns how long it took, in microseconds: from an order's acknowledgement until `GET /v1/orders/{id}`
    /// showed it, or, where customers wait for it, from the moment that it was due until it was confirmed.
    pub async fn run(&self, server: &Server) -> Result<Histogram<u64>> {
        let address = server
            .url()
            .strip_prefix("http://")
            .context("plain HTTP is spoken here")?
            .to_owned();
        let (next, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let mut clients = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (stream, next, address) = (self.clone(), Arc::clone(&next), address.clone());
            clients.spawn(async move { stream.client(&address, &next, began).await });
        }
        let mut took_micros = Histogram::<u64>::new(3)?;
        while let Some(ended) = clients.join_next().await {
            took_micros.add(ended??)?;
        }
        let took = began.elapsed();
        let orders = next.load(Ordering::Relaxed).saturating_sub(CONNECTIONS);
        let per_second = orders as f64 / took.as_secs_f64();
        ensure!(
            per_second > 0.9 * self.rate,
            "the load was to be {:.0} orders/s and only {per_second:.0} were taken",
            self.rate
        );
        Ok(took_micros)
    }

    /// Runs it so many times; the median and the 99th percentile of each run, in milliseconds.
    pub async fn p50_and_p99(
        &self,
        server: &Server,
        rounds: usize,
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        let (mut p50, mut p99) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let took = self.run(server).await?;
            let quantile = |quantile| took.value_at_quantile(quantile) as f64 / 1_000.0;
            p50.push(quantile(0.5));
            p99.push(quantile(0.99));
            market::caught_up(server).await?;
        }
        Ok((p50, p99))
    }

    /// Takes slot after slot, each at its time.
    async fn client(
        &self,
        address: &str,
        next: &AtomicU64,
        began: Instant,
    ) -> Result<Histogram<u64>> {
        let mut connection = connect(address).await?;
        let mut took_micros = Histogram::<u64>::new(3)?;
        loop {
            let slot = next.fetch_add(1, Ordering::Relaxed);
            let due = Duration::from_secs_f64(slot as f64 / self.rate);
            if due >= self.lasts {
                return Ok(took_micros);
            }
            tokio::time::sleep_until(began + due).await;
            let placed = send(&mut connection, self.customers.order(self.sold)).await?;
            let acknowledged = Instant::now();
            ensure!(
                placed.status() == StatusCode::CREATED,
                "{}: {}",
                placed.status(),
                String::from_utf8_lossy(placed.body())
            );
            let took = if self.sold == Sold::PaidByCard {
                let body = String::from_utf8_lossy(placed.body());
                ensure!(body.contains(r#""status":"confirmed""#), "{body}");
                acknowledged.duration_since(began + due)
            } else if slot.is_multiple_of(LOOKED_UP) {
                look_up(&mut connection, placed.headers()).await?;
                acknowledged.elapsed()
            } else {
                continue;
            };
            if due >= self.warm_up {
                let micros = u64::try_from(took.as_micros())?;
                took_micros.record(micros.max(1))?;
            }
        }
    }
}

/// Reads the order that was just placed, as someone does who was told its position.
async fn look_up(
    connection: &mut SendRequest<Full<bytes::Bytes>>,
    placed: &HeaderMap,
) -> Result<()> {
    let header = |name| placed.get(name).and_then(|value| value.to_str().ok());
    let path = header("location").context("a placed order has a Location")?;
    let position = header("daybook-position").context("a receipt has a position")?;
    let began = Instant::now();
    loop {
        let ask = Request::get(path)
            .header("host", "daybook")
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("daybook-min-position", position)
            .body(Full::default())?;
        let answer = send(connection, ask).await?;
        match answer.status() {
            StatusCode::OK => return Ok(()),
            // Not within the server's own patience: ask again, and the time goes on.
            StatusCode::SERVICE_UNAVAILABLE if began.elapsed() < VISIBLE_WITHIN => {}
            status => bail!(
                "{path} at {position} after {:?}: {status} {}",
                began.elapsed(),
                String::from_utf8_lossy(answer.body())
            ),
        }
    }
}

async fn connect(address: &str) -> Result<SendRequest<Full<bytes::Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn send(
    connection: &mut SendRequest<Full<bytes::Bytes>>,
    ask: Ask,
) -> Result<Response<bytes::Bytes>> {
    connection.ready().await?;
    let (head, body) = connection.send_request(ask).await?.into_parts();
    Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
}
