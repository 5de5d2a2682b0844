//! Money and units: whatever has happened, the documents, the books, the lists and a plain fold of the same events tell one
//! story, and none of either is lost.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::ledger::{self, Account, Books, Entry, OrderTerms, PaymentTerms};
use domain::order::OrderEvent;
use domain::payment::PaymentEvent;
use domain::timer::{Timer, TimerChange, changes};
use domain::value::{Currency, OrderId, PaymentId, Timestamp};
use domain::verify::{RecordedFact, Verifier};
use projections::{LedgerFilter, Queries, SalesBy};
use serde_json::Value;
use uuid::Uuid;

use crate::market::{Market, STOCKED, item};
use crate::shop::text;
use crate::world::{World, json, page};

const SEEDS: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn documents_books_and_fold_agree_and_nothing_is_lost() {
    let mut seen = BTreeSet::new();
    for seed in 1..=SEEDS {
        let world = World::new().await;
        let mut market = Market::new(seed);
        // Once in the middle of things, once at rest.
        market.steps(800);
        for is_at_rest in [false, true] {
            if is_at_rest {
                market.come_to_rest();
            }
            world.append(market.commands(), 7).await;
            world.post_all().await;
            check(&world, &market).await;
        }
        check_conservation(&market);
        let recorded = market.recorded.iter();
        seen.extend(recorded.map(|(_, event, _)| event.event_type()));
    }
    let kinds = OrderEvent::KINDS.iter().chain(PaymentEvent::KINDS);
    let unseen: Vec<&str> = kinds
        .map(|kind| kind.event_type)
        .filter(|kind| !seen.contains(kind))
        .collect();
    assert!(unseen.is_empty(), "the histories have no {unseen:?}");
}

async fn check(world: &World, market: &Market) {
    let queries = world.queries();
    check_orders(&queries, market).await;
    check_payments(&queries, market).await;
    check_books(&queries, market).await;
    check_refunds(&queries, market).await;
    check_timelines(world, &queries, market).await;
    check_timers(world, &queries).await;
}

fn minor(document: &Value, pointer: &str) -> i64 {
    let found = document.pointer(pointer).and_then(Value::as_i64);
    found.unwrap_or_else(|| panic!("{pointer} in {document:#}"))
}

/// Something as it is in JSON.
fn shown(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

async fn check_orders(queries: &Queries, market: &Market) {
    for (id, order) in &market.orders {
        let document = queries.order_detail(id.0).await.unwrap().unwrap();
        let body = json(&document.body);
        let payment = market.payment(*id);
        assert_eq!(body["status"], shown(order.status()), "{body:#}");
        assert_eq!(body["fulfilment_status"], shown(order.fulfilment()));
        assert_eq!(
            minor(&body, "/totals/due/minor"),
            order.due().unwrap().minor
        );
        assert_eq!(
            minor(&body, "/totals/returned/minor"),
            order.returned_total()
        );
        let is_outside = order.placed().unwrap().paid.is_some();
        let captured = if is_outside {
            order.totals().unwrap().total
        } else {
            payment.captured_minor()
        };
        assert_eq!(minor(&body, "/totals/captured/minor"), captured);
        let refunded = payment.refunded_minor();
        assert_eq!(minor(&body, "/totals/refunded/minor"), refunded);
        assert_eq!(body["payment"]["status"], shown(payment.status()));
        assert_eq!(document.revision > 0, payment.requested().is_some());
        for (line, placed) in body["lines"].as_array().unwrap().iter().zip(order.lines()) {
            let progress = placed.progress;
            let units = |name: &str| line[name].as_u64().unwrap();
            assert_eq!(units("shipped"), u64::from(progress.shipped));
            assert_eq!(units("cancelled"), u64::from(progress.cancelled));
            assert_eq!(units("returned"), u64::from(progress.returned));
            let announced = u64::from(progress.return_requested);
            assert_eq!(units("return_requested"), announced);
        }
        let returns = body["returns"].as_array().unwrap();
        assert_eq!(returns.len(), order.returns().count());
        for one in returns {
            let id = one["id"].as_str().unwrap().parse().unwrap();
            let known = order.return_of(id).unwrap();
            assert_eq!(one["status"], shown(known.status));
        }
        let listed = listed(queries, *id).await;
        for name in ["status", "payment_status", "fulfilment_status"] {
            assert_eq!(listed[name], body[name], "{name}");
        }
        assert_eq!(listed["due"], body["totals"]["due"]);
    }
}

async fn listed(queries: &Queries, id: OrderId) -> Value {
    let orders = queries.orders(&Default::default(), &page(500)).await;
    let mut items = orders.unwrap().items.into_iter().map(json);
    items.find(|item| item["id"] == shown(id)).unwrap()
}

async fn check_payments(queries: &Queries, market: &Market) {
    let mut open = BTreeSet::new();
    for (id, payment) in &market.payments {
        let document = queries.payment(id.0).await.unwrap().unwrap();
        let body = json(&document.body);
        assert_eq!(body["status"], shown(payment.status()), "{body:#}");
        assert_eq!(minor(&body, "/captured/minor"), payment.captured_minor());
        assert_eq!(minor(&body, "/refunded/minor"), payment.refunded_minor());
        let statuses = |list: &str| -> Vec<Value> {
            let list = body[list].as_array().unwrap().iter();
            list.map(|one| one["status"].clone()).collect()
        };
        let captures = payment.captures().iter().map(|one| shown(one.attempt));
        assert_eq!(statuses("captures"), captures.collect::<Vec<_>>());
        let voids = payment.voids().iter().map(|one| shown(one.attempt));
        assert_eq!(statuses("voids"), voids.collect::<Vec<_>>());
        let refunds = payment.refunds().iter().map(|one| shown(one.attempt));
        assert_eq!(statuses("refunds"), refunds.collect::<Vec<_>>());
        let waits = body["status"] == "action_required";
        assert_eq!(body["next_url"].is_string(), waits, "{body:#}");
        let what = payment.attention().map(|attention| &attention.what);
        assert_eq!(body["attention"]["what"], shown(what));
        if payment.attention().is_some() {
            open.insert(id.to_string());
        }
    }
    let cases = queries.attention(&page(500)).await.unwrap().items;
    let cases: Vec<Value> = cases.into_iter().map(json).collect();
    let id = |case: &Value| case["payment_id"].as_str().unwrap().to_owned();
    let listed: BTreeSet<String> = cases.iter().map(id).collect();
    assert_eq!(listed, open);
    let positions: Vec<u64> = cases
        .iter()
        .map(|case| case["position"].as_u64().unwrap())
        .collect();
    assert!(positions.is_sorted_by(|a, b| a > b), "{positions:?}");
}

/// Every entry of the market, by a plain fold of its events.
fn entries(market: &Market) -> Vec<Entry> {
    let (mut orders, mut payments) = (BTreeMap::new(), BTreeMap::new());
    let mut entries = Vec::new();
    for (new, event, _) in &market.recorded {
        let id = new.stream.aggregate_id.to_string();
        let event_id: Uuid = json(&new.metadata)["event_id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        entries.extend(match event {
            Event::Order(event) => {
                if let OrderEvent::OrderPlaced(placed) = event {
                    orders.insert(id.clone(), OrderTerms::from(&**placed));
                }
                ledger::of_order(event_id, &orders[&id], event)
            }
            Event::Payment(event) => {
                if let PaymentEvent::PaymentRequested(requested) = event {
                    payments.insert(id.clone(), PaymentTerms::from(&**requested));
                }
                ledger::of_payment(event_id, &payments[&id], event)
            }
            Event::Product(_)
            | Event::Stock(_)
            | Event::Account(_)
            | Event::Client(_)
            | Event::Owners(_)
            | Event::Security(_) => None,
        });
    }
    entries
}

async fn check_books(queries: &Queries, market: &Market) {
    let expected = entries(market);
    let mut books = Books::default();
    expected.iter().for_each(|entry| books.post(entry));
    let found = all_entries(queries, &LedgerFilter::default()).await;
    let read = |entry: &Value| -> Entry { serde_json::from_value(entry.clone()).unwrap() };
    let newest_first: Vec<Entry> = expected.iter().rev().cloned().collect();
    assert_eq!(found.iter().map(read).collect::<Vec<_>>(), newest_first);

    let trial = queries.trial_balance().await.unwrap();
    assert!(trial.balanced, "{trial:?}");
    assert!(trial.totals.iter().all(|sum| sum.balance.minor == 0));
    for sum in &trial.accounts {
        let balance = books.balance(sum.account.unwrap(), sum.currency);
        assert_eq!(sum.balance.minor, balance, "{sum:?}");
    }
    let accounts = queries.ledger_accounts().await.unwrap().accounts;
    assert_eq!(accounts.len(), Account::ALL.len());
    let clearing = &accounts[0].balances;
    for balance in clearing {
        let gateway = text(balance.gateway.as_ref().unwrap());
        let at_gateway = books.clearing(&gateway, balance.currency);
        assert_eq!(balance.balance.minor, at_gateway, "{balance:?}");
    }
    // What was taken and not given back is what lies at the gateways.
    let held: i64 = market
        .payments
        .values()
        .map(|payment| payment.captured_minor() - payment.refunded_minor())
        .sum();
    let euros = books.balance(Account::GatewayClearing, Currency::EUR);
    assert_eq!(euros, i128::from(held));
    check_filters(queries, &newest_first).await;
}

async fn check_filters(queries: &Queries, newest_first: &[Entry]) {
    let ids = |entries: &[Entry]| -> Vec<Uuid> { entries.iter().map(|e| e.entry_id).collect() };
    let found = async |filter: &LedgerFilter| -> Vec<Uuid> {
        let found = all_entries(queries, filter).await;
        let id = |entry: &Value| entry["entry_id"].as_str().unwrap().parse().unwrap();
        found.iter().map(id).collect()
    };
    for account in Account::ALL {
        let mut own = newest_first.to_vec();
        own.retain(|entry| entry.lines.iter().any(|line| line.account == account));
        let mut filter = LedgerFilter {
            account: Some(account),
            ..LedgerFilter::default()
        };
        assert_eq!(found(&filter).await, ids(&own), "{account:?}");
        let Some(one) = own.iter().find(|entry| entry.payment_id.is_some()).cloned() else {
            continue;
        };
        filter.order = Some(one.order_id);
        own.retain(|entry| entry.order_id == one.order_id);
        assert_eq!(found(&filter).await, ids(&own), "{account:?}");
        filter.payment = one.payment_id;
        own.retain(|entry| entry.payment_id == one.payment_id);
        assert_eq!(found(&filter).await, ids(&own), "{account:?}");
    }
}

/// Walks all pages, and back.
async fn all_entries(queries: &Queries, filter: &LedgerFilter) -> Vec<Value> {
    let mut wanted = page(11);
    let (mut entries, mut pages) = (Vec::new(), 0);
    loop {
        let found = queries.ledger_entries(filter, &wanted).await.unwrap();
        pages += 1;
        if pages == 2 {
            let mut back = page(11);
            back.before = found.previous;
            let first = queries.ledger_entries(filter, &back).await.unwrap();
            let first: Vec<Value> = first.items.into_iter().map(json).collect();
            assert_eq!(first, entries);
        }
        entries.extend(found.items.into_iter().map(json));
        wanted.after = found.next;
        if wanted.after.is_none() {
            return entries;
        }
    }
}

async fn check_refunds(queries: &Queries, market: &Market) {
    let refunded: i64 = market.payments.values().map(|p| p.refunded_minor()).sum();
    // Events are recorded today, whatever the market's clock says.
    let from = Timestamp::EPOCH;
    let to = Timestamp::parse("2999-01-01T00:00:00Z").unwrap();
    for by in [
        SalesBy::Day,
        SalesBy::Sku,
        SalesBy::Category,
        SalesBy::Channel,
    ] {
        let report = queries.sales(from, to, by).await.unwrap();
        let rows = report.rows.iter();
        let rows = rows.filter(|row| row.amounts.refunds.currency == Currency::EUR);
        let sum: i64 = rows.map(|row| row.amounts.refunds.minor).sum();
        assert_eq!(sum, refunded, "{by:?}");
        let totals = report.totals.iter().chain([&report.total]);
        let totals = totals.filter_map(|total| total.amounts.as_ref());
        let sum: i64 = totals.map(|amounts| amounts.refunds.minor).sum();
        assert_eq!(sum, refunded, "{by:?}");
        assert!(report.rows.iter().all(|row| row.key != "(unknown)"));
    }
}

async fn check_timelines(world: &World, queries: &Queries, market: &Market) {
    let events = world.journal.read_all(0, 10_000).await.unwrap();
    for id in market.orders.keys() {
        let own = [id.to_string(), id.payment().to_string()];
        let expected = events
            .iter()
            .filter(|event| own.contains(&event.stream.aggregate_id.to_string()));
        let expected: Vec<(u64, String, String)> = expected
            .map(|event| {
                let actor = event.metadata().actor;
                (event.position, event.event_type.clone(), actor)
            })
            .collect();
        let found = queries.order_timeline(*id).await.unwrap();
        let found = found.iter().map(json).map(|item| {
            let of = |name: &str| item[name].as_str().unwrap().to_owned();
            let text = item.to_string();
            for personal in ["changed their mind", "too small", "sorry", "household"] {
                assert!(!text.contains(personal), "{text}");
            }
            (item["position"].as_u64().unwrap(), of("type"), of("actor"))
        });
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }
    let nobody = OrderId(Uuid::nil());
    assert!(queries.order_timeline(nobody).await.unwrap().is_empty());
}

async fn check_timers(world: &World, queries: &Queries) {
    let mut set: BTreeMap<Timer, Timestamp> = BTreeMap::new();
    for event in world.journal.read_all(0, 10_000).await.unwrap() {
        let stream = &event.stream;
        let Ok(decoded) = Event::decode(&stream.aggregate_type, &event.payload) else {
            panic!("{event:?}")
        };
        let recorded_at = Timestamp::try_from(event.recorded_at).unwrap();
        for change in changes(&stream.aggregate_id, &decoded, recorded_at) {
            match change {
                TimerChange::Set { timer, due_at } => _ = set.insert(timer, due_at),
                TimerChange::Clear { timer } => _ = set.remove(&timer),
            }
        }
    }
    let mut expected: Vec<(Timestamp, Timer)> = set.into_iter().map(|(t, at)| (at, t)).collect();
    expected.sort_by_key(|(at, _)| *at);
    let end = Timestamp::parse("2999-01-01T00:00:00Z").unwrap();
    let found = queries.due(end, 1_000).await.unwrap();
    assert!(found.is_sorted_by_key(|(_, at)| *at));
    let found: BTreeSet<_> = found.into_iter().map(|(timer, at)| (at, timer)).collect();
    assert_eq!(found, expected.iter().copied().collect());
    if let Some((first, _)) = expected.first() {
        let before = Timestamp::from_micros(first.as_micros() - 1).unwrap();
        assert_eq!(queries.due(before, 1_000).await.unwrap(), []);
        assert_eq!(queries.due(*first, 1).await.unwrap().len(), 1);
    }
}

/// Units that are not in the building are at customers, and the rules that look at any journal find nothing.
fn check_conservation(market: &Market) {
    for (code, stocked) in market.skus.iter().zip(STOCKED) {
        let state = &market.stock[&item(code)];
        let lines = market.orders.values().filter_map(|order| order.line(code));
        let shipped: u64 = lines.map(|line| u64::from(line.progress.shipped)).sum();
        let restocked = market.restocked.get(code).copied().unwrap_or_default();
        assert_eq!(state.on_hand() + shipped, u64::from(stocked) + restocked);
    }
    let mut verifier = Verifier::new();
    for (position, (new, event, at)) in (1..).zip(&market.recorded) {
        verifier.post(RecordedFact {
            position,
            aggregate_type: &new.stream.aggregate_type,
            aggregate_id: &new.stream.aggregate_id,
            sequence: new.sequence,
            event_type: &new.event_type,
            event,
            recorded_at: *at,
        });
    }
    let report = verifier.finish();
    assert!(report.is_clean(), "{report:?}");
    let waiting: Vec<&PaymentId> = market
        .payments
        .iter()
        .filter(|(_, payment)| !payment.open_requests().is_empty())
        .map(|(id, _)| id)
        .collect();
    assert!(waiting.is_empty(), "{waiting:?}");
}
