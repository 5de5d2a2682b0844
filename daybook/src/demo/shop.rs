//! The HTTP API, as the demo uses it.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http_client;

const TIMEOUT: Duration = Duration::from_secs(15);

/// How browsers send forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// Below this a delivery arrives, and so many units come with it.
const STOCK_MIN: i64 = 5;
const DELIVERY_UNITS: i64 = 60;

/// A client of one Daybook.
pub struct Shop {
    http: reqwest::Client,
    base: Url,
    token: String,
}

/// Something to buy.
#[derive(Clone, Debug)]
pub struct Article {
    /// What it is asked for by.
    pub sku: String,
    /// In which currency it is sold.
    pub currency: String,
}

/// A page of the list of products, as far as it is needed.
#[derive(Deserialize)]
struct Listed {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
struct Variant {
    sku: String,
    prices: Vec<Price>,
}

#[derive(Deserialize)]
struct Price {
    minor: i64,
    currency: String,
}

/// A definite answer.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body: a receipt, a document or a problem.
    pub body: Value,
}

impl Answer {
    /// A text in the body, empty if it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.body
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// An error unless it was done.
    pub fn expected(&self, path: &str) -> Result<()> {
        if self.status.is_success() {
            return Ok(());
        }
        bail!(
            "{path} is answered with {}: {}",
            self.status,
            self.text("detail")
        )
    }
}

impl Shop {
    pub fn new(url: &str, token: &str) -> Result<Self> {
        Ok(Self {
            http: http_client::client(TIMEOUT)?,
            base: http_client::address(url)?,
            token: token.to_owned(),
        })
    }

    /// Articles to sell, with enough of each in stock.
    ///
    /// # Errors
    /// When nothing is for sale, or the server is away.
    pub async fn shelf(&self, articles: usize) -> Result<Vec<Article>> {
        let listed = self.get(&format!("/v1/products?limit={articles}")).await?;
        let listed: Listed = serde_json::from_value(listed.body).context("the list of products")?;
        let variants = listed.items.into_iter().flat_map(|item| item.variants);
        let shelf: Vec<Article> = variants.filter_map(for_sale).collect();
        if shelf.is_empty() {
            bail!("nothing is for sale; import the sample or make a product, and it goes on");
        }
        for article in &shelf {
            self.restock(&article.sku).await?;
        }
        Ok(shelf)
    }

    /// Has a delivery arrive if there is little left.
    pub async fn restock(&self, sku: &str) -> Result<()> {
        let stock = self.get(&format!("/v1/stock/{sku}")).await?;
        let locations = stock.body.get("locations").and_then(Value::as_array);
        let available = locations.into_iter().flatten();
        let available = available.filter_map(|at| at.get("available").and_then(Value::as_i64));
        if available.sum::<i64>() >= STOCK_MIN {
            return Ok(());
        }
        let body = json!({ "quantity": DELIVERY_UNITS, "reference": "demo delivery" });
        let path = format!("/v1/stock/{sku}/receipts");
        self.post(&path, &body).await?.expected(&path)
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, None).await
    }

    /// Asks for something to be done, under a key of its own.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Answers the built-in gateway's page as a browser would, and says whether it was taken. The page is at the server's address
    /// as it knows it; what is asked is the server that the demo was told of.
    pub async fn answer_gateway(&self, page: &str, answer: &str) -> Result<bool> {
        let path = page.find("/sandbox/").map_or("/", |at| &page[at..]);
        let url = self.base.join(path).context("the path")?;
        let request = self.http.post(url).header(CONTENT_TYPE, FORM);
        let answered = request.body(format!("answer={answer}")).send().await;
        Ok(answered.context("the server does not answer")?.status() == StatusCode::OK)
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let url = self.base.join(path).context("the path")?;
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            let key = Uuid::now_v7().to_string();
            request = request.header("idempotency-key", key).json(body);
        }
        // Whoever orders waits at the till.
        if path == "/v1/orders" {
            request = request.header("prefer", "wait=5");
        }
        let answered = request.send().await.context("the server does not answer")?;
        let status = answered.status();
        if status.is_server_error() {
            bail!("{path} is answered with {status}");
        }
        let text = answered.bytes().await.context("the answer broke off")?;
        let body = serde_json::from_slice(&text).unwrap_or_default();
        Ok(Answer { status, body })
    }
}

/// The variant, if it costs something in some currency.
fn for_sale(variant: Variant) -> Option<Article> {
    let price = variant.prices.into_iter().find(|price| price.minor > 0)?;
    Some(Article {
        sku: variant.sku,
        currency: price.currency,
    })
}
