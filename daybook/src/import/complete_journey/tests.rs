//! The import against real files and a stand-in for the server: figures to the cent, rejects by name, retries by key.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::baskets::Journey;
use super::catalogue::Catalogue;
use super::rejects::{Files, Rejects};
use super::{Options, Summary, run};
use server::{Reply, Server};

const PRODUCTS: &str = "product_id,manufacturer_id,department,brand,product_category,product_type,package_size\n\
    1,2,GROCERY,National,FRZN ICE,ICE - CRUSHED/CUBED,22 LB\n\
    2,2,MISCELLANEOUS,,,,\n\
    3,2,GROCERY,Private,BREAD,,\n";
const HEADER: &str = "basket_id,household_id,store_id,transaction_timestamp,product_id,quantity,sales_value,retail_disc,coupon_disc,coupon_match_disc\n";

struct Folder {
    folder: TempDir,
}

impl Folder {
    fn new(products: &[u8], transactions: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("products.csv"), products).unwrap();
        std::fs::write(folder.path().join("transactions.csv"), transactions).unwrap();
        Self { folder }
    }

    fn options(&self, url: &str) -> Options {
        Options {
            url: url.to_owned(),
            token: "secret".to_owned(),
            products: self.folder.path().join("products.csv"),
            transactions: self.folder.path().join("transactions.csv"),
            limit: None,
            rejects: self.folder.path().join("rejects.csv"),
            concurrency: 8,
        }
    }

    /// `line field: reason` of every reject.
    fn rejects(&self) -> Vec<String> {
        let mut reader = csv::Reader::from_path(self.folder.path().join("rejects.csv")).unwrap();
        let records = reader.records().map(Result::unwrap);
        records
            .map(|it| format!("{} {}: {}", &it[1], &it[2], &it[3]))
            .collect()
    }
}

fn lines(lines: &[&str]) -> Vec<u8> {
    format!("{HEADER}{}\n", lines.join("\n")).into_bytes()
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

#[tokio::test]
async fn the_sample_gives_its_own_figures() {
    let sample = checkout().join("sample");
    let expected = std::fs::read(sample.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let figure = |name: &str| expected[name].as_u64().unwrap();
    let server = Server::start(|_, _| Reply::Created).await;
    let files = Folder::new(b"", b"");
    let options = Options {
        products: sample.join("products.csv.gz"),
        transactions: sample.join("transactions.csv.gz"),
        ..files.options(&server.url)
    };

    let summary = run(options).await.unwrap();
    assert_eq!(summary.orders, figure("orders"));
    assert_eq!(summary.lines, figure("lines"));
    assert_eq!(summary.rejected_lines, figure("rejected_lines"));
    assert_eq!(summary.products, figure("products"));
    assert_eq!(summary.skus, figure("skus"));
    assert_eq!(summary.net.unsigned_abs(), figure("net"));
    assert_eq!(summary.discount.unsigned_abs(), figure("discount"));
    assert_eq!(summary.coupons.unsigned_abs(), figure("coupons"));
    assert_eq!(summary.units, figure("units"));
    assert!(summary.failures.is_empty());
    assert_eq!(files.rejects().len() as u64, summary.rejected_lines);

    let sent: i64 = server
        .asked("/v1/orders")
        .iter()
        .flat_map(|asked| asked.body["lines"].as_array().unwrap().clone())
        .map(|line| line["net"].as_i64().unwrap())
        .sum();
    assert_eq!(sent, summary.net);
    let received: u64 = server
        .asked("/v1/stock/")
        .iter()
        .map(|asked| asked.body["quantity"].as_u64().unwrap())
        .sum();
    assert_eq!(received, summary.units);
}

/// The whole month is too large to be part of the project; where it lies beside the checkout, it must add up.
#[test]
fn january_adds_up_to_the_cent() {
    let data = checkout().join("../shared/data");
    if !data.join("transactions-2017-01.csv.gz").exists() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let names = Files {
        products: "products".to_owned(),
        transactions: "transactions".to_owned(),
    };
    let mut rejects = Rejects::create(&folder.path().join("rejects.csv"), names).unwrap();
    let mut catalogue = Catalogue::read(&data.join("products.csv.gz"), &mut rejects).unwrap();
    let january = data.join("transactions-2017-01.csv.gz");
    let journey = Journey::read(&january, None, &mut catalogue, &mut rejects).unwrap();

    let mut summary = Summary::default();
    let mut sold = vec![false; catalogue.products.len()];
    for basket in &journey.baskets {
        summary.count(&basket.lines, &mut sold);
    }
    assert_eq!(catalogue.products.len(), 92_331);
    assert_eq!(journey.baskets.len(), 12_721);
    assert_eq!(rejects.lines(), 577);
    assert_eq!((summary.orders, summary.lines), (12_687, 123_474));
    assert_eq!((summary.net, summary.discount), (37_086_191, 6_547_189));
    assert_eq!((summary.coupons, summary.units), (131_317, 11_631_013));
    assert_eq!(sold.iter().filter(|sold| **sold).count(), 24_188);
    let needed: u64 = catalogue.products.iter().map(|it| it.needed).sum();
    assert_eq!(needed, summary.units);
}

#[tokio::test]
async fn bodies_carry_what_the_files_say() {
    let files = Folder::new(
        PRODUCTS.as_bytes(),
        &lines(&["900,7,330,2017-01-01 11:53:26,1,2,1.01,0.10,0.50,0.04"]),
    );
    let server = Server::start(|_, _| Reply::Created).await;
    run(files.options(&server.url)).await.unwrap();

    let products = server.asked("/v1/products");
    let product = |sku: &str| {
        products
            .iter()
            .find(|it| it.body["variants"][0]["sku"] == sku)
            .unwrap()
    };
    let ice = product("1");
    assert_eq!(ice.key, "cj-product-1");
    assert_eq!(ice.body["name"], "ICE - CRUSHED/CUBED");
    assert_eq!(ice.body["slug"], "ice-crushed-cubed-1");
    assert_eq!(
        ice.body["category"],
        json!(["GROCERY", "FRZN ICE", "ICE - CRUSHED/CUBED"])
    );
    assert_eq!(
        ice.body["variants"][0]["prices"],
        json!([{"minor": 58, "currency": "USD"}])
    );
    assert_eq!(ice.body["published"], true);
    let unsold = product("2");
    assert_eq!(unsold.body["name"], "Product 2");
    assert_eq!(unsold.body["category"], json!(["MISCELLANEOUS"]));
    assert_eq!(
        (&unsold.body["published"], unsold.body.get("brand")),
        (&json!(false), None)
    );
    assert_eq!(product("3").body["name"], "BREAD");

    let stock = &server.asked("/v1/stock/")[0];
    assert_eq!(
        (stock.path.as_str(), &stock.body["quantity"]),
        ("/v1/stock/1/receipts", &json!(2))
    );
    let order = &server.asked("/v1/orders")[0];
    assert_eq!(order.key, "cj-basket-900");
    assert_eq!(order.body["channel"], "store-330");
    assert_eq!(order.body["customer"], "household-7");
    assert_eq!(order.body["placed_at"], "2017-01-01T11:53:26Z");
    let line =
        json!({"sku": "1", "quantity": 2, "gross": 115, "discount": 14, "net": 101, "coupon": 50});
    assert_eq!(order.body["lines"], json!([line]));
}

#[tokio::test]
async fn every_bad_line_is_named_once_and_the_rest_goes_on() {
    let mut transactions = lines(&[
        "1,7,330,2017-01-01 11:53:26,1,1,1.00,0.0,0.0,0.0",
        "1,7,330,2017-01-01 11:53:26,1,0,1.00,0.0,0.0,0.0",
        "1,7,330,2017-01-01 11:53:26,99,1,1.00,0.0,0.0,0.0",
        "1,7,330,2017-01-01 11:53:26,99,0,1.00,0.0,0.0,0.0",
        "2,7,330,2017-01-01 11:53:26,1,1,-1.00,0.0,0.0,0.0",
        "3,7,330,2017-01-01 11:53:26,1,1,1.005,0.0,0.0,0.0",
        "1,8,330,2017-01-01 11:53:26,1,1,1.00,0.0,0.0,0.0",
        "1,7,330,2017-01-01 11:53:26,1,1",
        "1,7,330,2017-01-01 11:53:26,2,1,1.00,0.0,0.0,0.0",
        ",7,330,2017-01-01 11:53:26,2,1,1.00,0.0,0.0,0.0",
        "4,7,330,2017-02-30 11:53:26,2,1,1.00,0.0,0.0,0.0",
    ]);
    transactions.extend(b"5,7,\xff,2017-01-01 11:53:26,2,1,1.00,0.0,0.0,0.0\n");
    let products = format!("\u{feff}{PRODUCTS}1,2,A,B,C,D,E\n lower,2,A,B,C,D,E\n");
    let files = Folder::new(products.as_bytes(), &transactions);
    let server = Server::start(|_, _| Reply::Created).await;

    let summary = run(files.options(&server.url)).await.unwrap();
    assert_eq!(
        (summary.orders, summary.lines, summary.rejected_lines),
        (1, 2, 10)
    );
    assert!(summary.failures.is_empty());
    assert_eq!(
        files.rejects(),
        [
            "5 product_id: is named a second time",
            "6 product_id: is not an id of 1 to 64 characters A-Z 0-9 . _ -",
            "3 quantity: must be at least 1",
            "4 product_id: is not in the products file",
            "5 quantity: must be at least 1; and product_id 99 is not in the products file",
            "6 sales_value: must not be negative",
            "7 sales_value: has more than two decimals",
            "8 household_id: differs from the basket's first line",
            "9 row: has not as many fields as the first line",
            "11 basket_id: is empty",
            "12 transaction_timestamp: is not a time such as 2017-01-31 18:45:00",
            "13 row: is not UTF-8",
        ]
    );
}

#[tokio::test]
async fn a_limit_takes_the_first_baskets_and_only_their_products() {
    let files = Folder::new(
        PRODUCTS.as_bytes(),
        &lines(&[
            "1,7,330,2017-01-01 11:53:26,1,1,1.00,0.0,0.0,0.0",
            "2,7,330,2017-01-01 11:53:26,2,1,1.00,0.0,0.0,0.0",
            "1,7,330,2017-01-01 11:53:26,1,1,3.00,0.0,0.0,0.0",
            "3,7,330,2017-01-01 11:53:26,1,1,2.00,0.0,0.0,0.0",
        ]),
    );
    let server = Server::start(|_, _| Reply::Created).await;
    let options = Options {
        limit: Some(1),
        ..files.options(&server.url)
    };
    let summary = run(options).await.unwrap();
    assert_eq!((summary.orders, summary.lines, summary.products), (1, 2, 1));
    // The price does not depend on the limit, or the same key would meet another body later.
    let product = &server.asked("/v1/products")[0];
    assert_eq!(product.body["variants"][0]["prices"][0]["minor"], 200);
}

#[tokio::test]
async fn lines_that_the_server_refuses_are_rejected_and_the_rest_is_sent() {
    let files = Folder::new(
        PRODUCTS.as_bytes(),
        &lines(&[
            "1,7,330,2017-01-01 11:53:26,1,1,1.00,0.0,0.0,0.0",
            "1,7,330,2017-01-01 11:53:26,2,1,1.00,0.0,0.0,0.0",
            "2,7,330,2017-01-01 11:53:26,2,1,1.00,0.0,0.0,0.0",
            "3,7,330,2017-01-01 11:53:26,1,1,1.00,0.0,0.0,0.0",
        ]),
    );
    let server = Server::start(|asked, _| {
        let lines = asked.body["lines"].as_array().cloned().unwrap_or_default();
        let bad = lines.iter().position(|line| line["sku"] == "2");
        match bad {
            Some(index) => Reply::Problem(422, json!({"code": "validation-failed", "errors":
                [{"pointer": format!("/lines/{index}/sku"), "code": "unknown-sku", "detail": "no such SKU"}]})),
            None if asked.key == "cj-basket-3" => Reply::Problem(409, json!({"code": "order-state", "detail": "no"})),
            None => Reply::Created,
        }
    })
    .await;
    let summary = run(files.options(&server.url)).await.unwrap();
    assert_eq!(
        (summary.orders, summary.lines, summary.rejected_lines),
        (1, 1, 3)
    );
    assert_eq!(
        files.rejects(),
        [
            "3 sku: unknown-sku: no such SKU",
            "4 sku: unknown-sku: no such SKU",
            "5 basket_id: 409 order-state: no",
        ]
    );
    let keys: Vec<String> = server
        .asked("/v1/orders")
        .into_iter()
        .map(|it| it.key)
        .collect();
    assert!(keys.contains(&"cj-basket-1-lines-1".to_owned()), "{keys:?}");
}

#[tokio::test]
async fn an_open_outcome_is_asked_again_under_the_same_key() {
    let files = Folder::new(
        PRODUCTS.as_bytes(),
        &lines(&["1,7,330,2017-01-01 11:53:26,1,1,1.00,0.0,0.0,0.0"]),
    );
    let server = Server::start(|asked, before| match (asked.path.as_str(), before % 6) {
        ("/v1/orders", 0) => Reply::Silence,
        ("/v1/orders", 1) => Reply::Half,
        ("/v1/orders", 2) => Reply::Problem(503, json!({"code": "overloaded"})),
        ("/v1/orders", 3) => Reply::Problem(409, json!({"code": "idempotency-in-progress"})),
        ("/v1/orders", 4) => Reply::Problem(500, json!({"code": "internal"})),
        _ => Reply::Created,
    })
    .await;
    let summary = run(files.options(&server.url)).await.unwrap();
    assert_eq!(summary.orders, 1);
    let orders = server.asked("/v1/orders");
    assert!(orders.len() > 1);
    assert!(
        orders
            .iter()
            .all(|it| it.key == "cj-basket-1" && it.body == orders[0].body)
    );
}

#[tokio::test]
async fn what_is_neither_imported_nor_named_is_a_failure() {
    let files = Folder::new(
        PRODUCTS.as_bytes(),
        &lines(&["1,7,330,2017-01-01 11:53:26,1,1,1.00,0.0,0.0,0.0"]),
    );
    let server = Server::start(|asked, _| match asked.path.as_str() {
        "/v1/orders" => Reply::Problem(500, json!({"code": "internal"})),
        _ => Reply::Created,
    })
    .await;
    let summary = run(files.options(&server.url)).await.unwrap();
    assert_eq!(summary.failures, ["basket 1: 500 internal"]);

    let closed =
        Server::start(|_, _| Reply::Problem(401, json!({"code": "authentication-required"}))).await;
    let error = run(files.options(&closed.url)).await.unwrap_err();
    assert!(format!("{error:#}").contains("DAYBOOK_TOKEN"), "{error:#}");
}

#[tokio::test]
async fn a_file_that_is_no_such_table_is_refused_by_name() {
    let files = Folder::new(b"sku,name\n1,a\n", HEADER.as_bytes());
    let error = run(files.options("http://127.0.0.1:1")).await.unwrap_err();
    assert!(
        format!("{error:#}").contains("has no column product_id"),
        "{error:#}"
    );
    let error = run(files.options("localhost:8080")).await.unwrap_err();
    assert!(format!("{error:#}").contains("--url"), "{error:#}");
}
