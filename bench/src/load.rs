//! A load of HTTP requests: so many connections, each with one request on its way at a time.
//!
//! Closed loop: what it finds is a rate under this many clients, and the latency that they saw. It shares the machine with
//! what it measures, so both sides of a comparison pay for it alike.

mod connection;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http::{Request, StatusCode};
use http_body_util::Full;
use tokio::task::JoinSet;

use connection::Connection;

use crate::settings::Settings;

/// No answer for this long is a failure of the run.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A request of the load.
pub type Ask = Request<Full<Bytes>>;

/// What a load found.
#[derive(Debug)]
pub struct Found {
    /// Requests answered within the measured time, a second.
    pub per_second: f64,
    /// How long they took, in microseconds.
    pub latencies: Histogram<u64>,
}

impl Found {
    /// A quantile of the latency, in milliseconds.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        self.latencies.value_at_quantile(quantile) as f64 / 1_000.0
    }
}

/// Sends what `ask` makes for (connection, number of the request on it) over `connections` connections to `url`
/// (`http://host:port`), and counts after the warm-up. Any status but 2xx and 304 ends the run with an error that shows the answer.
pub async fn load(
    settings: &Settings,
    url: &str,
    connections: usize,
    ask: impl Fn(usize, u64) -> Ask + Send + Sync + 'static,
) -> Result<Found> {
    let address = url
        .strip_prefix("http://")
        .context("the load speaks plain HTTP")?
        .to_owned();
    let ask = Arc::new(ask);
    let counting_from = Instant::now() + settings.warm_up;
    let until = counting_from + settings.measure;
    let mut clients = JoinSet::new();
    for connection in 0..connections {
        let (address, ask) = (address.clone(), Arc::clone(&ask));
        clients.spawn(async move {
            let mut server = Connection::open(&address).await?;
            let mut latencies = Histogram::<u64>::new(3)?;
            for number in 0.. {
                let asked = Instant::now();
                if asked >= until {
                    break;
                }
                let request = ask(connection, number);
                tokio::time::timeout(ANSWER_TIMEOUT, answer(&mut server, request))
                    .await
                    .context("no answer within 30 s")??;
                if asked >= counting_from {
                    latencies.record(u64::try_from(asked.elapsed().as_micros())?.max(1))?;
                }
            }
            Ok::<_, anyhow::Error>(latencies)
        });
    }
    let mut latencies = Histogram::<u64>::new(3)?;
    while let Some(ended) = clients.join_next().await {
        latencies.add(ended??)?;
    }
    let per_second = latencies.len() as f64 / settings.measure.as_secs_f64();
    Ok(Found {
        per_second,
        latencies,
    })
}

/// The same closed loop in this process: so many writers, each with one command on its way at a time. Counts those that
/// were acknowledged within the measured time, a second; the first error ends the run.
pub async fn drive<F>(
    settings: &Settings,
    writers: usize,
    execute: impl Fn(usize, u64) -> F + Send + Sync + 'static,
) -> Result<f64>
where
    F: Future<Output = Result<()>> + Send,
{
    let execute = Arc::new(execute);
    let counting_from = Instant::now() + settings.warm_up;
    let until = counting_from + settings.measure;
    let mut running = JoinSet::new();
    for writer in 0..writers {
        let execute = Arc::clone(&execute);
        running.spawn(async move {
            let mut acknowledged = 0_u64;
            for number in 0.. {
                tokio::time::timeout(ANSWER_TIMEOUT, execute(writer, number))
                    .await
                    .context("no answer within 30 s")??;
                let now = Instant::now();
                if now >= until {
                    break;
                }
                acknowledged += u64::from(now >= counting_from);
            }
            Ok::<_, anyhow::Error>(acknowledged)
        });
    }
    let mut acknowledged = 0;
    while let Some(ended) = running.join_next().await {
        acknowledged += ended??;
    }
    Ok(acknowledged as f64 / settings.measure.as_secs_f64())
}

async fn answer(server: &mut Connection, request: Ask) -> Result<()> {
    let (status, body) = server.answer(request).await?;
    if !status.is_success() && status != StatusCode::NOT_MODIFIED {
        bail!("{status}: {}", String::from_utf8_lossy(body));
    }
    Ok(())
}
