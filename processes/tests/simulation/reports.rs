//! What users of other shops report, one test each.

use std::time::Duration;

use commands::Context;
use domain::RejectionCode;
use domain::order::{LineQuantity, OrderStatus};
use domain::ordering::LineAmounts;
use domain::product::ProductCommand;
use domain::value::{OrderId, Text};
use processes::gateway::MovementKind;
use processes::gateway::sandbox::{Card, CustomerAnswer, Faults, Operation};

use super::people::{self, drawn_id, euro, units};
use super::profile::Profile;
use super::shopping::{HOLD, calm, refused};
use super::world::{World, product_id};

fn status(world: &World, order: OrderId) -> OrderStatus {
    people::order(&world.memory, order).status().unwrap()
}

/// The customer answers on the gateway's page.
fn answers(world: &World, order: OrderId, answer: CustomerAnswer) {
    let payment = people::payment(&world.memory, order);
    let reference = payment.gateway_ref().unwrap().as_str().to_owned();
    world
        .sandbox
        .customer(&reference, answer, world.clock.now())
        .unwrap();
}

fn times(story: &[String], event_type: &str) -> usize {
    story.iter().filter(|told| *told == event_type).count()
}

/// Each checked against the same undiminished stock, two lines sold what was there once.
#[test]
fn the_same_sku_on_two_lines_is_one_line() {
    let mut world = World::new(
        Profile {
            units: 3,
            ..Profile::calm(1)
        },
        false,
    );
    let sku = world.skus[0].clone();
    let place = |world: &mut World, one: u32, other: u32| {
        let id = OrderId(drawn_id(&mut world.rng));
        let lines = [(&sku, one), (&sku, other)];
        let wish = people::wish(id, &lines, Some(Card::Good.name()), HOLD);
        world.places(wish).map(|_| id)
    };
    let too_many = place(&mut world, 2, 2).map(|_| unreachable!("4 of 3 units were sold"));
    assert_eq!(refused(too_many), RejectionCode::OutOfStock);
    let order = place(&mut world, 2, 1).unwrap();
    world.settle();
    let placed = people::order(&world.memory, order);
    assert_eq!(
        placed
            .lines()
            .map(|line| line.placed.quantity.get())
            .collect::<Vec<_>>(),
        [3]
    );
    assert_eq!(status(&world, order), OrderStatus::Confirmed);
    world.ends_well();
}

/// The hold is extended once, so that the customer who is busy paying still gets it.
#[test]
fn a_payment_that_takes_longer_than_the_hold_is_waited_for_once() {
    let mut world = calm(2);
    let order = world.buys(1, Card::ActionRequired);
    world.pass(HOLD * 2);
    assert_eq!(status(&world, order), OrderStatus::Placed);
    answers(&world, order, CustomerAnswer::Approves);
    world.pass(Duration::from_secs(1));
    assert_eq!(status(&world, order), OrderStatus::Confirmed);
    assert_eq!(times(&world.story(order), "OrderDeadlineExtended"), 1);
    world.ends_well();
}

/// Who takes even longer gets the money back: what was held is let go of, and nothing is charged.
#[test]
fn a_payment_that_takes_longer_than_that_is_given_back() {
    let mut world = calm(3);
    let order = world.buys(1, Card::ActionRequired);
    world.pass(Duration::from_secs(3 * 3_600));
    let story = world.story(order);
    assert_eq!(times(&story, "OrderDeadlineExtended"), 1);
    assert_eq!(status(&world, order), OrderStatus::Rejected);
    assert_eq!(times(&story, "PaymentVoided"), 1);
    assert!(world.moved(MovementKind::Captured).is_empty());
    world.ends_well();
}

/// The hold has lapsed and another customer has the last unit when the approval comes: no charge without stock.
#[test]
fn a_payment_that_comes_when_the_stock_is_gone_is_given_back() {
    let slow = Profile {
        units: 1,
        // Nobody rejects the order meanwhile.
        timer_lag: Duration::from_secs(1 << 40),
        ..Profile::calm(4)
    };
    let mut world = World::new(slow, false);
    let late = world.buys(1, Card::ActionRequired);
    world.pass(Duration::from_secs(2 * 3_600));
    let quick = world.buys(1, Card::Good);
    world.settle();
    assert_eq!(status(&world, quick), OrderStatus::Confirmed);
    answers(&world, late, CustomerAnswer::Approves);
    world.pass(Duration::from_secs(1));
    assert_eq!(status(&world, late), OrderStatus::Rejected);
    let story = world.story(late);
    assert_eq!(times(&story, "PaymentAuthorized"), 1);
    assert_eq!(times(&story, "PaymentVoided"), 1);
    assert_eq!(
        world.moved(MovementKind::Captured),
        [quick.payment().capture(0).0]
    );
}

/// One in twenty orders was lost or doubled elsewhere when the browser came back as the webhook came.
#[test]
fn a_browsers_return_that_races_the_webhook_confirms_once() {
    for seed in 0..50 {
        let mut world = World::new(
            Profile {
                workers: 3,
                ..Profile::calm(seed)
            },
            false,
        );
        let order = world.buys(1, Card::ActionRequired);
        world.settle();
        answers(&world, order, CustomerAnswer::Approves);
        world.browser_returns(order);
        world.pass(Duration::from_secs(1));
        let story = world.story(order);
        for once in [
            "PaymentAuthorized",
            "OrderConfirmed",
            "CaptureRequested",
            "PaymentCaptured",
        ] {
            assert_eq!(times(&story, once), 1, "seed {seed}: {once} in {story:?}");
        }
        assert_eq!(world.sent(Operation::Capture).len(), 1, "seed {seed}");
        world.ends_well();
    }
}

/// Settled three times elsewhere.
#[test]
fn a_webhook_that_comes_three_times_or_late_changes_nothing_more() {
    for deliveries in [vec![0, 0, 0], vec![600], vec![600, 0, 600, 900]] {
        let mut world = calm(5);
        let delays: Vec<Duration> = deliveries.into_iter().map(Duration::from_secs).collect();
        for operation in [Operation::Authorize, Operation::Capture, Operation::Refund] {
            world
                .sandbox
                .inject(operation, Faults::deliveries(delays.clone()));
        }
        let order = world.has_bought(2, Card::Good);
        let line = people::order(&world.memory, order)
            .lines()
            .next()
            .unwrap()
            .placed
            .clone();
        let one = LineQuantity {
            sku: line.sku,
            quantity: units(1),
        };
        world.returns(order, vec![one]);
        world.settle();
        let before = world.story(order);
        for once in [
            "PaymentAuthorized",
            "OrderConfirmed",
            "PaymentCaptured",
            "PaymentRefunded",
        ] {
            assert_eq!(times(&before, once), 1, "{before:?}");
        }
        world.pass(Duration::from_secs(1_200));
        assert_eq!(world.sandbox.next_webhook_due(), None);
        assert_eq!(world.story(order), before);
        world.ends_well();
    }
}

/// Years of reports about cents that refunds invent or lose: three times a third is the whole.
#[test]
fn partial_refunds_with_tax_and_discount_sum_to_the_whole() {
    let mut world = World::new(
        Profile {
            skus: 2,
            ..Profile::calm(6)
        },
        false,
    );
    let (taxed, reduced) = (world.skus[0].clone(), world.skus[1].clone());
    let price = ProductCommand::SetPrice {
        sku: taxed.clone(),
        price: euro(337),
    };
    world
        .memory
        .product(product_id(0), price, &Context::default())
        .unwrap();
    let id = OrderId(drawn_id(&mut world.rng));
    let lines = [(&taxed, 3), (&reduced, 3)];
    let mut wish = people::wish(id, &lines, Some(Card::Good.name()), HOLD);
    wish.channel = Some(Text::new("phone").unwrap());
    wish.lines[1].amounts = Some(LineAmounts {
        gross: 1_000,
        discount: 99,
        net: 901,
        coupon: 0,
    });
    world.places(wish).unwrap();
    world.settle();
    world.ships(id);
    let total = people::order(&world.memory, id).totals().unwrap().total;
    assert_eq!(people::payment(&world.memory, id).captured_minor(), total);
    for sku in [&taxed, &reduced, &taxed, &reduced, &reduced, &taxed] {
        let one = LineQuantity {
            sku: sku.clone(),
            quantity: units(1),
        };
        world.returns(id, vec![one]);
        world.settle();
    }
    let payment = people::payment(&world.memory, id);
    assert_eq!(payment.refunds().len(), 6);
    assert_eq!(payment.refunded_minor(), total);
    let of_reduced = payment
        .refunds()
        .iter()
        .map(|refund| refund.requested.lines[0].clone());
    let of_reduced: Vec<i64> = of_reduced
        .filter(|share| share.sku == reduced)
        .map(|share| share.net)
        .collect();
    assert_eq!(of_reduced.iter().sum::<i64>(), 901);
    assert!(
        of_reduced.iter().all(|net| (300..=301).contains(net)),
        "{of_reduced:?}"
    );
    world.ends_well();
}

/// The customer pays what the page said, or is asked again.
#[test]
fn a_cart_that_was_priced_before_a_change_is_refused() {
    let mut world = calm(7);
    let sku = world.skus[0].clone();
    let wish = |world: &mut World, expected: i64| {
        let id = OrderId(drawn_id(&mut world.rng));
        let mut wish = people::wish(id, &[(&sku, 2)], Some(Card::Good.name()), HOLD);
        wish.expected_total = Some(euro(expected));
        wish
    };
    let first = world.buys(2, Card::Good);
    world.settle();
    let shown = people::order(&world.memory, first).totals().unwrap();
    let gross = shown.gross / 2 + 100;
    let price = ProductCommand::SetPrice {
        sku: sku.clone(),
        price: euro(gross),
    };
    world
        .memory
        .product(product_id(0), price, &Context::default())
        .unwrap();
    let head = world.memory.head();
    let stale = wish(&mut world, shown.total);
    assert_eq!(refused(world.places(stale)), RejectionCode::PriceChanged);
    world.settle();
    assert_eq!(world.memory.head(), head, "something was held or asked for");
    let second = world.buys(2, Card::Good);
    let told = people::order(&world.memory, second).totals().unwrap().total;
    assert!(told > shown.total);
    let right = wish(&mut world, told);
    world.places(right).unwrap();
    world.ends_well();
}
