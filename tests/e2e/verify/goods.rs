//! Breaches of the rules about stock, orders, products and numbers.

use serde_json::json;

use super::plant::{Fact, Story};
use super::sale::{Sale, id};

pub fn stories() -> Vec<Story> {
    let mut stories = units();
    stories.extend(orders());
    stories.extend(products());
    stories.extend(numbers());
    stories
}

fn units() -> Vec<Story> {
    let [full, counted, ended, empty] = [11, 12, 21, 22].map(Sale);
    vec![
        // Every unit is promised already.
        Story::new(
            [full.received(2), full.reserved(0, 2)],
            [full.reserved(1, 1).breaks(1)],
        ),
        // What is missing is not named as it was the first time.
        Story::new(
            [
                counted.received(2),
                counted.reserved(0, 2),
                counted.adjusted(-1),
                counted.shortfall_named(1),
            ],
            [counted.adjusted(-1).breaks(1)],
        ),
        // A reservation ends twice. Another one keeps the sum of what is held above zero.
        Story::new(
            [
                ended.received(2),
                ended.reserved(0, 1),
                ended.reserved(1, 1),
                ended.released(0, 1),
            ],
            [ended.released(0, 1).breaks(2)],
        ),
        // More leaves than was ever there.
        Story::new(
            [empty.received(2)],
            [empty.adjusted(-3).breaks(1).breaks(2)],
        ),
    ]
}

fn orders() -> Vec<Story> {
    let [cancelled, returned, summed, wrong, in_time, late] = [31, 32, 61, 62, 91, 92].map(Sale);
    vec![
        // Three of two units are cancelled.
        Story::new(
            [cancelled.placed(), cancelled.confirmed()],
            [cancelled.lines_cancelled(3, 200).breaks(3)],
        ),
        // Of two that were sent one came back, and then two.
        Story::new(
            [
                returned.placed(),
                returned.confirmed(),
                returned.shipped(),
                returned.return_requested(0),
                returned.return_received(0, 1, 100),
                returned.return_requested(1),
            ],
            [returned.return_received(1, 2, 100).breaks(3)],
        ),
        // A line has a tax that its rate does not give.
        Story::new(
            [summed.placed(), summed.confirmed()],
            [
                wrong.placed().but("/lines/0/tax", 1).breaks(6),
                wrong.confirmed(),
            ],
        ),
        // Its deadline passes while the shop is awake, and nobody confirms, rejects or cancels it.
        Story::new(
            [in_time.placed_until(1), in_time.confirmed()],
            [late.placed_until(11).breaks(9)],
        ),
    ]
}

fn products() -> Vec<Story> {
    vec![
        // A second product sells the same SKU.
        Story::new(
            [created(81, "one"), variant(81, "TWICE"), created(82, "two")],
            [variant(82, "TWICE").breaks(8)],
        ),
        // A third one has the address of the first.
        Story::new([], [created(83, "one").breaks(8)]),
    ]
}

fn numbers() -> Vec<Story> {
    let [of_stream, of_journal] = [111, 112].map(Sale);
    vec![
        Story::new(
            [of_stream.received(1)],
            [of_stream.received(1).after_a_lost_sequence().breaks(11)],
        ),
        Story::new(
            [of_journal.received(1)],
            [of_journal.received(1).after_a_lost_position().breaks(11)],
        ),
    ]
}

fn created(number: u32, slug: &str) -> Fact {
    let says = json!({
        "product_id": id(number), "name": "A thing", "slug": slug, "category": ["THINGS"],
    });
    Fact::new("product", id(number).to_string(), "ProductCreated", says)
}

fn variant(number: u32, sku: &str) -> Fact {
    let says = json!({"sku": sku, "attributes": {}, "tax_bp": 0});
    Fact::new("product", id(number).to_string(), "VariantAdded", says)
}
