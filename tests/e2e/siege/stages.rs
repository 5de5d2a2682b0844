//! What must be there before a route can be asked for something: a product, an order on its way, a payment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use daybook_tests::{Http, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

/// For what the shop does by itself, on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// So much that no siege uses it up.
const PLENTY: u64 = 100_000;

/// What must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Nothing,
    /// The name of a page about a problem.
    Code,
    /// The name of a query table.
    Table,
    /// A gateway that sends webhooks.
    Gateway,
    /// A product with one variant, published, with plenty of it.
    Product,
    /// An order of a thousand units, and the name of its stream.
    Stream,
    Placed,
    Confirmed,
    /// A hundred units of it have left.
    Shipped,
    /// All of it has arrived.
    Delivered,
    /// One unit is announced to come back.
    Returned,
    /// An order paid by card: its money is held.
    Paid,
    /// Its money is taken.
    Captured,
    /// A payment that the built-in gateway does not have.
    Reference,
    /// A client with a place to send people back to.
    Client,
    /// An account with the role that is named.
    Person,
    /// The same, logged in: its token, and the id of another session of its.
    LoggedIn,
}

/// Who is at home in every shop of a siege, and logs in.
pub const EMAIL: &str = "besieged@example.org";

/// Who is at home too, and has roles given and taken, which ends their sessions.
pub const PROMOTED: &str = "promoted@example.org";

/// The password of both.
pub const PASSWORD: &str = "nobody guesses this one";

/// Values by name.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<&'static str, String>);

impl Values {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.insert(name, value.into());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// The value of a name, if the stage has one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// `text` with every `$name` filled in; `$n` and `$uuid` with something new.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = text
            .replace("$n\"", &format!("{}\"", number()))
            .replace("$uuid", &Uuid::now_v7().to_string());
        for (name, value) in &self.0 {
            filled = filled.replace(&format!("${name}"), value);
        }
        filled
    }
}

/// Another number each time.
pub fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Stage {
    /// Brings it about.
    pub async fn set(self, http: &Http) -> Values {
        let known = Values::default()
            .with("currency", "USD")
            .with("now", "2030-01-01T00:00:00Z");
        match self {
            Self::Nothing => known,
            Self::Code => known.with("code", "not-found"),
            Self::Table => known.with("name", "product_listing"),
            Self::Gateway => known.with("name", "sandbox"),
            Self::Product => product(http, known).await,
            Self::Stream => {
                let values = order(http, product(http, known).await).await;
                let stream = format!("order-{}", values.get("id").unwrap());
                values.with("id", stream)
            }
            Self::Placed => order(http, product(http, known).await).await,
            Self::Confirmed => confirmed(http, known).await,
            Self::Shipped => shipped(http, known, 100).await,
            Self::Delivered => delivered(http, known).await,
            Self::Returned => returned(http, known).await,
            Self::Paid => paid(http, known).await,
            Self::Captured => captured(http, known).await,
            Self::Reference => known.with("reference", "pi_none"),
            Self::Client => client(http, known).await,
            Self::Person => {
                let known = known.with("role", "auditor");
                let known = logged_in(http, PROMOTED, known).await;
                let account = known.get("account").unwrap().to_owned();
                known.without("token").with("id", account)
            }
            Self::LoggedIn => {
                let other = logged_in(http, EMAIL, Values::default()).await;
                let session = other.get("session").unwrap().to_owned();
                logged_in(http, EMAIL, known.with("id", session)).await
            }
        }
    }
}

async fn client(http: &Http, known: Values) -> Values {
    let body = json!({
        "name": "On stage", "kind": "confidential", "redirect_uris": ["https://client.example/back"],
        "scopes": ["orders:read"],
    });
    let client = http.post("/v1/clients", &body).await.expect(201).json();
    let known = known.with("id", text(&client["id"]));
    let path = format!("/v1/clients/{}", known.get("id").unwrap());
    posted(http, &path).await;
    known
}

/// Waits until what was written can be read.
async fn posted(http: &Http, path: &str) {
    eventually("what was written is posted", SOON, async || {
        let seen = http.get(path).await;
        if seen.status == 200 {
            Ok(())
        } else {
            Err(seen.describe())
        }
    })
    .await;
}

async fn logged_in(http: &Http, email: &str, known: Values) -> Values {
    let body = json!({"email": email, "password": PASSWORD});
    let anybody = http.clone().with_token(None);
    // More at once than passwords may wait to be hashed are told to come again.
    let begun = eventually("somebody is logged in", SOON, async || {
        let begun = anybody.post("/v1/sessions", &body).await;
        match begun.status {
            201 => Ok(begun.json()),
            _ => Err(begun.describe()),
        }
    })
    .await;
    known
        .with("token", text(&begun["access_token"]))
        .with("account", text(&begun["account_id"]))
        .with("session", text(&begun["id"]))
}

async fn product(http: &Http, known: Values) -> Values {
    let number = number();
    let (sku, slug) = (format!("STAGE-{number}"), format!("stage-{number}"));
    let body = json!({
        "name": "On stage", "slug": slug, "category": ["SIEGE"], "published": true,
        "variants": [{"sku": sku, "prices": [{"minor": 100, "currency": "USD"}]}],
    });
    let created = http.post("/v1/products", &body).await.expect(201).json();
    let receipts = format!("/v1/stock/{sku}/receipts");
    let received = http.post(&receipts, &json!({"quantity": PLENTY})).await;
    let position = received.expect(201).json()["position"].to_string();
    let id = text(&created["id"]);
    known
        .with("id", id.clone())
        .with("id_or_slug", id)
        .with("slug", slug)
        .with("sku", sku)
        .with("position", position)
}

async fn order(http: &Http, known: Values) -> Values {
    let sku = known.get("sku").unwrap();
    let body = json!({"currency": "USD", "lines": [{"sku": sku, "quantity": 1_000}]});
    let placed = http.post("/v1/orders", &body).await.expect(201).json();
    known
        .with("id", text(&placed["id"]))
        .with("position", placed["position"].to_string())
}

async fn confirmed(http: &Http, known: Values) -> Values {
    let known = order(http, product(http, known).await).await;
    command(http, &known, "confirmations", json!({})).await;
    known
}

async fn shipped(http: &Http, known: Values, units: u64) -> Values {
    let known = confirmed(http, known).await;
    let lines = json!([{"sku": known.get("sku").unwrap(), "quantity": units}]);
    let receipt = command(http, &known, "shipments", json!({"lines": lines})).await;
    let shipment = text(&receipt["shipment_id"]);
    known
        .with("shipment_id", shipment)
        .with("position", receipt["position"].to_string())
}

async fn delivered(http: &Http, known: Values) -> Values {
    let known = shipped(http, known, 1_000).await;
    let delivery = format!("shipments/{}/delivery", known.get("shipment_id").unwrap());
    command(http, &known, &delivery, json!({})).await;
    known
}

async fn returned(http: &Http, known: Values) -> Values {
    let known = shipped(http, known, 100).await;
    let lines = json!([{"sku": known.get("sku").unwrap(), "quantity": 1}]);
    let receipt = command(http, &known, "returns", json!({"lines": lines})).await;
    let id = text(&receipt["return_id"]);
    known.with("return_id", id)
}

async fn paid(http: &Http, known: Values) -> Values {
    let known = product(http, known).await;
    let body = json!({
        "currency": "USD", "lines": [{"sku": known.get("sku").unwrap(), "quantity": 1_000}],
        "payment": {"gateway": "sandbox", "method": "pm_card_visa"},
    });
    let request = http.request(Method::POST, "/v1/orders");
    let request = request
        .header("idempotency-key", Uuid::now_v7().to_string())
        .header("prefer", "wait=25");
    let placed = http.send(request.json(&body)).await.expect(201);
    assert_eq!(
        placed.json()["status"],
        "confirmed",
        "{}",
        placed.describe()
    );
    let order = text(&placed.json()["id"]);
    let path = format!("/v1/orders/{order}");
    let payment = eventually("the order names its payment", SOON, async || {
        let seen = http.get(&path).await;
        let id = seen.json()["payment"]["id"].as_str().map(str::to_owned);
        id.ok_or_else(|| seen.describe())
    })
    .await;
    posted(http, &format!("/v1/payments/{payment}")).await;
    known
        .with("order", order)
        .with("id", payment.clone())
        .with("payment_id", payment)
}

async fn captured(http: &Http, known: Values) -> Values {
    let known = paid(http, known).await;
    let path = format!("/v1/payments/{}", known.get("id").unwrap());
    http.post(&format!("{path}/captures"), &json!({}))
        .await
        .expect(201);
    eventually("the money is taken", SOON, async || {
        let seen = http.get(&path).await;
        if seen.json()["captured"]["minor"].as_i64() > Some(0) {
            Ok(())
        } else {
            Err(seen.describe())
        }
    })
    .await;
    known
}

/// Sends a command to the order of the stage.
async fn command(http: &Http, known: &Values, what: &str, body: Value) -> Value {
    let path = format!("/v1/orders/{}/{what}", known.get("id").unwrap());
    let reply = http.post(&path, &body).await;
    assert_eq!(reply.status / 100, 2, "{path}: {}", reply.describe());
    reply.json()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}
