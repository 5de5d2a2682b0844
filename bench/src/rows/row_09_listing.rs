//! The product listing beside the same SQL by hand.
//!
//! Both ask one page after the other over one connection, and the slowest hundredth is compared: ours over HTTP, from the
//! request's text to the page with its cursors; the peer with the statement that `product_listing/read.rs` puts together,
//! prepared once, to the rows.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use daybook_tests::{Postgres, Server, TOKEN};
use hdrhistogram::Histogram;
use http::Request;
use http_body_util::Full;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Connection as _, PgConnection, Row as _};
use uuid::Uuid;

use crate::ground::Ground;
use crate::load::load;
use crate::market::{self, Files};
use crate::measure::{Bar, Case, by_turns};
use crate::settings::Settings;

/// Items of a page: the default, and what the sample has enough products for.
const ITEMS: i64 = 50;
const ITEMS_FEW: i64 = 5;

/// The page that is far down.
const FAR: i64 = 1_000;

/// The bar: ours takes at most so many times as long.
const TIMES: f64 = 1.3;

/// As in `product_listing.rs`: what ends a part of a category's path, and what comes after every path that goes on.
const GROCERY: (&str, &str) = ("GROCERY\u{1f}", "GROCERY\u{20}");

/// A page, as HTTP asks for it and as SQL by hand does.
struct Page {
    name: &'static str,
    /// The query string, without `limit`.
    query: String,
    sql: &'static str,
    bind: Vec<Value>,
}

/// A parameter of a statement.
enum Value {
    Text(String),
    Number(i64),
    Id(Uuid),
}

const FIRST: &str = "select l.name_key, l.product_id, l.body from query.product_listing l \
     where l.published order by l.name_key, l.product_id limit $1";
const AFTER: &str = "select l.name_key, l.product_id, l.body from query.product_listing l \
     where l.published and (l.name_key, l.product_id) > ($2, $3) order by l.name_key, l.product_id limit $1";
const FILTERED: &str = "select p.minor, l.product_id, l.body from query.product_listing l \
     join query.product_listing_price p on p.product_id = l.product_id \
     where l.published and l.category_key >= $2 and l.category_key < $3 and p.currency = $4 and p.minor <= $5 \
     order by p.minor, p.product_id limit $1";
const TEXT: &str = "select score, l.product_id, l.body from query.product_listing l \
     cross join lateral (select (1000000 * case when l.search @@ websearch_to_tsquery('pg_catalog.simple', $2) \
     then 1 + ts_rank(l.search, websearch_to_tsquery('pg_catalog.simple', $2)) \
     else word_similarity($3, l.name_key) end)::bigint as score) s \
     where l.published and (l.search @@ websearch_to_tsquery('pg_catalog.simple', $2) or $3 <% l.name_key) \
     order by score desc, l.product_id desc limit $1";

/// Row 9.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let files = Files::find(settings);
    let articles = files.articles()?;
    let database = ground.database().await;
    market::open(&database, &articles, false).await?;
    let server = ground.daybook(&database).await;
    market::caught_up(&server).await?;
    let mut connection = PgConnection::connect_with(&database.options()).await?;
    sqlx::query("vacuum analyze")
        .execute(&mut connection)
        .await?;
    let is_large = articles.len() as i64 > FAR * ITEMS;
    let items = if is_large { ITEMS } else { ITEMS_FEW };
    let mut cases = Vec::new();
    for page in pages(&server, &mut connection, items).await? {
        check(&server, &mut connection, &page, items).await?;
        let (ours, peer) = by_turns(
            settings.rounds,
            async || ours(settings, &server, &page, items).await,
            async || by_hand(settings, &database, &page, items).await,
        )
        .await?;
        cases.push(Case {
            row: 9,
            case: page.name.to_owned(),
            unit: "ms p99",
            against: "the same SQL by hand, prepared",
            ours,
            peer,
            bar: Some((Bar::AtMost, TIMES)),
            note: format!(
                "{items} of {} products, one after the other; all are published, at prices made up from their numbers.",
                articles.len()
            ),
        });
    }
    connection.close().await?;
    Ok(cases)
}

async fn pages(server: &Server, connection: &mut PgConnection, items: i64) -> Result<Vec<Page>> {
    let before = sqlx::query(
        "select name_key, product_id from query.product_listing where published \
         order by name_key, product_id offset $1 limit 1",
    )
    .bind((FAR - 1) * items - 1)
    .fetch_one(connection)
    .await?;
    Ok(vec![
        Page {
            name: "first page",
            query: String::new(),
            sql: FIRST,
            bind: Vec::new(),
        },
        Page {
            name: "thousandth page",
            query: format!("&after={}", far_cursor(server, items).await?),
            sql: AFTER,
            bind: vec![
                Value::Text(before.try_get(0)?),
                Value::Id(before.try_get(1)?),
            ],
        },
        Page {
            name: "filtered",
            query: "&category=GROCERY&currency=USD&price_max=500&sort=price".into(),
            sql: FILTERED,
            bind: vec![
                Value::Text(GROCERY.0.into()),
                Value::Text(GROCERY.1.into()),
                Value::Text("USD".into()),
                Value::Number(500),
            ],
        },
        Page {
            name: "full-text",
            query: "&q=ice+cream".into(),
            sql: TEXT,
            bind: vec![
                Value::Text("ice cream".into()),
                Value::Text("ice cream".into()),
            ],
        },
    ])
}

/// The cursor before the far page: found by walking there, as a client would, in the largest steps that fall on it.
async fn far_cursor(server: &Server, items: i64) -> Result<String> {
    let http = server.http();
    let mut left = (FAR - 1) * items;
    let mut cursor = String::new();
    while left > 0 {
        let step = left.min(500);
        let path = format!("/v1/products?limit={step}{cursor}");
        let reply = http.get(&path).await.json();
        let next = reply["next"].as_str().with_context(|| {
            format!("there are not {FAR} pages of {items}: {path} is the last one")
        })?;
        cursor = format!("&after={next}");
        left -= step;
    }
    Ok(cursor.trim_start_matches("&after=").to_owned())
}

/// Both sides find the same products.
async fn check(
    server: &Server,
    connection: &mut PgConnection,
    page: &Page,
    items: i64,
) -> Result<()> {
    let reply = server.http().get(&path(page, items)).await;
    let rows = page.statement(items).fetch_all(connection).await?;
    let ours: Vec<String> = reply.json()["items"]
        .as_array()
        .with_context(|| format!("{}: {}", page.name, reply.describe()))?
        .iter()
        .map(|item| item["id"].as_str().unwrap_or_default().to_owned())
        .collect();
    // The statement fetches one more than a page, as ours does, to know whether there are more.
    let peer: Vec<String> = rows
        .iter()
        .take(ours.len())
        .map(|row| row.get::<Uuid, _>(1).to_string())
        .collect();
    ensure!(
        !ours.is_empty() && ours == peer,
        "{}: {ours:?} beside {peer:?}",
        page.name
    );
    Ok(())
}

fn path(page: &Page, items: i64) -> String {
    format!("/v1/products?limit={items}{}", page.query)
}

async fn ours(settings: &Settings, server: &Server, page: &Page, items: i64) -> Result<f64> {
    let path = path(page, items);
    let found = load(settings, server.url(), 1, move |_, _| {
        Request::get(&path)
            .header("host", "daybook")
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(Full::<Bytes>::default())
            .expect("a valid request")
    });
    Ok(found.await?.quantile_ms(0.99))
}

async fn by_hand(settings: &Settings, database: &Postgres, page: &Page, items: i64) -> Result<f64> {
    let mut connection = PgConnection::connect_with(&database.options()).await?;
    let counting_from = Instant::now() + settings.warm_up;
    let until = counting_from + settings.measure;
    let mut latencies = Histogram::<u64>::new(3)?;
    loop {
        let asked = Instant::now();
        if asked >= until {
            break;
        }
        let rows = page.statement(items).fetch_all(&mut connection).await?;
        for row in rows {
            let _: (Uuid, String) = (row.try_get(1)?, row.try_get(2)?);
        }
        if asked >= counting_from {
            latencies.record(u64::try_from(asked.elapsed().as_micros())?.max(1))?;
        }
    }
    connection.close().await?;
    Ok(latencies.value_at_quantile(0.99) as f64 / 1_000.0)
}

impl Page {
    /// The statement with its parameters; one more than a page.
    fn statement(&self, items: i64) -> Query<'_, sqlx::Postgres, PgArguments> {
        let limited = sqlx::query(self.sql).bind(items + 1);
        self.bind.iter().fold(limited, |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
            Value::Id(id) => query.bind(id),
        })
    }
}
