//! Refunds: what others give back twice. Counted are the calls to the gateway, the ids that they carry, and what moved.

use std::time::Duration;

use commands::Context;
use domain::payment::{AttentionDecision, PaymentCommand, RefundReason};
use domain::value::{RefundId, Text};
use processes::gateway::sandbox::{CallFault, Card, Faults, Operation};
use uuid::Uuid;

use super::people::{self, drawn_id};
use super::shopping::calm;
use super::world::World;

/// A paid order, and the id of a refund to come.
fn paid(seed: u64) -> (World, domain::value::OrderId, RefundId) {
    let mut world = calm(seed);
    let order = world.has_bought(3, Card::Good);
    let refund = RefundId(drawn_id(&mut world.rng));
    (world, order, refund)
}

/// An answer that is lost, with its webhook.
fn silent(call: CallFault) -> Faults {
    Faults {
        call: Some(call),
        deliveries: Vec::new(),
    }
}

#[test]
fn the_same_refund_sent_twice_is_one() {
    let (mut world, order, refund) = paid(1);
    world.gives_back(order, refund, 1, "key").unwrap();
    assert!(world.gives_back(order, refund, 1, "key").unwrap().replayed);
    world.settle();
    // A client that lost its key and kept the refund's id.
    assert_eq!(
        world.gives_back(order, refund, 1, "other").unwrap().events,
        0
    );
    world.settle();
    assert_eq!(world.sent(Operation::Refund), [refund.0]);
    assert_eq!(world.refunded(), [refund.0]);
    world.ends_well();
}

#[test]
fn the_same_refund_made_by_several_workers_at_once_is_one() {
    let mut most = 0;
    for seed in 0..40 {
        let (mut world, order, refund) = paid(seed);
        world.gives_back(order, refund, 1, "key").unwrap();
        // The shard changes hands again and again while the refund is at work.
        for _ in 0..30 {
            world.step();
            let mut rng = world.rng.clone();
            if rng.u8(0..4) == 0 {
                world.crew.usurp(&mut rng);
            }
        }
        world.settle();
        let sent = world.sent(Operation::Refund);
        assert!(sent.iter().all(|id| *id == refund.0), "{sent:?}");
        assert_eq!(world.refunded(), [refund.0]);
        most = most.max(sent.len());
        world.ends_well();
    }
    assert!(most > 1, "it was never made by two at once");
}

#[test]
fn a_refund_whose_answer_is_lost_is_one() {
    for fault in [CallFault::LostAnswer, CallFault::ErrorAfterSuccess] {
        let (mut world, order, refund) = paid(3);
        world.sandbox.inject(Operation::Refund, silent(fault));
        world.gives_back(order, refund, 1, "key").unwrap();
        world.settle();
        assert_eq!(world.count("RefundOutcomeUnknown"), 1);
        world.ends_well();
        // It was asked about, and not sent again.
        assert_eq!(world.sent(Operation::Refund), [refund.0]);
        assert_eq!(world.refunded(), [refund.0]);
        assert_eq!(world.count("PaymentRefunded"), 1);
    }
}

#[test]
fn an_unknown_outcome_never_gets_a_new_id() {
    let (mut world, order, refund) = paid(4);
    for _ in 0..5 {
        world
            .sandbox
            .inject(Operation::Refund, silent(CallFault::LostRequest));
    }
    world
        .sandbox
        .inject(Operation::State, Faults::call(CallFault::LostAnswer));
    world.gives_back(order, refund, 1, "key").unwrap();
    world.rest().unwrap();
    assert_eq!(world.sent(Operation::Refund), [refund.0; 6]);
    assert_eq!(world.refunded(), [refund.0]);
    assert_eq!(
        (
            world.count("RefundRequested"),
            world.count("PaymentRefunded")
        ),
        (1, 1)
    );
    world.ends_well();
}

#[test]
fn what_a_person_settled_outside_is_left_alone() {
    let (mut world, order, refund) = paid(8);
    for _ in 0..40 {
        let lost = silent(CallFault::LostRequest);
        world.sandbox.inject(Operation::Refund, lost);
    }
    world.gives_back(order, refund, 1, "key").unwrap();
    world.pass(Duration::from_secs(3 * 3_600));
    let payment = people::payment(&world.memory, order);
    assert!(
        payment.attention().is_some(),
        "nobody was told for three hours"
    );
    let leave = PaymentCommand::SettleAttention {
        decision: AttentionDecision::Leave,
        reason: Text::new("paid in cash").unwrap(),
    };
    let nobody = Context::default();
    world
        .memory
        .payment(order.payment(), leave, &nobody)
        .unwrap();
    let sent = world.sent(Operation::Refund).len();
    world.rest().unwrap();
    assert_eq!(world.sent(Operation::Refund).len(), sent);
}

#[test]
fn two_distinct_refunds_of_one_amount_are_two() {
    let (mut world, order, first) = paid(5);
    let second = RefundId(drawn_id(&mut world.rng));
    world.gives_back(order, first, 1, "one").unwrap();
    world.settle();
    world.gives_back(order, second, 1, "two").unwrap();
    world.settle();
    assert_eq!(world.refunded(), [first.0, second.0]);
    assert_eq!(world.sent(Operation::Refund), [first.0, second.0]);
    world.ends_well();
}

#[test]
fn a_definite_failure_closes_its_id_and_a_retry_takes_a_new_one() {
    let mut world = calm(6);
    let order = world.has_bought(2, Card::RefundFailsOnce);
    world.returns(order, Vec::from_iter(all_of(&world, order)));
    world.settle();
    let payment = order.payment();
    let ids: Vec<Uuid> = [0, 1].map(|number| payment.refund(number).0).into();
    assert_eq!(world.sent(Operation::Refund), ids);
    assert_eq!(world.refunded(), ids[1..]);
    let payment = super::people::payment(&world.memory, order);
    let reasons = payment
        .refunds()
        .iter()
        .map(|refund| refund.requested.reason);
    assert!(reasons.eq([RefundReason::Returned; 2]));
    world.ends_well();
}

fn all_of(world: &World, order: domain::value::OrderId) -> Option<domain::order::LineQuantity> {
    let order = super::people::order(&world.memory, order);
    let line = order.lines().next()?;
    Some(domain::order::LineQuantity {
        sku: line.placed.sku.clone(),
        quantity: line.placed.quantity,
    })
}
