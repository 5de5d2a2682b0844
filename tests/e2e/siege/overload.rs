//! Many times more than there is room for, whether it is answered or not: what can be sold is still sold, the rest is told at once
//! to come back, and when it is over the shop is as before. Who floods one door shuts no other.
//!
//! Short ones, for every day; `scripts/k6/overload.sh` runs a minute and is where figures come from. Here the load shares its
//! cores with the server and with whatever else runs, so what is judged is generous.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use daybook_tests::{Http, Launch, Postgres, Server, TOKEN, eventually};
use hdrhistogram::Histogram;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::pulse::Pulse;
use crate::wire::{Ask, Door, Heard, Wire};

/// Customers that wait for each answer before they ask again: as many as keep the server busy.
const CUSTOMERS: usize = 64;

/// How long capacity is measured, and how long the overload lasts.
const MEASURED: Duration = Duration::from_secs(4);
const OVERLOADED: Duration = Duration::from_secs(6);

/// So many times more than there is room for.
const TIMES: f64 = 10.0;

/// No more than this is asked for in a second, or the load is the bottleneck, and no less, or there is room for all that comes.
const RATE_MAX: f64 = 4_000.0;
const RATE_MIN: f64 = 400.0;

/// What must still be sold, of the peak.
const GOODPUT_MIN: f64 = 0.5;

/// After it the shop is as before within so long.
const NORMAL_WITHIN: Duration = Duration::from_secs(10);

/// Log-ins a second: each would take a tenth of a second of a core.
const LOG_INS: f64 = 300.0;

/// What came of a load.
struct Outcome {
    /// Answered as hoped for, before it was over.
    done: u64,
    refused: u64,
    /// How long those took that were refused, in microseconds.
    refusals: Histogram<u64>,
    wrong: Vec<String>,
}

/// Connections to a server, as many as are in use at once.
struct Crowd {
    door: Door,
    idle: Mutex<Vec<Wire>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_times_the_orders_there_is_room_for() {
    let _alone = crate::alone().await;
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    let sku = for_sale(&server.http()).await;
    let crowd = Crowd::before(&server);
    crowd.peak(&sku, Duration::from_secs(1)).await;

    let peak = crowd.peak(&sku, MEASURED).await;
    let rate = (TIMES * peak).clamp(RATE_MIN, RATE_MAX);
    let outcome = crowd.press(rate, OVERLOADED, 201, || order(&sku)).await;
    outcome.report("orders");
    let goodput = outcome.done as f64 / OVERLOADED.as_secs_f64();
    let share = goodput / peak;
    println!("peak {peak:.0} orders/s; of {rate:.0}/s {goodput:.0}/s were sold, {share:.2} of it");
    assert!(
        outcome.refused > 0,
        "nothing was refused: there was room for all"
    );
    assert!(share >= GOODPUT_MIN, "goodput fell to {share:.2}");

    let over = Instant::now();
    eventually("the shop is as before", NORMAL_WITHIN, async || {
        let heard = Wire::to(&server).send(order(&sku)).await;
        if heard.status == 201 && heard.took < Duration::from_secs(1) {
            Ok(())
        } else {
            Err(format!("{} after {:?}", heard.describe(), heard.took))
        }
    })
    .await;
    println!("as before {:?} after it", over.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_log_ins_starves_no_orders() {
    let _alone = crate::alone().await;
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    Pulse::measured(&server, Duration::from_secs(1)).await;
    let before = Pulse::measured(&server, MEASURED).await;

    let pulse = Pulse::begin(&server).await;
    let stranger = || {
        let email = format!("{}@example.org", Uuid::now_v7().simple());
        let body = json!({"email": email, "password": "whatever comes to mind"});
        post("/v1/sessions", &body)
    };
    let crowd = Crowd::before(&server);
    let outcome = crowd.press(LOG_INS, OVERLOADED, 401, stranger).await;
    outcome.report("log-ins");
    assert!(outcome.done > 0, "nobody was told that they are nobody");
    assert!(outcome.refused > 0, "there was no flood");
    pulse.end().assert_unchanged(&before, "a flood of log-ins");
}

impl Crowd {
    fn before(server: &Server) -> Arc<Self> {
        Arc::new(Self {
            door: Door::of(server),
            idle: Mutex::default(),
        })
    }

    /// Orders a second that are confirmed when customers ask one after the other.
    async fn peak(&self, sku: &str, lasts: Duration) -> f64 {
        let until = Instant::now() + lasts;
        let customers = (0..CUSTOMERS).map(|_| async {
            let (mut wire, mut sold) = (Wire::through(&self.door), 0_u32);
            while Instant::now() < until {
                let heard = wire.send(order(sku)).await;
                assert_eq!(heard.status, 201, "{}", heard.describe());
                sold += u32::from(Instant::now() < until);
            }
            sold
        });
        let sold: u32 = futures::future::join_all(customers).await.iter().sum();
        f64::from(sold) / lasts.as_secs_f64()
    }

    /// Asks so often a second, whether there are answers or not, and counts those with the status that is hoped for.
    async fn press(
        self: &Arc<Self>,
        rate: f64,
        lasts: Duration,
        hoped_for: u16,
        ask: impl Fn() -> Ask,
    ) -> Outcome {
        let began = Instant::now();
        let mut asked = 0_u32;
        let mut running = JoinSet::new();
        while began.elapsed() < lasts {
            let due = (began.elapsed().as_secs_f64() * rate) as u32;
            for _ in asked..due {
                let (crowd, ask) = (Arc::clone(self), ask());
                running.spawn(async move { (crowd.send(ask).await, began.elapsed()) });
            }
            asked = due.max(asked);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let mut outcome = Outcome::default();
        while let Some(answered) = running.join_next().await {
            let (heard, after) = answered.unwrap();
            outcome.count(&heard, hoped_for, after < lasts);
        }
        outcome
    }

    /// The answer, on a connection that nobody uses at the moment.
    async fn send(&self, ask: Ask) -> Heard {
        let idle = self.idle.lock().unwrap().pop();
        let mut wire = idle.unwrap_or_else(|| Wire::through(&self.door));
        let heard = wire.send(ask).await;
        self.idle.lock().unwrap().push(wire);
        heard
    }
}

impl Default for Outcome {
    fn default() -> Self {
        Self {
            done: 0,
            refused: 0,
            refusals: Histogram::new(3).unwrap(),
            wrong: Vec::new(),
        }
    }
}

impl Outcome {
    fn count(&mut self, heard: &Heard, hoped_for: u16, in_time: bool) {
        match heard.status {
            status if status == hoped_for => self.done += u64::from(in_time),
            429 | 503 if heard.header("retry-after").is_some() => {
                self.refused += 1;
                let micros = u64::try_from(heard.took.as_micros()).unwrap_or(u64::MAX);
                self.refusals.record(micros).unwrap();
            }
            // An order that was placed, and not confirmed for as long as its customer waited.
            202 => {}
            _ => self.wrong.push(heard.describe()),
        }
    }

    /// Prints it, and fails the test if there were other answers.
    fn report(&self, what: &str) {
        let ms = |quantile| self.refusals.value_at_quantile(quantile) as f64 / 1_000.0;
        println!(
            "{what}: {} done, {} refused within p50 {:.1} ms, p99 {:.1} ms",
            self.done,
            self.refused,
            ms(0.5),
            ms(0.99)
        );
        let wrong = self.wrong.len();
        assert!(wrong == 0, "{wrong} other answers: {}", self.wrong[0]);
    }
}

/// A product of which there is plenty.
async fn for_sale(http: &Http) -> String {
    let sku = format!(
        "RUSH-{}",
        Uuid::now_v7().simple().to_string().to_uppercase()
    );
    let product = json!({
        "name": "In a rush", "slug": sku.to_lowercase(), "category": [], "published": true,
        "variants": [{"sku": sku, "prices": [{"minor": 100, "currency": "USD"}]}],
    });
    http.post("/v1/products", &product).await.expect(201);
    let receipts = format!("/v1/stock/{sku}/receipts");
    let plenty = json!({"quantity": 10_000_000});
    http.post(&receipts, &plenty).await.expect(201);
    sku
}

/// An order paid by card, whose customer waits for its confirmation.
fn order(sku: &str) -> Ask {
    let body = json!({
        "currency": "USD", "lines": [{"sku": sku, "quantity": 1}],
        "payment": {"gateway": "sandbox", "method": "pm_card_visa"},
    });
    let mut ask = post("/v1/orders", &body);
    let headers = ask.headers_mut();
    let token = format!("Bearer {TOKEN}");
    headers.insert("authorization", token.parse().unwrap());
    headers.insert("prefer", "wait=10".parse().unwrap());
    ask
}

fn post(path: &str, body: &Value) -> Ask {
    Request::post(path)
        .header("host", "daybook.example")
        .header("idempotency-key", Uuid::now_v7().to_string())
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap()
}
