//! The sample of real baskets, imported over HTTP, and what must come out to the cent.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use daybook_tests::{Cli, Finished, Http, Kafka, Launch, Postgres, Server, TOKEN, checkout};
use serde_json::Value;

use crate::shop::{caught_up, launch_with_kafka};

const IMPORT_WITHIN: Duration = Duration::from_secs(600);
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(120);

/// The data that ships with the project.
pub fn sample(file: &str) -> PathBuf {
    checkout().join("sample").join(file)
}

/// The figures that an independent script (`scripts/sample.py`) computed.
pub fn sample_figures() -> Value {
    serde_json::from_slice(&std::fs::read(sample("expected.json")).unwrap()).unwrap()
}

/// The import as a command, not yet run.
pub fn import(
    url: &str,
    products: &std::path::Path,
    transactions: &std::path::Path,
    rejects: &std::path::Path,
) -> Cli {
    let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
    Cli::new(["import", "complete-journey", "--url", url])
        .arg("--products")
        .arg(text(products))
        .arg("--transactions")
        .arg(text(transactions))
        .arg("--rejects")
        .arg(text(rejects))
        .env("DAYBOOK_TOKEN", TOKEN)
}

pub async fn import_sample(server: &Server) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let rejects = folder.path().join("rejects.csv");
    let import = import(
        server.url(),
        &sample("products.csv.gz"),
        &sample("transactions.csv.gz"),
        &rejects,
    );
    let finished = import.run(IMPORT_WITHIN).await.expect_success();
    let lines = std::fs::read_to_string(&rejects).unwrap().lines().count() as u64 - 1;
    assert_eq!(
        lines,
        sample_figures()["rejected_lines"].as_u64().unwrap(),
        "lines of the rejects file"
    );
    finished
}

/// The rows of the sales of January by key, and the total under the empty key.
pub async fn sales(http: &Http, by: &str) -> BTreeMap<String, Value> {
    let answer = http
        .get(&format!("/v1/sales?from=2017-01-01&to=2017-02-01&by={by}"))
        .await
        .expect(200)
        .json();
    let rows = answer["rows"].as_array().unwrap().iter();
    let mut rows: BTreeMap<String, Value> = rows
        .map(|row| (row["key"].as_str().unwrap().to_owned(), row.clone()))
        .collect();
    rows.insert(String::new(), answer["total"].clone());
    rows
}

/// Compares sales with figures as the script writes them.
pub fn assert_figures(what: &str, row: &Value, expected: &Value) {
    for field in ["orders", "lines", "units"] {
        if !expected[field].is_null() {
            assert_eq!(row[field], expected[field], "{what}: {field}");
        }
    }
    for field in ["gross", "discount", "net"] {
        if !expected[field].is_null() {
            assert_eq!(row[field]["minor"], expected[field], "{what}: {field}");
            assert_eq!(row[field]["currency"], "USD", "{what}: {field}");
        }
    }
}

/// Compares the sales of a server that has imported the sample with the sample's figures.
pub async fn assert_sample(server: &Server) {
    caught_up(server, CAUGHT_UP_WITHIN).await;
    let (http, expected) = (server.http(), sample_figures());
    for by in ["day", "department", "channel", "sku"] {
        let rows = sales(&http, by).await;
        assert_figures(&format!("total by {by}"), &rows[""], &expected);
        let Some(of) = expected[format!("by_{by}")].as_object() else {
            continue;
        };
        assert_eq!(rows.len() - 1, of.len(), "keys by {by}");
        for (key, figures) in of {
            assert_figures(&format!("{by} {key}"), &rows[key], figures);
        }
    }
    let rows = sales(&http, "sku").await;
    assert_eq!(
        rows.len() as u64 - 1,
        expected["skus"].as_u64().unwrap(),
        "SKUs"
    );
}

/// `daybook verify` over the same database finds nothing.
pub async fn assert_verified(postgres: &Postgres) {
    let verify = Cli::new(["verify", "--json"]).env("DATABASE_URL", postgres.url());
    let finished = verify.run(IMPORT_WITHIN).await.expect_success();
    let report: Value = serde_json::from_str(finished.last_line()).unwrap();
    assert_eq!(report["holds"], true, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_comes_out_to_the_cent_on_postgres_alone() {
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    let finished = import_sample(&server).await;
    assert!(
        finished
            .last_line()
            .contains("orders=1000 lines=10387 rejected_lines=62"),
        "{}",
        finished.last_line()
    );
    assert_sample(&server).await;

    // A second import changes nothing: every request is a repeat.
    let events = crate::shop::head(&server.http()).await;
    import_sample(&server).await;
    assert_eq!(crate::shop::head(&server.http()).await, events);
    assert_verified(&postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_comes_out_to_the_cent_through_kafka() {
    let (postgres, kafka) = (Postgres::fresh().await, Kafka::fresh());
    let server = launch_with_kafka(&postgres, &kafka).start().await;
    import_sample(&server).await;
    assert_sample(&server).await;
}
