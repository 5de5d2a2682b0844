//! Documents over HTTP beside pgbench, and beside a constant.
//!
//! pgbench reads the same rows by their primary keys, prepared, over as many connections, and does nothing else: no HTTP,
//! no trace, no metrics. The constant is what axum alone can do here. The documents are those that users get: by default
//! the server keeps what is read often in memory (`small`: 1,000 documents, all of which fit); `large`: so many
//! that most reads go to Postgres.

use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use daybook_tests::{Postgres, Server, TOKEN};
use http::Request;
use http_body_util::Full;
use tokio::process::Command;

use crate::ground::{Ground, Running, open_journal};
use crate::load::{Ask, load};
use crate::measure::{Bar, Case, by_turns};
use crate::peer::Process;
use crate::settings::Settings;

pub(super) mod shop;

const CONNECTIONS: usize = 32;

/// How many documents fit in the server's memory with ease, and how many by far do not.
const SMALL: u64 = 1_000;
const LARGE: u64 = 60_000;
const LARGE_QUICK: u64 = 5_000;

/// A kind of document.
struct Kind {
    name: &'static str,
    path: &'static str,
    /// What pgbench asks; `:n` is the last group of the id.
    sql: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind {
        name: "product",
        path: "/v1/products/",
        sql: "select version, published, body from query.product_page where product_id = ('00000000-0000-7000-8000-' || :n)::uuid",
    },
    Kind {
        name: "order",
        path: "/v1/orders/",
        sql: "select version, body from query.order_detail where order_id = ('00000000-0000-7000-8000-' || :n)::uuid",
    },
];

/// Row 8.
pub async fn run(settings: &Settings, ground: &Ground) -> Result<Vec<Case>> {
    let database = ground.database().await;
    let large = settings.size(LARGE, LARGE_QUICK);
    let journal = open_journal(&database).await?;
    let running = Running::start(&journal);
    shop::seed(&running.commands, large)
        .await
        .context("seeding")?;
    let head = journal.head().await?;
    running.stop().await;
    journal.pool().close().await;
    let server = ground.daybook(&database).await;
    shop::posted(&server, head).await?;
    let mut cases = Vec::new();
    for kind in &KINDS {
        for (size, documents) in [("small", SMALL), ("large", large)] {
            let (ours, peer) = by_turns(
                settings.rounds,
                async || queries(settings, &server, kind, documents).await,
                async || pgbench(settings, &database, kind, documents).await,
            )
            .await?;
            cases.push(Case {
                row: 8,
                case: format!("{} {size}, pgbench", kind.name),
                unit: "queries/s",
                against: "pgbench -M prepared, the same row",
                ours,
                peer,
                bar: Some((Bar::AtLeast, 0.8)),
                note: format!("{documents} documents, {CONNECTIONS} connections"),
            });
        }
        let body = body_bytes(&server, kind).await?;
        let constant = Process::constant(body).await?;
        let (ours, peer) = by_turns(
            settings.rounds,
            async || queries(settings, &server, kind, SMALL).await,
            async || {
                let ask = |_, _| request("/", "", None);
                Ok(load(settings, constant.url(), CONNECTIONS, ask)
                    .await?
                    .per_second)
            },
        )
        .await?;
        cases.push(Case {
            row: 8,
            case: format!("{} small, constant", kind.name),
            unit: "queries/s",
            against: "axum answering a constant body",
            ours,
            peer,
            bar: Some((Bar::AtLeast, 0.7)),
            note: format!("{body} bytes; from the document cache"),
        });
    }
    Ok(cases)
}

/// Our queries a second: documents at random.
async fn queries(settings: &Settings, server: &Server, kind: &Kind, documents: u64) -> Result<f64> {
    let path = kind.path;
    let ask = move |_, _| {
        request(
            path,
            &shop::id(fastrand::u64(0..documents)).to_string(),
            Some(TOKEN),
        )
    };
    Ok(load(settings, server.url(), CONNECTIONS, ask)
        .await?
        .per_second)
}

/// With a token, or as somebody whom nobody knows.
pub(super) fn request(path: &str, id: &str, token: Option<&str>) -> Ask {
    let mut request = Request::get(format!("{path}{id}")).header("host", "bench");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request
        .body(Full::new(Bytes::new()))
        .expect("a well-formed request")
}

async fn body_bytes(server: &Server, kind: &Kind) -> Result<usize> {
    let reply = server
        .http()
        .get(&format!("{}{}", kind.path, shop::id(0)))
        .await;
    if reply.status != 200 {
        bail!("{}", reply.describe());
    }
    Ok(reply.body.len())
}

/// pgbench's transactions a second.
async fn pgbench(
    settings: &Settings,
    database: &Postgres,
    kind: &Kind,
    documents: u64,
) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("read.sql");
    let (first, last) = (shop::FIRST, shop::FIRST + documents - 1);
    std::fs::write(
        &script,
        format!("\\set n random({first}, {last})\n{};\n", kind.sql),
    )?;
    let seconds = settings.measure.as_secs().max(1).to_string();
    let connections = CONNECTIONS.to_string();
    // Without sqlx' own parameters.
    let url = database.url();
    let output = Command::new(pgbench_path())
        .args([
            "-n",
            "-M",
            "prepared",
            "-c",
            &connections,
            "-j",
            "2",
            "-T",
            &seconds,
            "-f",
        ])
        .arg(&script)
        .arg(url.split('?').next().unwrap_or_default())
        .stdin(Stdio::null())
        .output()
        .await
        .context("pgbench, of Postgres' client programs, is needed")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let tps = text
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.with_context(|| {
        format!(
            "pgbench printed no rate: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// On the path, or beside the server's programs where Debian keeps them.
fn pgbench_path() -> std::path::PathBuf {
    let beside = std::process::Command::new("pg_config")
        .arg("--bindir")
        .output();
    let beside = beside.ok().filter(|output| output.status.success());
    let beside = beside.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    match beside.map(|folder| std::path::Path::new(&folder).join("pgbench")) {
        Some(path) if path.is_file() => path,
        _ => "pgbench".into(),
    }
}
