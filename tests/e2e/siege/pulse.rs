//! The other clients: a steady, modest load of reads, orders and webhooks whose latencies say what an attack costs them.
//!
//! On a thread and a runtime of their own, so that a busy attacker in the same process does not count as a slow server. An open
//! loop: a request is due at its time whether the earlier ones were answered or not, and is late from then on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use daybook_tests::{Http, Server, TOKEN};
use hdrhistogram::Histogram;
use http::Request;
use http_body_util::Full;
use serde_json::json;
use uuid::Uuid;

use crate::wire::{Ask, Door, Wire};

/// Requests a second, all together.
const RATE: u32 = 60;
const CLIENTS: u32 = 6;

/// A p99 that is so many times what it was, and beyond the slack, is another p99.
const RATIO_MAX: f64 = 4.0;

/// The attacker shares two cores with the server, and on an ordinary day both with other work: then only who is really made to
/// wait counts.
const SLACK_MS: f64 = 100.0;
const SLACK_ON_A_BUSY_MACHINE_MS: f64 = 5_000.0;

/// The other clients, at work.
pub struct Pulse {
    stop: Arc<AtomicBool>,
    clients: JoinHandle<Found>,
}

/// What they found.
pub struct Found {
    /// Of what needs no disk.
    latencies: Histogram<u64>,
    /// Of orders: those wait for a disk that others may use as well, so they are told and not judged.
    orders: Histogram<u64>,
    /// Answers other than the right one, with how often.
    wrong: Vec<String>,
}

/// What they ask for.
#[derive(Clone)]
struct Errand {
    slug: String,
    sku: String,
}

impl Pulse {
    /// Begins; a product of its own is made before.
    pub async fn begin(server: &Server) -> Self {
        Self::at(server, Door::of(server)).await
    }

    /// Begins at another door of the shop that this server is of.
    pub async fn at(server: &Server, door: Door) -> Self {
        let errand = Errand::prepared(&server.http()).await;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let clients = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(all(&door, &errand, &stopped))
        });
        Self { stop, clients }
    }

    /// Runs it alone for a while.
    pub async fn measured(server: &Server, lasts: Duration) -> Found {
        Self::measured_at(server, Door::of(server), lasts).await
    }

    /// The same at another door.
    pub async fn measured_at(server: &Server, door: Door, lasts: Duration) -> Found {
        let pulse = Self::at(server, door).await;
        tokio::time::sleep(lasts).await;
        pulse.end()
    }

    /// Ends, with what was found.
    pub fn end(self) -> Found {
        self.stop.store(true, Ordering::Relaxed);
        self.clients.join().expect("the other clients' thread")
    }
}

impl Default for Found {
    fn default() -> Self {
        Self {
            latencies: Histogram::new(3).unwrap(),
            orders: Histogram::new(3).unwrap(),
            wrong: Vec::new(),
        }
    }
}

impl Found {
    fn ms(&self, quantile: f64) -> f64 {
        self.latencies.value_at_quantile(quantile) as f64 / 1_000.0
    }

    /// Fails the test when the other clients were answered otherwise or later than `before`.
    pub fn assert_unchanged(&self, before: &Self, what: &str) {
        for (when, found) in [("before", before), ("during", self)] {
            println!(
                "{what}, {when}: {} answers to the other clients, p50 {:.1} ms, p99 {:.1} ms (orders {:.1} ms), {} wrong",
                found.latencies.len() + found.orders.len(),
                found.ms(0.5),
                found.ms(0.99),
                found.orders.value_at_quantile(0.99) as f64 / 1_000.0,
                found.wrong.len()
            );
        }
        assert!(
            before.wrong.is_empty(),
            "before {what}: {}",
            before.wrong[0]
        );
        assert!(
            self.wrong.is_empty(),
            "during {what} {} of the other clients' requests went wrong, for example {}",
            self.wrong.len(),
            self.wrong[0]
        );
        let slack = if crate::is_full() {
            SLACK_MS
        } else {
            SLACK_ON_A_BUSY_MACHINE_MS
        };
        let most = (RATIO_MAX * before.ms(0.99)).max(before.ms(0.99) + slack);
        assert!(
            self.ms(0.99) <= most,
            "p99 during {what} is beyond {most:.1} ms"
        );
    }
}

impl Errand {
    async fn prepared(http: &Http) -> Self {
        let name = Uuid::now_v7().simple().to_string();
        let (slug, sku) = (
            format!("pulse-{name}"),
            format!("PULSE-{}", name.to_uppercase()),
        );
        let product = json!({
            "name": "Pulse", "slug": slug, "category": [], "published": true,
            "variants": [{"sku": sku, "prices": [{"minor": 100, "currency": "USD"}]}],
        });
        let created = http.post("/v1/products", &product).await.expect(201).json();
        let receipts = format!("/v1/stock/{sku}/receipts");
        let quantity = json!({"quantity": 1_000_000});
        http.post(&receipts, &quantity).await.expect(201);
        let read = http
            .request(reqwest::Method::GET, &format!("/v1/products/{slug}"))
            .header("daybook-min-position", created["position"].to_string());
        http.send(read).await.expect(200);
        Self { slug, sku }
    }

    /// One of each by turns, and the status that is right: a look, an order, a look at a list, a webhook that is forged.
    fn request(&self, number: u32) -> (Ask, u16) {
        let signed = ("daybook-signature", "t=1700000000,v1=00112233".to_owned());
        let known = ("authorization", format!("Bearer {TOKEN}"));
        let order = json!({"currency": "USD", "lines": [{"sku": self.sku, "quantity": 1}]});
        let (method, path, header, body, status) = match number % 4 {
            0 => (
                "GET",
                format!("/v1/products/{}", self.slug),
                None,
                String::new(),
                200,
            ),
            1 => (
                "POST",
                "/v1/orders".to_owned(),
                Some(known),
                order.to_string(),
                201,
            ),
            2 => (
                "GET",
                "/v1/orders?limit=5".to_owned(),
                Some(known),
                String::new(),
                200,
            ),
            _ => (
                "POST",
                "/v1/gateways/sandbox/webhooks".to_owned(),
                Some(signed),
                "{}".to_owned(),
                400,
            ),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "daybook.example")
            .header("idempotency-key", Uuid::now_v7().to_string())
            .header("content-type", "application/json");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        (request.body(Full::new(Bytes::from(body))).unwrap(), status)
    }
}

async fn all(door: &Door, errand: &Errand, stop: &AtomicBool) -> Found {
    let clients = (0..CLIENTS).map(|number| client(door, errand, number, stop));
    let mut all = Found::default();
    for found in futures::future::join_all(clients).await {
        all.latencies.add(found.latencies).unwrap();
        all.orders.add(found.orders).unwrap();
        all.wrong.extend(found.wrong);
    }
    all
}

async fn client(door: &Door, errand: &Errand, number: u32, stop: &AtomicBool) -> Found {
    let (mut wire, began) = (Wire::through(door), Instant::now());
    let mut found = Found::default();
    for slot in (number..).step_by(CLIENTS as usize) {
        let due = began + Duration::from_secs(1) * slot / RATE;
        tokio::time::sleep_until(due.into()).await;
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let (ask, right) = errand.request(slot);
        let shown = format!("{} {}", ask.method(), ask.uri());
        let heard = wire.send(ask).await;
        let late = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
        let of_its_kind = if right == 201 {
            &mut found.orders
        } else {
            &mut found.latencies
        };
        of_its_kind.record(late.max(1)).unwrap();
        if heard.status != right {
            found.wrong.push(format!("{shown}: {}", heard.describe()));
        }
    }
    found
}
