//! Products: pages by id and slug; lists filtered, sorted, searched.

use domain::product::ProductEvent;
use domain::value::{Currency, Money};
use projections::{ListingFilter, ListingSort, PublicationFilter, QueryError};

use crate::shop::{Shop, sku, usd};
use crate::world::{World, json, page};

/// Four products: ice and ice cream (frozen), soap, and one that is not for sale.
async fn stocked() -> World {
    let world = World::new().await;
    let mut shop = Shop::new(91);
    // Stock comes before the product that it is of.
    shop.receive("ICE-2", 5);
    shop.product(
        "Ice crushed",
        &["GROCERY", "FRZN ICE"],
        &[("ICE-1", 300), ("ICE-2", 250)],
    );
    let cream = shop.product(
        "ice cream vanilla",
        &["GROCERY", "FRZN DESSERT"],
        &[("CREAM-1", 500)],
    );
    shop.price(cream, "CREAM-1", Money::new(450, Currency::EUR));
    shop.product("Soap", &["DRUG GM"], &[("SOAP-1", 120)]);
    let hidden = shop.product("Secret", &["GROCERY"], &[("SECRET-1", 1)]);
    shop.on_product(hidden, ProductEvent::ProductUnpublished {});
    shop.receive("SOAP-1", 1);
    shop.place("2017-01-01T00:00:00Z", None, None, &[("SOAP-1", 1, 120, 0)]);
    let command = shop.command();
    world.append(vec![command], 1).await;
    world.post_all().await;
    world
}

async fn names(world: &World, filter: ListingFilter) -> Vec<String> {
    let found = world
        .queries()
        .product_listing(&filter, &page(50))
        .await
        .unwrap();
    found
        .items
        .iter()
        .map(|item| json(item)["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn lists_are_filtered_and_sorted() {
    let world = stocked().await;
    let all = ListingFilter::default();
    assert_eq!(
        names(&world, all.clone()).await,
        ["ice cream vanilla", "Ice crushed", "Soap"]
    );
    let with = |change: fn(&mut ListingFilter)| {
        let mut filter = ListingFilter::default();
        change(&mut filter);
        filter
    };
    let category = |path: &[&str]| ListingFilter {
        category: path.iter().map(|part| (*part).to_owned()).collect(),
        ..ListingFilter::default()
    };
    assert_eq!(
        names(&world, category(&["GROCERY"])).await,
        ["ice cream vanilla", "Ice crushed"]
    );
    assert_eq!(
        names(&world, category(&["GROCERY", "FRZN ICE"])).await,
        ["Ice crushed"]
    );
    assert_eq!(
        names(&world, category(&["GROC"])).await,
        Vec::<String>::new()
    );
    assert_eq!(
        names(&world, with(|f| f.in_stock = Some(true))).await,
        ["Ice crushed"]
    );
    let everything = with(|f| f.publication = PublicationFilter::All);
    assert_eq!(names(&world, everything).await.len(), 4);
    let priced = with(|f| {
        f.currency = Some(Currency::USD);
        (f.price_min, f.price_max) = (Some(120), Some(250));
        f.sort = Some(ListingSort::PriceDescending);
    });
    assert_eq!(names(&world, priced).await, ["Ice crushed", "Soap"]);
    let in_euro = with(|f| (f.currency, f.sort) = (Some(Currency::EUR), Some(ListingSort::Price)));
    assert_eq!(names(&world, in_euro).await, ["ice cream vanilla"]);
    assert_eq!(
        names(&world, with(|f| f.sort = Some(ListingSort::Newest))).await[0],
        "Soap"
    );
}

#[tokio::test]
async fn searching_finds_words_codes_and_misspellings() {
    let world = stocked().await;
    let search = |q: &str| ListingFilter {
        q: Some(q.to_owned()),
        ..ListingFilter::default()
    };
    assert_eq!(names(&world, search("crushed ICE")).await[0], "Ice crushed");
    assert_eq!(names(&world, search("vanila")).await, ["ice cream vanilla"]);
    assert_eq!(names(&world, search("SOAP-1")).await, ["Soap"]);
    assert_eq!(names(&world, search("grocery")).await.len(), 2);
    for odd in ["'", "\"", "& | !", "a:*b", "\\", "%_", "🧊", "    "] {
        names(&world, search(odd)).await;
    }
    let long = search(&"x".repeat(201));
    let refused = world.queries().product_listing(&long, &page(5)).await;
    assert!(
        matches!(refused, Err(QueryError::InvalidFilter { field: "q", .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_named() {
    let world = stocked().await;
    let cases = [
        (
            ListingFilter {
                sort: Some(ListingSort::Price),
                ..ListingFilter::default()
            },
            "currency",
        ),
        (
            ListingFilter {
                price_min: Some(1),
                ..ListingFilter::default()
            },
            "currency",
        ),
        (
            ListingFilter {
                sort: Some(ListingSort::Relevance),
                ..ListingFilter::default()
            },
            "sort",
        ),
    ];
    for (filter, wrong) in cases {
        let refused = world.queries().product_listing(&filter, &page(5)).await;
        let Err(QueryError::InvalidFilter { field, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(field, wrong);
    }
    assert!(ListingSort::parse("cheapest").is_err());
}

#[tokio::test]
async fn pages_are_found_by_id_and_by_slug() {
    let world = World::new().await;
    let mut shop = Shop::new(92);
    let id = shop.product("Ice", &["GROCERY"], &[("ICE-1", 100)]);
    shop.price(id, "ICE-1", usd(90));
    shop.variant(id, "ICE-9");
    shop.on_product(id, ProductEvent::VariantDiscontinued { sku: sku("ICE-9") });
    let command = shop.command();
    world.append(vec![command], 1).await;
    world.post_all().await;
    let queries = world.queries();
    let by_id = queries
        .product_page(&id.to_string())
        .await
        .unwrap()
        .unwrap();
    let body = json(&by_id.body);
    let by_slug = queries
        .product_page(body["slug"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(by_slug.as_ref(), Some(&by_id));
    assert!(by_id.published);
    assert_eq!(body["version"], by_id.version);
    assert_eq!(
        body["variants"][0]["prices"],
        serde_json::json!([{"minor": 90, "currency": "USD"}])
    );
    assert_eq!(body["variants"][1]["status"], "discontinued");
    for unknown in [
        "no-such",
        "",
        "%",
        "A\0B",
        "0190163d-8694-739b-aea5-966c26f8ad91",
    ] {
        assert_eq!(
            queries.product_page(unknown).await.unwrap(),
            None,
            "{unknown:?}"
        );
    }
}

#[tokio::test]
async fn a_product_is_in_stock_while_any_location_has_a_unit() {
    let world = World::new().await;
    let mut shop = Shop::new(95);
    shop.product("Tea", &["GROCERY"], &[("TEA-1", 100)]);
    shop.receive_at("TEA-1", "annex", 1);
    shop.receive("TEA-1", 1);
    shop.adjust("TEA-1", -1);
    let mut steps = vec![(shop.command(), true)];
    // One location runs out while another comes back, in one batch.
    shop.adjust_at("TEA-1", "annex", -1);
    shop.adjust("TEA-1", 5);
    steps.push((shop.command(), true));
    shop.adjust("TEA-1", -5);
    steps.push((shop.command(), false));
    shop.adjust_at("TEA-1", "annex", 2);
    steps.push((shop.command(), true));
    let available = ListingFilter {
        in_stock: Some(true),
        ..ListingFilter::default()
    };
    for (command, is_available) in steps {
        world.append(vec![command], 1).await;
        world.post_all().await;
        let found = names(&world, available.clone()).await;
        assert_eq!(found == ["Tea"], is_available, "{found:?}");
    }
}
