//! What must hold when a world has come to rest, whatever went wrong on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::Event;
use domain::ledger::{self, Books, OrderTerms, PaymentTerms};
use domain::order::{OrderEvent, OrderStatus, RejectReason};
use domain::ordering::{FAILURES_IN_A_ROW_MAX, MoneyStep, money_step};
use domain::payment::{Attempt, OpenRequest, Payment, PaymentEvent, RefundReason};
use domain::stock::Hold;
use domain::value::{Currency, OrderId, Text, Timestamp};
use domain::verify::{RecordedFact, Verifier};
use futures::FutureExt as _;
use processes::gateway::{Gateway as _, MovementKind, Query, Standing};
use uuid::Uuid;

use commands::memory::Remembered;

use super::people;
use super::world::World;

/// How long the outcome of a request is unknown before a person is told; a bit less, as clocks jump back.
const LONG: Duration = Duration::from_secs(2_400);

/// What a world came to, for whoever wants to know that the simulation meets what it is made for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Of everything that happened, and of the journal.
    pub trace: u64,
    pub steps: u64,
    pub events: u64,
    /// How often what happened: events by type, and what went wrong by kind.
    pub counts: BTreeMap<String, u64>,
}

/// Everything that must hold.
pub fn check(world: &World) -> Result<(), String> {
    let journal = world.memory.read_after(0, usize::MAX);
    verify(world, &journal)?;
    if let Some(lasting) = world.crew.lasting.first() {
        return Err(format!("a worker gave something up: {lasting}"));
    }
    for id in &world.people.orders {
        order(world, *id).map_err(|wrong| format!("order {id}: {wrong}"))?;
    }
    rejections(&journal)?;
    attention(&journal)?;
    books(world, &journal)?;
    stock(world)
}

/// The rule about deadlines. It counts the time that the shop was awake, and cannot tell a clock that jumps again and
/// again from a shop that is awake and does nothing.
const CONCLUDED_BY_DEADLINE: u8 = 9;

/// Every rule of `daybook verify` over the whole journal.
fn verify(world: &World, journal: &[Remembered]) -> Result<(), String> {
    let mut verifier = Verifier::new();
    for Remembered { recorded, event } in journal {
        verifier.post(RecordedFact {
            position: recorded.position,
            aggregate_type: &recorded.stream.aggregate_type,
            aggregate_id: &recorded.stream.aggregate_id,
            sequence: recorded.sequence,
            event_type: &recorded.event_type,
            event,
            recorded_at: Timestamp::try_from(recorded.recorded_at).unwrap(),
        });
    }
    let mut report = verifier.finish();
    if world.profile.jump > 0 {
        report
            .breaches
            .retain(|breach| breach.rule != CONCLUDED_BY_DEADLINE);
    }
    if report.breaches.is_empty() {
        return Ok(());
    }
    Err(format!("rules are broken: {:#?}", report.breaches))
}

/// An order is at rest and so is its money.
fn order(world: &World, id: OrderId) -> Result<(), String> {
    let order = people::order(&world.memory, id);
    let payment = people::payment(&world.memory, id);
    let status = order.status();
    if matches!(status, None | Some(OrderStatus::Placed)) {
        return Err(format!("it is {status:?}"));
    }
    if let Some(attention) = payment.attention() {
        return Err(format!("a person is asked for without need: {attention:?}"));
    }
    if !payment.open_requests().is_empty() {
        return Err(format!("requests are open: {:?}", payment.open_requests()));
    }
    let step = money_step(&order, &payment, world.profile.policy);
    if step != MoneyStep::Nothing {
        return Err(format!("its money is not settled: {step:?}"));
    }
    amounts(world, &order, &payment)?;
    at_the_gateway(world, id, status, &payment)
}

/// What was taken less what was given back is what is due.
fn amounts(world: &World, order: &domain::order::Order, payment: &Payment) -> Result<(), String> {
    let is_to_be_paid = payment.requested().is_some();
    let is_given_up = matches!(
        order.status(),
        Some(OrderStatus::Rejected | OrderStatus::Cancelled)
    );
    let has = payment.captured_minor() - payment.refunded_minor();
    if is_given_up && has != 0 {
        return Err(format!("it is given up and {has} cents of it were kept"));
    }
    if is_given_up || !is_to_be_paid {
        return Ok(());
    }
    let goodwill = payment.refunds().iter().filter(|refund| {
        refund.attempt == Attempt::Done && refund.requested.reason == RefundReason::Goodwill
    });
    let goodwill: i64 = goodwill.map(|refund| refund.requested.amount.minor).sum();
    let due = match world.profile.policy {
        domain::ordering::CapturePolicy::OnConfirm => order.due().unwrap().minor,
        domain::ordering::CapturePolicy::OnShip => order.shipped_total() - order.returned_total(),
    };
    // What was given out of kindness may be more than would be left to give back otherwise.
    let most = due;
    let least = (due - goodwill).max(0);
    if (least..=most).contains(&has) && (goodwill > 0 || has == due) {
        return Ok(());
    }
    Err(format!(
        "{due} cents are due, {goodwill} were given out of kindness, and the shop has {has}"
    ))
}

/// What the gateway says of it agrees.
fn at_the_gateway(
    world: &World,
    id: OrderId,
    status: Option<OrderStatus>,
    payment: &Payment,
) -> Result<(), String> {
    let Some(asked) = payment.authorization() else {
        return Ok(());
    };
    let query = Query {
        auth_id: asked.auth_id.0,
        gateway_ref: None,
        requested_at: world.clock.now(),
    };
    let found = world.sandbox.state(&query, world.clock.now());
    let Some(state) = found.now_or_never().unwrap().unwrap() else {
        return if payment.authorized().is_none() {
            Ok(())
        } else {
            Err(format!(
                "the gateway knows nothing of {id}, and it is authorized"
            ))
        };
    };
    let is_given_up = matches!(status, Some(OrderStatus::Rejected | OrderStatus::Cancelled));
    let holds = matches!(
        state.standing,
        Standing::Authorized { .. } | Standing::ActionRequired(_) | Standing::Pending
    );
    if is_given_up && holds {
        return Err(format!(
            "it is given up and the gateway still has {:?}",
            state.standing
        ));
    }
    if !is_given_up && !payment.is_voided() && matches!(state.standing, Standing::Voided) {
        return Err("it is confirmed and the gateway holds nothing for it".into());
    }
    Ok(())
}

/// Nobody is rejected without the reason that is given.
fn rejections(journal: &[Remembered]) -> Result<(), String> {
    let mut deadlines = BTreeMap::new();
    let mut refused = BTreeSet::new();
    for Remembered { recorded, event } in journal {
        let id = &recorded.stream.aggregate_id;
        match event {
            Event::Order(OrderEvent::OrderPlaced(placed)) => {
                deadlines.insert(id.clone(), (placed.deadline, placed.order_id.payment()));
            }
            Event::Order(OrderEvent::OrderDeadlineExtended { deadline }) => {
                if let Some(known) = deadlines.get_mut(id) {
                    known.0 = *deadline;
                }
            }
            Event::Payment(
                PaymentEvent::PaymentDeclined { .. } | PaymentEvent::PaymentVoided { .. },
            ) => {
                refused.insert(id.clone());
            }
            Event::Order(OrderEvent::OrderRejected { reason }) => {
                let (deadline, payment) = deadlines[id];
                let at = Timestamp::try_from(recorded.recorded_at).unwrap();
                let is_right = match reason {
                    RejectReason::Timeout => deadline <= at,
                    RejectReason::PaymentDeclined => refused.contains(payment.to_string().as_str()),
                    RejectReason::OutOfStock => true,
                };
                if !is_right {
                    return Err(format!(
                        "order {id} was rejected for {reason:?} without reason"
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The requests that are open, or were a moment ago, and when each was made.
type Requested = Vec<(OpenRequest, Timestamp)>;

/// A person is asked for only where no policy can settle it: the gateway refuses one thing three times in a row, or
/// keeps for an hour what became of it to itself.
fn attention(journal: &[Remembered]) -> Result<(), String> {
    let mut payments: BTreeMap<&str, (Payment, Requested)> = BTreeMap::new();
    for Remembered { recorded, event } in journal {
        let Event::Payment(event) = event else {
            continue;
        };
        let at = Timestamp::try_from(recorded.recorded_at).unwrap();
        let (payment, open) = payments.entry(&recorded.stream.aggregate_id).or_default();
        if let PaymentEvent::PaymentAttentionRaised { what, .. } = event {
            let failed = [
                payment.captures_failed_in_a_row(),
                payment.voids_failed_in_a_row(),
                payment.refunds_failed_in_a_row(),
            ];
            let is_stuck = failed.iter().any(|times| *times >= FAILURES_IN_A_ROW_MAX);
            let is_long = |(_, since): &(_, Timestamp)| at.saturating_since(*since) >= LONG;
            if !is_stuck && !open.iter().any(is_long) {
                let id = &recorded.stream.aggregate_id;
                return Err(format!(
                    "a person is asked for without need, of payment {id}: {what}"
                ));
            }
        }
        payment.evolve(event);
        for (request, _) in payment.open_requests() {
            if !open.iter().any(|(known, _)| *known == request) {
                open.push((request, at));
            }
        }
        // One that was settled a moment ago may still be told of by a worker that has not heard.
        let still = payment.open_requests();
        open.retain(|(request, since)| {
            still.iter().any(|(known, _)| known == request) || at.saturating_since(*since) >= LONG
        });
    }
    Ok(())
}

/// The ledger is the gateway's own books, movement by movement and in all.
fn books(world: &World, journal: &[Remembered]) -> Result<(), String> {
    let ours = movements(journal);
    let mut theirs: BTreeMap<Uuid, (MovementKind, i64)> = BTreeMap::new();
    let their_books = world.sandbox.books();
    for movement in their_books.movements() {
        let id = movement.id.unwrap();
        let line = (movement.kind.clone(), movement.amount.minor);
        if theirs.insert(id, line).is_some() {
            return Err(format!("money moved twice for {id}"));
        }
    }
    if ours.len() != theirs.len() {
        return Err(format!(
            "{} movements in our books, {} in theirs",
            ours.len(),
            theirs.len()
        ));
    }
    for (id, line) in &ours {
        if theirs.get(id) != Some(line) {
            return Err(format!(
                "{id} is {line:?} here and {:?} there",
                theirs.get(id)
            ));
        }
    }
    let books = ledger_of(journal);
    let clearing = books.clearing(&Text::new("sandbox").unwrap(), Currency::EUR);
    let balance = their_books.totals(Currency::EUR).balance();
    if clearing != balance {
        return Err(format!(
            "clearing is {clearing} and the gateway owes {balance}"
        ));
    }
    match books.trial_balance().into_iter().find(|(_, sum)| *sum != 0) {
        Some((currency, sum)) => Err(format!("the trial balance in {currency} is {sum}")),
        None => Ok(()),
    }
}

fn movements(journal: &[Remembered]) -> BTreeMap<Uuid, (MovementKind, i64)> {
    let movement = |remembered: &Remembered| match &remembered.event {
        Event::Payment(PaymentEvent::PaymentCaptured {
            capture_id, amount, ..
        }) => Some((capture_id.0, (MovementKind::Captured, amount.minor))),
        Event::Payment(PaymentEvent::PaymentRefunded {
            refund_id, amount, ..
        }) => Some((refund_id.0, (MovementKind::Refunded, amount.minor))),
        _ => None,
    };
    journal.iter().filter_map(movement).collect()
}

/// The books, posted from the journal.
pub fn ledger_of(journal: &[Remembered]) -> Books {
    let (mut books, mut orders, mut payments) =
        (Books::default(), BTreeMap::new(), BTreeMap::new());
    for Remembered { recorded, event } in journal {
        let id = recorded.stream.aggregate_id.clone();
        let entry = match event {
            Event::Order(event) => {
                if let OrderEvent::OrderPlaced(placed) = event {
                    orders.insert(id.clone(), OrderTerms::from(&**placed));
                }
                ledger::of_order(Uuid::nil(), &orders[&id], event)
            }
            Event::Payment(event) => {
                if let PaymentEvent::PaymentRequested(requested) = event {
                    payments.insert(id.clone(), PaymentTerms::from(&**requested));
                }
                ledger::of_payment(Uuid::nil(), &payments[&id], event)
            }
            Event::Product(_)
            | Event::Stock(_)
            | Event::Account(_)
            | Event::Client(_)
            | Event::Owners(_)
            | Event::Security(_) => None,
        };
        entry.iter().for_each(|entry| books.post(entry));
    }
    books
}

/// Nothing is held for an order that needs it no more, and everything for one that does.
fn stock(world: &World) -> Result<(), String> {
    for sku in &world.skus {
        let id = people::stock_id(sku);
        let (state, _) = world
            .memory
            .state_of(&commands::streams::stock(&id))
            .unwrap();
        for reservation in state.as_stock().unwrap().reservations().iter() {
            let order = people::order(&world.memory, reservation.order_id);
            let line = order
                .lines()
                .find(|line| line.placed.line_id == reservation.line_id);
            let open = line.map_or(0, |line| line.open());
            let is_right = order.status() == Some(OrderStatus::Confirmed)
                && reservation.hold == Hold::Committed
                && reservation.quantity.get() == open;
            if !is_right {
                let status = order.status();
                return Err(format!(
                    "{reservation:?} of {sku} is left; its order is {status:?}"
                ));
            }
        }
    }
    for id in &world.people.orders {
        let order = people::order(&world.memory, *id);
        if order.status() != Some(OrderStatus::Confirmed) {
            continue;
        }
        for line in order.lines().filter(|line| line.open() > 0) {
            let stock = order.placed().unwrap().stock_id(line.placed);
            let (state, _) = world
                .memory
                .state_of(&commands::streams::stock(&stock))
                .unwrap();
            let item = state.as_stock().unwrap();
            if item.reservations().get(line.reservation_id()).is_none() {
                return Err(format!(
                    "order {id} is confirmed and nothing is held for {stock}"
                ));
            }
        }
    }
    Ok(())
}

/// What the world came to.
pub fn summary(world: &World) -> Summary {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let journal = world.memory.read_after(0, usize::MAX);
    let (mut hash, mut counts) = (DefaultHasher::new(), BTreeMap::new());
    world.trace.finish().hash(&mut hash);
    let mut count = |name: &str, number: u64| {
        *counts.entry(name.to_owned()).or_default() += number;
    };
    for Remembered { recorded, event } in &journal {
        (&recorded.payload, &recorded.metadata, recorded.recorded_at).hash(&mut hash);
        if let Event::Order(OrderEvent::OrderRejected { reason }) = event {
            count(&format!("OrderRejected/{reason:?}"), 1);
        }
        count(&recorded.event_type, 1);
    }
    count("crashes", world.crew.crashes);
    count("faults of the journal and the net", world.chaos.struck());
    count("turned away", world.people.turned_away);
    Summary {
        trace: hash.finish(),
        steps: world.trace.steps(),
        events: journal.len() as u64,
        counts,
    }
}
