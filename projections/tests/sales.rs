//! Sales, to the cent, for a case made by hand.

use domain::order::Paid;
use domain::value::Timestamp;
use projections::{QueryError, SalesBy, SalesReport};

use crate::shop::{Shop, at};
use crate::world::{World, json};

async fn sold() -> World {
    let world = World::new().await;
    let mut shop = Shop::new(61);
    let ice = shop.product(
        "ice",
        &["GROCERY", "FRZN ICE"],
        &[("ICE-1", 100), ("ICE-2", 200)],
    );
    shop.product("soap", &["DRUG GM"], &[("SOAP-1", 300)]);
    // A till's sale: two lines of one department, one of another, and one that nobody knows.
    shop.place(
        "2017-01-01T23:59:59.999999Z",
        Some("store-330"),
        Some(Paid::External),
        &[
            ("ICE-1", 2, 200, 20),
            ("ICE-2", 1, 200, 0),
            ("SOAP-1", 1, 300, 30),
            ("GHOST", 1, 50, 0),
        ],
    );
    // Of three units one is cancelled; of the other line all.
    let partly = shop.place(
        "2017-01-02T00:00:00Z",
        None,
        None,
        &[("ICE-1", 3, 301, 1), ("SOAP-1", 1, 300, 0)],
    );
    shop.cancel(partly, 1);
    let rejected = shop.place("2017-01-02T12:00:00Z", None, None, &[("ICE-1", 9, 900, 0)]);
    shop.reject(rejected);
    let cancelled = shop.place("2017-01-02T13:00:00Z", None, None, &[("ICE-1", 1, 100, 0)]);
    shop.cancel(cancelled, 1);
    // After the range.
    shop.place("2017-01-03T00:00:00Z", None, None, &[("ICE-1", 1, 100, 0)]);
    shop.revise(ice, "ice", &["FROZEN"]);
    let command = shop.command();
    world.append(vec![command], 1).await;
    world.post_all().await;
    world
}

fn range() -> (Timestamp, Timestamp) {
    (at("2017-01-01T00:00:00Z"), at("2017-01-03T00:00:00Z"))
}

/// key, orders, lines, units, gross, discount, net, coupon
type Figures<'a> = (&'a str, i64, i64, i64, i64, i64, i64, i64);

fn figures(report: &SalesReport) -> Vec<Figures<'_>> {
    let row = |row: &'_ projections::SalesRow| {
        let amounts = &row.amounts;
        let minor = (
            amounts.gross.minor,
            amounts.discount.minor,
            amounts.net.minor,
            amounts.coupon.minor,
        );
        (row.orders, row.lines, row.units, minor)
    };
    let flat = report.rows.iter().map(|of| {
        let (orders, lines, units, (gross, discount, net, coupon)) = row(of);
        (
            of.key.as_str(),
            orders,
            lines,
            units,
            gross,
            discount,
            net,
            coupon,
        )
    });
    flat.collect()
}

#[tokio::test]
async fn what_was_sold_is_summed_and_what_was_cancelled_is_not() {
    let world = sold().await;
    let queries = world.queries();
    let (from, to) = range();

    let by_day = queries.sales(from, to, SalesBy::Day).await.unwrap();
    // The first of three units carries 101 gross (1 discount, 100 net); its coupon share goes too.
    assert_eq!(
        figures(&by_day),
        [
            ("2017-01-01", 1, 4, 5, 750, 50, 700, 20),
            ("2017-01-02", 1, 1, 2, 200, 0, 200, 4)
        ]
    );
    let total = by_day.total.clone();
    assert_eq!((total.orders, total.lines, total.units), (2, 5, 7));
    assert_eq!(total.amounts.unwrap().net.minor, 900);

    let by_department = queries.sales(from, to, SalesBy::Department).await.unwrap();
    assert_eq!(
        figures(&by_department),
        [
            ("(unknown)", 1, 1, 1, 50, 0, 50, 5),
            ("DRUG GM", 1, 1, 1, 300, 30, 270, 5),
            ("FROZEN", 2, 3, 5, 600, 20, 580, 14),
        ]
    );
    assert_eq!(by_department.total, by_day.total);

    let by_channel = queries.sales(from, to, SalesBy::Channel).await.unwrap();
    assert_eq!(
        by_channel
            .rows
            .iter()
            .map(|row| row.key.as_str())
            .collect::<Vec<_>>(),
        ["shop", "store-330"]
    );
    let by_sku = queries.sales(from, to, SalesBy::Sku).await.unwrap();
    assert_eq!(figures(&by_sku)[1], ("ICE-1", 2, 2, 4, 400, 20, 380, 9));
    let by_hour = queries.sales(from, to, SalesBy::Hour).await.unwrap();
    assert_eq!(by_hour.rows[0].key, "2017-01-01T23:00:00Z");
}

#[tokio::test]
async fn the_answer_is_the_documented_json() {
    let world = sold().await;
    let (from, to) = range();
    let report = world
        .queries()
        .sales(from, to, SalesBy::Channel)
        .await
        .unwrap();
    let answer = json(serde_json::to_string(&report).unwrap());
    assert_eq!(
        answer["rows"][0],
        serde_json::json!({
            "key": "shop", "orders": 1, "lines": 1, "units": 2,
            "gross": {"minor": 200, "currency": "USD"}, "discount": {"minor": 0, "currency": "USD"},
            "net": {"minor": 200, "currency": "USD"}, "coupon": {"minor": 4, "currency": "USD"},
            "refunds": {"minor": 0, "currency": "USD"},
        })
    );
    assert_eq!(
        answer["total"]["net"],
        serde_json::json!({"minor": 900, "currency": "USD"})
    );
    assert_eq!(answer.get("totals"), None);

    let nothing = world.queries().sales(to, to, SalesBy::Day).await.unwrap();
    assert_eq!(
        serde_json::to_string(&nothing).unwrap(),
        r#"{"rows":[],"total":{"orders":0,"lines":0,"units":0}}"#
    );
    let backwards = world.queries().sales(to, from, SalesBy::Day).await;
    assert!(matches!(
        backwards,
        Err(QueryError::InvalidFilter { field: "to", .. })
    ));
}
