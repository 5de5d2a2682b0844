//! The inner loops: `decide` and `evolve`, the envelope of an event, its reading back, the fold of a batch.
//!
//! `cargo bench -p daybook-bench` measures them; a test run executes each once. They are here so that a loop that has
//! become slower is noticed, not to be compared with anybody's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "whatever goes wrong ends the run with a message"
)]

mod shop;

use divan::{Bencher, black_box};
use domain::{Event, State, order, product, stock};
use journal::{Metadata, NewEvent, StreamId};
use uuid::Uuid;

use crate::shop::Shop;

/// Events of a batch that is folded.
const BATCH: usize = 1_000;

/// Lines of an order.
const LINES: usize = 10;

fn main() {
    divan::main();
}

#[divan::bench]
fn set_price(bencher: Bencher<'_, '_>) {
    let shop = Shop::new(1);
    bencher
        .with_inputs(|| (shop.products[0].clone(), shop::set_price(0)))
        .bench_values(|(mut product, command)| {
            let events = product::decide(&product, command, &shop.facts).unwrap();
            events.iter().for_each(|event| product.evolve(event));
            product
        });
}

#[divan::bench]
fn reserve_stock(bencher: Bencher<'_, '_>) {
    let shop = Shop::new(1);
    bencher
        .with_inputs(|| (shop.items[0].clone(), shop.reserve(0)))
        .bench_values(|(mut item, command)| {
            let events = stock::decide(&item, command, &shop.facts).unwrap();
            events.iter().for_each(|event| item.evolve(event));
            item
        });
}

/// The order, and the reservation of every line, as the executor decides and applies them.
#[divan::bench]
fn place_order_of_ten_lines(bencher: Bencher<'_, '_>) {
    let shop = Shop::new(LINES);
    bencher
        .with_inputs(|| (shop.wish(), shop.items.clone(), order::Order::default()))
        .bench_values(|(wish, mut items, mut order)| {
            let outcome = shop.place(&order, wish);
            outcome.order.iter().for_each(|event| order.evolve(event));
            for (id, events) in &outcome.stock {
                let item = &mut items[shop.place_of[&id.sku]];
                events.iter().for_each(|event| item.evolve(event));
            }
            (order, items)
        });
}

/// A command's metadata, rendered once, and its one event's envelope.
#[divan::bench]
fn encode_a_reservation(bencher: Bencher<'_, '_>) {
    let (stream, event) = Shop::new(1).history(1).pop().unwrap();
    bencher.bench(|| encode(black_box(&stream), black_box(&event)));
}

#[divan::bench]
fn encode_an_order_of_ten_lines(bencher: Bencher<'_, '_>) {
    let (stream, event) = Shop::new(LINES).history(1).swap_remove(0);
    bencher.bench(|| encode(black_box(&stream), black_box(&event)));
}

#[divan::bench]
fn decode_a_reservation(bencher: Bencher<'_, '_>) {
    let (stream, event) = Shop::new(1).history(1).pop().unwrap();
    let payload = event.to_payload();
    bencher.bench(|| Event::decode(&stream.aggregate_type, black_box(&payload)).unwrap());
}

#[divan::bench]
fn decode_an_order_of_ten_lines(bencher: Bencher<'_, '_>) {
    let (stream, event) = Shop::new(LINES).history(1).swap_remove(0);
    let payload = event.to_payload();
    bencher.bench(|| Event::decode(&stream.aggregate_type, black_box(&payload)).unwrap());
}

/// From stored text to states: what a cold load, and a rebuild, do to each event.
#[divan::bench]
fn decode_and_fold_a_batch(bencher: Bencher<'_, '_>) {
    let stored: Vec<(StreamId, String)> = Shop::new(LINES)
        .history(BATCH / LINES)
        .into_iter()
        .take(BATCH)
        .map(|(stream, event)| (stream, event.to_payload()))
        .collect();
    bencher
        .counter(divan::counter::ItemsCount::new(stored.len()))
        .bench(|| {
            let mut states = std::collections::HashMap::<&StreamId, State>::new();
            for (stream, payload) in &stored {
                let event = Event::decode(&stream.aggregate_type, payload).unwrap();
                states
                    .entry(stream)
                    .or_insert_with(|| State::new(&stream.aggregate_type).unwrap())
                    .evolve(&event);
            }
            states.len()
        });
}

/// What the executor's committer makes of a decided event.
fn encode(stream: &StreamId, event: &Event) -> NewEvent {
    let command_id = Uuid::now_v7().to_string();
    let metadata = Metadata {
        correlation_id: command_id.clone(),
        command_id,
        command: "PlaceOrder".into(),
        actor: "service:token".into(),
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into(),
        service_version: env!("CARGO_PKG_VERSION").into(),
        occurred_at: "2026-01-01T00:00:00.000000Z".into(),
        ..Metadata::default()
    };
    NewEvent {
        stream: stream.clone(),
        sequence: 1,
        event_type: event.event_type().to_owned(),
        event_version: event.event_version().to_owned(),
        payload: event.to_payload(),
        metadata: metadata.template().for_event(Uuid::now_v7()),
    }
}
