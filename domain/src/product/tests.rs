//! Given, when, then.

use std::collections::BTreeMap;

use cqrs_es::test::TestFramework;
use proptest::prelude::*;

use super::*;
use crate::testing::*;
use crate::value::{Currency, Money, Prose, Sku, TaxRate, Text};
use crate::{FactSource, Rejection, RejectionCode};

fn given(events: &[ProductEvent]) -> Product {
    let mut product = Product::default();
    events.iter().for_each(|event| product.evolve(event));
    product
}

fn when(product: &Product, command: ProductCommand) -> Result<Vec<ProductEvent>, Rejection> {
    decide(product, command, &at(0))
}

fn created(published: bool, variants: Vec<NewVariant>) -> Vec<ProductEvent> {
    let new = CreateProduct {
        published,
        ..new_product(1, variants)
    };
    when(&Product::default(), ProductCommand::CreateProduct(new)).unwrap()
}

fn priced() -> NewVariant {
    NewVariant::new(sku("A"), vec![eur(100)])
}

fn names(events: &[ProductEvent]) -> Vec<&'static str> {
    events.iter().map(ProductEvent::event_type).collect()
}

fn pointers(rejection: &Rejection) -> Vec<(&str, &str)> {
    let fields = rejection.fields.iter();
    fields
        .map(|f| (f.pointer.as_str(), f.code.as_str()))
        .collect()
}

#[test]
fn create_makes_the_whole_product_in_one_go() {
    let events = created(true, vec![priced(), NewVariant::new(sku("B"), vec![])]);
    assert_eq!(
        names(&events),
        [
            "ProductCreated",
            "VariantAdded",
            "PriceSet",
            "VariantAdded",
            "ProductPublished"
        ]
    );
    let product = given(&events);
    assert_eq!(product.publication(), Publication::Published);
    let price = product.variant(&sku("A")).unwrap().price(Currency::EUR);
    assert_eq!(price, Some(eur(100)));
    assert_eq!(product.profile().unwrap().category, [text("GROCERY")]);
}

#[test]
fn create_names_everything_that_is_wrong() {
    let mut twice = priced();
    twice.prices = vec![eur(1), eur(2), Money::new(-1, Currency::USD)];
    let new = CreateProduct {
        category: vec![text("x"); CATEGORY_PARTS_MAX + 1],
        ..new_product(1, vec![NewVariant::new(sku("A"), vec![]), twice])
    };
    let rejection = when(&Product::default(), ProductCommand::CreateProduct(new)).unwrap_err();
    assert_eq!(rejection.code(), "validation-failed");
    assert_eq!(
        pointers(&rejection),
        [
            ("/category", "too-many"),
            ("/variants/1/sku", "duplicate-sku"),
            ("/variants/1/prices/1", "duplicate-currency"),
            ("/variants/1/prices/2/minor", "out-of-range"),
        ]
    );
    assert!(
        rejection.to_string().ends_with("(and 3 more)"),
        "{rejection}"
    );
}

#[test]
fn create_needs_a_price_to_publish_and_a_new_id() {
    let new = new_product(1, vec![NewVariant::new(sku("A"), vec![])]);
    let rejection = when(&Product::default(), ProductCommand::CreateProduct(new)).unwrap_err();
    assert_eq!(pointers(&rejection), [("/published", "no-priced-variant")]);
    let product = given(&created(false, vec![]));
    let again = ProductCommand::CreateProduct(new_product(1, vec![]));
    let rejection = when(&product, again).unwrap_err();
    assert_eq!(pointers(&rejection), [("/id", "exists-already")]);
}

#[test]
fn a_product_that_was_never_created_is_not_found() {
    for command in [
        ProductCommand::PublishProduct,
        ProductCommand::UnpublishProduct,
    ] {
        let rejection = when(&Product::default(), command).unwrap_err();
        assert_eq!(rejection.code, RejectionCode::NotFound);
    }
}

fn revise(name: Option<Text>, brand: Patch<Text>, description: Patch<Prose>) -> ProductCommand {
    ProductCommand::ReviseProduct {
        name,
        category: None,
        brand,
        description,
    }
}

#[test]
fn revise_says_everything_as_it_is_now_and_nothing_if_nothing_changed() {
    let mut product = given(&created(false, vec![]));
    let command = revise(None, Patch::Set(text("Acme")), Patch::Keep);
    let events = when(&product, command.clone()).unwrap();
    let expected = ProductEvent::ProductRevised {
        name: text("A product"),
        category: vec![text("GROCERY")],
        brand: Some(text("Acme")),
        description: None,
    };
    assert_eq!(events, [expected]);
    product.evolve(&events[0]);
    assert_eq!(when(&product, command), Ok(vec![]));
    let cleared = when(&product, revise(None, Patch::Clear, Patch::Keep)).unwrap();
    product.evolve(&cleared[0]);
    assert_eq!(product.profile().unwrap().brand, None);
}

#[test]
fn a_sku_is_added_once() {
    let product = given(&created(false, vec![priced()]));
    let rejection = when(&product, ProductCommand::AddVariant(priced())).unwrap_err();
    assert_eq!(rejection.code(), "sku-taken");
    let new = NewVariant::new(sku("B"), vec![eur(5)]);
    let events = when(&product, ProductCommand::AddVariant(new)).unwrap();
    assert_eq!(names(&events), ["VariantAdded", "PriceSet"]);
}

#[test]
fn a_variant_is_revised_and_a_foreign_one_is_not_found() {
    let product = given(&created(false, vec![priced()]));
    let command = |name: &str| ProductCommand::ReviseVariant {
        sku: sku(name),
        name: Patch::Set(text("Large")),
        attributes: None,
        tax_bp: Some(TaxRate::new(700).unwrap()),
    };
    let expected = ProductEvent::VariantRevised {
        sku: sku("A"),
        name: Some(text("Large")),
        attributes: BTreeMap::new(),
        tax_bp: TaxRate::new(700).unwrap(),
    };
    assert_eq!(when(&product, command("A")), Ok(vec![expected]));
    assert_eq!(
        when(&product, command("B")).unwrap_err().code(),
        "not-found"
    );
}

#[test]
fn a_price_is_set_once_per_value_and_never_below_zero() {
    let product = given(&created(false, vec![priced()]));
    let set = |minor| ProductCommand::SetPrice {
        sku: sku("A"),
        price: eur(minor),
    };
    assert_eq!(when(&product, set(100)), Ok(vec![]));
    assert_eq!(names(&when(&product, set(0)).unwrap()), ["PriceSet"]);
    for minor in [-1, PRICE_MINOR_MAX + 1] {
        let rejection = when(&product, set(minor)).unwrap_err();
        assert_eq!(pointers(&rejection), [("/price/minor", "out-of-range")]);
    }
}

#[test]
fn a_discontinued_variant_takes_no_price_and_does_not_carry_a_publication() {
    let mut events = created(false, vec![priced()]);
    events.push(ProductEvent::VariantDiscontinued { sku: sku("A") });
    let product = given(&events);
    let price = ProductCommand::SetPrice {
        sku: sku("A"),
        price: eur(1),
    };
    let rejection = when(&product, price).unwrap_err();
    assert_eq!(pointers(&rejection), [("/sku", "discontinued")]);
    let rejection = when(&product, ProductCommand::PublishProduct).unwrap_err();
    assert_eq!(pointers(&rejection), [("", "no-priced-variant")]);
    let again = ProductCommand::DiscontinueVariant { sku: sku("A") };
    assert_eq!(when(&product, again), Ok(vec![]));
}

#[test]
fn publishing_twice_and_unpublishing_twice_change_nothing() {
    let published = given(&created(true, vec![priced()]));
    assert_eq!(when(&published, ProductCommand::PublishProduct), Ok(vec![]));
    let draft = given(&created(false, vec![priced()]));
    assert_eq!(when(&draft, ProductCommand::UnpublishProduct), Ok(vec![]));
    let events = when(&published, ProductCommand::UnpublishProduct).unwrap();
    assert_eq!(events, [ProductEvent::ProductUnpublished {}]);
}

#[test]
fn it_runs_in_the_framework_of_cqrs_es() {
    TestFramework::<Product>::with(FactSource::fixed(at(0)))
        .given(created(false, vec![priced()]))
        .when(ProductCommand::PublishProduct)
        .then_expect_events(vec![ProductEvent::ProductPublished {}]);
    TestFramework::<Product>::with(FactSource::fixed(at(0)))
        .given_no_previous_events()
        .when(ProductCommand::PublishProduct)
        .then_expect_error_message("there is no such product");
}

fn any_command() -> impl Strategy<Value = ProductCommand> {
    let sku = || prop::sample::select(vec!["A", "B", "C"]).prop_map(sku);
    let price = || (-5_i64..50).prop_map(eur);
    let priced = (sku(), price());
    prop_oneof![
        sku().prop_map(|sku| ProductCommand::AddVariant(NewVariant::new(sku, vec![]))),
        sku().prop_map(|sku: Sku| ProductCommand::DiscontinueVariant { sku }),
        priced.prop_map(|(sku, price)| ProductCommand::SetPrice { sku, price }),
        Just(ProductCommand::PublishProduct),
        Just(ProductCommand::UnpublishProduct),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_asked_a_command_repeated_changes_nothing_and_prices_stay_above_zero(
        commands in prop::collection::vec(any_command(), 1..30),
    ) {
        let mut product = given(&created(false, vec![]));
        for command in commands {
            let Ok(events) = when(&product, command.clone()) else { continue };
            events.iter().for_each(|event| product.evolve(event));
            // Adding a variant again is refused; everything else is answered with no event.
            prop_assert!(when(&product, command).is_ok_and(|events| events.is_empty())
                || names(&events).contains(&"VariantAdded"));
            for variant in product.variants().values() {
                prop_assert!(variant.prices.values().all(|minor| *minor >= 0));
            }
            let json = serde_json::to_string(&product).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Product>(&json).unwrap(), &product);
        }
    }
}
