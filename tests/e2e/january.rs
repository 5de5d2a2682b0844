//! The whole of January, where the data is at hand, on Postgres alone and through Kafka.

use std::path::PathBuf;
use std::time::Duration;

use daybook_tests::{Kafka, Launch, Postgres, Server, checkout};
use serde_json::{Value, json};

use crate::complete_journey::{assert_figures, assert_verified, import, sales};
use crate::shop::{caught_up, launch_with_kafka};

const WITHIN: Duration = Duration::from_secs(1_800);

fn data() -> Option<PathBuf> {
    let folder = checkout().join("../shared/data");
    folder
        .join("transactions-2017-01.csv.gz")
        .is_file()
        .then_some(folder)
}

async fn import_january(server: &Server, data: &std::path::Path) {
    let folder = tempfile::tempdir().unwrap();
    let (products, transactions) = (
        data.join("products.csv.gz"),
        data.join("transactions-2017-01.csv.gz"),
    );
    let import = import(
        server.url(),
        &products,
        &transactions,
        &folder.path().join("rejects.csv"),
    );
    let finished = import.run(WITHIN).await.expect_success();
    println!("{}", finished.last_line());
    for figure in [
        "orders=12687 ",
        "lines=123474 ",
        "rejected_lines=577 ",
        "net=37086191 ",
        "discount=6547189 ",
        "coupons=131317 ",
    ] {
        assert!(
            finished.last_line().contains(figure),
            "{figure} not in: {}",
            finished.last_line()
        );
    }
}

/// The figures of the data set, as published with it (DOMAIN, 7).
async fn assert_january(server: &Server) {
    caught_up(server, WITHIN).await;
    let http = server.http();
    let total = json!({"orders": 12_687, "lines": 123_474, "units": 11_631_013, "net": 37_086_191, "discount": 6_547_189});
    let figures = |net: i64, lines: Option<i64>, units: Option<i64>| json!({"net": net, "lines": lines, "units": units});

    let departments = sales(&http, "department").await;
    for (department, figures) in [
        ("", total.clone()),
        ("GROCERY", figures(19_426_383, Some(79_673), Some(106_365))),
        ("DRUG GM", figures(4_624_432, None, None)),
        ("PRODUCE", figures(2_663_925, None, None)),
        ("MEAT", figures(2_513_565, None, None)),
        ("FUEL", figures(2_315_569, Some(980), Some(10_016_166))),
        ("MEAT-PCKGD", figures(1_990_698, None, None)),
    ] {
        assert_figures(department, &departments[department], &figures);
    }
    let days = sales(&http, "day").await;
    assert_figures("total by day", &days[""], &total);
    assert_figures(
        "1 January",
        &days["2017-01-01"],
        &json!({"orders": 298, "net": 874_598}),
    );
    assert_figures(
        "31 January",
        &days["2017-01-31"],
        &json!({"orders": 386, "net": 1_085_896}),
    );
    let skus = sales(&http, "sku").await;
    assert_figures("total by SKU", &skus[""], &total);
    assert_eq!(skus.len() - 1, 24_188, "SKUs");
    assert_figures(
        "petrol",
        &skus["6534178"],
        &json!({"units": 9_838_437, "net": 2_164_387}),
    );
    let channels = sales(&http, "channel").await;
    assert_figures("total by channel", &channels[""], &total);
    assert_eq!(channels.len() - 1, 191, "stores");
    assert_eq!(
        channels[""]["coupon"]["minor"],
        Value::from(131_317),
        "manufacturers' coupons"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn january_comes_out_to_the_cent_on_postgres_alone() {
    let Some(data) = data() else {
        return println!("../shared/data is not here: nothing to import");
    };
    let postgres = Postgres::fresh().await;
    let server = Launch::on(&postgres).start().await;
    import_january(&server, &data).await;
    assert_january(&server).await;
    assert_verified(&postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn january_comes_out_to_the_cent_through_kafka() {
    let Some(data) = data() else {
        return println!("../shared/data is not here: nothing to import");
    };
    let (postgres, kafka) = (Postgres::fresh().await, Kafka::fresh());
    let server = launch_with_kafka(&postgres, &kafka).start().await;
    import_january(&server, &data).await;
    assert_january(&server).await;
}
