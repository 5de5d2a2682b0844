//! A random history of place, pay, cancel, ship, return and refund conserves units and money.
//!
//! The gateway is a model with books of its own, which loses answers, refuses and repeats itself.
//! In the end it answers properly and every deadline passes; then everything is at rest, and the
//! units in the building, the gateway's books, the payments, the ledger and the rules over the
//! journal all tell the same story.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::Rejection;
use crate::ledger::Account;
use crate::order::{self, Line, LineQuantity, Order, OrderCommand, OrderStatus};
use crate::payment::{OpenRequest, Payment, PaymentCommand};
use crate::stock::{Condition, Hold, StockCommand};
use crate::testing::*;
use crate::value::*;

const SKUS: [&str; 3] = ["A", "B", "C"];
const STOCKED: [u32; 3] = [12, 14, 20];
/// Fewer than make a payment stuck.
const REFUSALS_MAX: usize = FAILURES_IN_A_ROW_MAX - 1;

#[derive(Debug, Clone, Copy)]
enum Answer {
    Yes,
    No,
    /// It never heard of the request.
    Lost,
    /// It did it, and its answer was lost.
    DoneUnheard,
    /// It answers with an error and has done nothing yet.
    Error,
    /// It says yes three times.
    Thrice,
    ActionRequired,
}

#[derive(Debug, Clone)]
enum Step {
    Place(Vec<(usize, u32)>, i64),
    Begin,
    Gateway(Answer),
    Conclude,
    TimeOut,
    Settle,
    Extend,
    Cancel(usize, u32),
    CancelAll,
    Ship(usize, u32),
    Announce(usize, u32),
    Receive(bool),
    Decline,
    Complete,
    Expire(usize),
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        4 => Just(Answer::Yes),
        1 => Just(Answer::No),
        1 => Just(Answer::Lost),
        1 => Just(Answer::DoneUnheard),
        1 => Just(Answer::Error),
        1 => Just(Answer::Thrice),
        1 => Just(Answer::ActionRequired),
    ]
}

fn any_line() -> impl Strategy<Value = (usize, u32)> {
    (0..SKUS.len(), 1_u32..4)
}

fn any_place() -> impl Strategy<Value = Step> {
    (prop::collection::vec(any_line(), 1..4), 0_i64..700)
        .prop_map(|(lines, shipping)| Step::Place(lines, shipping))
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Begin),
        14 => any_answer().prop_map(Step::Gateway),
        8 => Just(Step::Conclude),
        1 => Just(Step::TimeOut),
        6 => Just(Step::Settle),
        2 => Just(Step::Extend),
        3 => any_line().prop_map(|(at, units)| Step::Cancel(at, units)),
        1 => Just(Step::CancelAll),
        12 => any_line().prop_map(|(at, units)| Step::Ship(at, units)),
        12 => any_line().prop_map(|(at, units)| Step::Announce(at, units)),
        8 => any::<bool>().prop_map(Step::Receive),
        1 => Just(Step::Decline),
        1 => Just(Step::Complete),
        1 => (0..SKUS.len()).prop_map(Step::Expire),
    ]
}

/// Three orders are placed, most are begun to be paid for, and then anything happens to any of them.
fn any_history() -> impl Strategy<Value = Vec<(u128, Step)>> {
    let placed = prop::collection::vec(any_place(), 3);
    let begun = prop::sample::subsequence(vec![0_u128, 1, 2], 1..=3);
    let then = prop::collection::vec((0_u128..3, any_step()), 1..160);
    (placed, begun, then).prop_map(|(placed, begun, then)| {
        let begun = begun.into_iter().map(|order| (order, Step::Begin));
        (0..).zip(placed).chain(begun).chain(then).collect()
    })
}

/// What the gateway knows of one payment: requests by id, each done at most once.
#[derive(Debug, Default)]
struct Bank {
    held: i64,
    captures: BTreeMap<CaptureId, i64>,
    refunds: BTreeMap<RefundId, i64>,
    refusals: usize,
}

impl Bank {
    fn balance(&self) -> i64 {
        self.captures.values().sum::<i64>() - self.refunds.values().sum::<i64>()
    }

    fn carry_out(&mut self, payment: &Payment, request: OpenRequest) {
        match request {
            OpenRequest::Authorization(_) => self.held = payment.requested().unwrap().amount.minor,
            OpenRequest::Void(_) => self.held = 0,
            OpenRequest::Capture(id) => {
                let found = payment.captures().iter().find(|c| c.capture_id == id);
                self.captures.insert(id, found.unwrap().amount.minor);
                self.held = 0;
            }
            OpenRequest::Refund(id) => {
                let refund = payment.refund(id).unwrap();
                self.refunds.insert(id, refund.requested.amount.minor);
            }
        }
    }

    fn has_done(&self, request: OpenRequest) -> bool {
        match request {
            OpenRequest::Authorization(_) => self.held > 0,
            OpenRequest::Void(_) => self.held == 0,
            OpenRequest::Capture(id) => self.captures.contains_key(&id),
            OpenRequest::Refund(id) => self.refunds.contains_key(&id),
        }
    }
}

fn yes(payment: &Payment, request: OpenRequest) -> PaymentCommand {
    match request {
        OpenRequest::Authorization(auth_id) => PaymentCommand::RecordAuthorized {
            auth_id,
            amount: payment.requested().unwrap().amount,
            expires_at: None,
            gateway_ref: text("pi_1"),
        },
        OpenRequest::Void(id) => PaymentCommand::RecordVoided { void_id: Some(id) },
        OpenRequest::Capture(capture_id) => {
            let found = payment
                .captures()
                .iter()
                .find(|c| c.capture_id == capture_id);
            PaymentCommand::RecordCaptured {
                capture_id,
                amount: found.unwrap().amount,
                gateway_ref: None,
            }
        }
        OpenRequest::Refund(refund_id) => PaymentCommand::RecordRefunded {
            refund_id,
            amount: payment.refund(refund_id).unwrap().requested.amount,
            gateway_ref: None,
        },
    }
}

fn failed(request: OpenRequest, definite: bool) -> PaymentCommand {
    let code = text("no");
    match request {
        OpenRequest::Authorization(auth_id) if definite => {
            PaymentCommand::RecordDeclined { auth_id, code }
        }
        OpenRequest::Authorization(auth_id) => PaymentCommand::RecordAuthorizationUnknown {
            auth_id,
            detail: code,
        },
        OpenRequest::Void(void_id) => PaymentCommand::RecordVoidFailed {
            void_id,
            definite,
            code,
        },
        OpenRequest::Capture(capture_id) => PaymentCommand::RecordCaptureFailed {
            capture_id,
            definite,
            code,
        },
        OpenRequest::Refund(refund_id) => PaymentCommand::RecordRefundFailed {
            refund_id,
            definite,
            code,
        },
    }
}

#[derive(Default)]
struct Shop {
    world: World,
    banks: BTreeMap<OrderId, Bank>,
    policy: CapturePolicy,
    seconds: u64,
    number: u128,
    announced: BTreeMap<OrderId, Vec<ReturnId>>,
    restocked: [u64; 3],
}

impl Shop {
    fn gateway(&mut self, order: OrderId, answer: Answer) {
        let payment = self.world.payment(order);
        // Of two open requests, a void is the later and goes first: then late news meets it.
        let Some((request, _)) = payment.open_requests().pop() else {
            return;
        };
        let bank = self.banks.entry(order).or_default();
        let mut told = Vec::new();
        match answer {
            // What it has done already it does not refuse: the key answers as it did then.
            Answer::No | Answer::Error if bank.has_done(request) => {
                told.push(yes(&payment, request));
            }
            Answer::No if bank.refusals < REFUSALS_MAX => {
                bank.refusals += 1;
                told.push(failed(request, true));
            }
            Answer::Yes | Answer::Thrice | Answer::No => {
                bank.carry_out(&payment, request);
                let times = if matches!(answer, Answer::Thrice) {
                    3
                } else {
                    1
                };
                told.extend(std::iter::repeat_n(yes(&payment, request), times));
            }
            Answer::DoneUnheard => {
                bank.carry_out(&payment, request);
                told.push(failed(request, false));
            }
            Answer::Error => told.push(failed(request, false)),
            Answer::Lost => {}
            Answer::ActionRequired => {
                if let OpenRequest::Authorization(auth_id) = request {
                    told.push(PaymentCommand::RecordActionRequired {
                        auth_id,
                        gateway_ref: None,
                        next_url: None,
                    });
                }
            }
        }
        for command in told {
            let name = command.name();
            let told = self.world.payment_command(order, command);
            told.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    fn run(&mut self, order: OrderId, step: Step) -> Result<(), Rejection> {
        self.number += 1;
        self.seconds += 7;
        let (now, policy) = (at(self.seconds), self.policy);
        let payment = self.world.payment(order);
        let of = self.line(order, &step);
        let world = &mut self.world;
        match step {
            Step::Place(lines, shipping) => {
                let lines = lines.iter().map(|(at, units)| wanted(SKUS[*at], *units));
                let wish = PlaceOrder {
                    shipping: eur(shipping),
                    payment: Some(by_card()),
                    ..PlaceOrder::new(order, Currency::EUR, lines.collect(), HOLD)
                };
                world.place(wish, &now)?;
            }
            Step::Begin => {
                world.compose(order, |o, _| begin_payment(o, &payment))?;
            }
            Step::Gateway(answer) => self.gateway(order, answer),
            Step::Conclude => {
                world.compose(order, |o, s| conclude(o, s, &payment, policy, &now))?;
            }
            Step::TimeOut => {
                world.compose(order, |o, s| time_out(o, s, &payment, policy, &now))?;
            }
            Step::Settle => {
                world.compose(order, |o, _| settle(o, &payment, policy))?;
            }
            Step::Extend => {
                let until = now.now.saturating_add(HOLD);
                world.compose(order, |o, s| extend(o, s, until, &now))?;
            }
            Step::Cancel(..) => {
                let lines = of;
                world.compose(order, |o, s| cancel_lines(o, s, lines, None, &now))?;
            }
            Step::CancelAll => {
                world.compose(order, |o, s| cancel(o, s, None, &now))?;
            }
            Step::Ship(..) => {
                if of.is_empty() {
                    return Ok(());
                }
                let command = ShipLines {
                    shipment_id: ShipmentId(uuid(self.number)),
                    lines: of,
                    carrier: None,
                    tracking: None,
                };
                world.compose(order, |o, s| ship(o, s, command, &now))?;
            }
            Step::Announce(..) => {
                let return_id = ReturnId(uuid(self.number));
                let command = OrderCommand::RequestReturn {
                    return_id,
                    lines: of,
                    reason: None,
                };
                self.alone(order, command)?;
                self.announced.entry(order).or_default().push(return_id);
            }
            Step::Receive(is_saleable) => self.receive(order, is_saleable)?,
            Step::Decline => {
                if let Some(return_id) = self.announced.entry(order).or_default().pop() {
                    let reason = None;
                    self.alone(order, OrderCommand::DeclineReturn { return_id, reason })?;
                }
            }
            Step::Complete => self.alone(order, OrderCommand::CompleteOrder)?,
            Step::Expire(at) => {
                world.stock_command(SKUS[at], StockCommand::ExpireReservations, &now)?;
            }
        }
        Ok(())
    }

    /// The line of the order that a step is about, with at most as many units as are possible.
    fn line(&self, order: OrderId, step: &Step) -> Vec<LineQuantity> {
        let possible: fn(&Line<'_>) -> u32 = match step {
            Step::Announce(..) => |line| line.returnable(),
            _ => |line| line.open(),
        };
        let (Step::Cancel(at, units) | Step::Ship(at, units) | Step::Announce(at, units)) = step
        else {
            return vec![];
        };
        let order = self.world.order(order);
        let lines: Vec<_> = order.lines().filter(|line| possible(line) > 0).collect();
        let Some(line) = lines.get(at % lines.len().max(1)) else {
            return vec![];
        };
        vec![LineQuantity {
            sku: line.placed.sku.clone(),
            quantity: qty((*units).min(possible(line))),
        }]
    }

    fn alone(&mut self, id: OrderId, command: OrderCommand) -> Result<(), Rejection> {
        let now = at(self.seconds);
        self.world.compose(id, |order, _| {
            Ok(OrderingOutcome {
                order: order::decide(order, command, &now)?,
                ..OrderingOutcome::default()
            })
        })?;
        Ok(())
    }

    fn receive(&mut self, id: OrderId, is_saleable: bool) -> Result<(), Rejection> {
        let Some(return_id) = self.announced.entry(id).or_default().pop() else {
            return Ok(());
        };
        let announced = self.world.order(id).return_of(return_id).unwrap().clone();
        let condition = if is_saleable {
            Condition::Saleable
        } else {
            Condition::WrittenOff {
                reason: text("broken"),
            }
        };
        let line = |line: &order::ReturnLine| ReceivedLine {
            sku: line.sku.clone(),
            quantity: line.quantity,
            condition: condition.clone(),
        };
        let lines: Vec<_> = announced.lines.iter().map(line).collect();
        let command = ReceiveReturn {
            return_id,
            lines: lines.clone(),
        };
        let now = at(self.seconds);
        self.world
            .compose(id, |o, s| receive_return(o, s, command, &now))?;
        for line in lines.iter().filter(|_| is_saleable) {
            let at = SKUS.iter().position(|name| line.sku == *name).unwrap();
            self.restocked[at] += line.quantity.units();
        }
        Ok(())
    }

    /// The gateway answers, deadlines pass and policies are asked until nothing happens any more.
    fn come_to_rest(&mut self) {
        let orders: Vec<OrderId> = self.world.orders.keys().copied().collect();
        self.seconds += 10_000;
        for round in 0.. {
            assert!(round < 50, "it does not come to rest");
            let before = self.world.journal.len();
            for order in &orders {
                self.gateway(*order, Answer::Yes);
                for step in [Step::Conclude, Step::TimeOut, Step::Settle] {
                    self.run(*order, step).unwrap();
                }
            }
            for at in 0..SKUS.len() {
                self.run(orders[0], Step::Expire(at)).unwrap();
            }
            if self.world.journal.len() == before {
                return;
            }
        }
    }

    /// What is to have been paid for an order that is at rest.
    fn owed(&self, order: &Order) -> i64 {
        match (order.status().unwrap(), self.policy) {
            (OrderStatus::Placed, _) => panic!("{:?} is not concluded", order.id()),
            (OrderStatus::Rejected | OrderStatus::Cancelled, _) => 0,
            (_, CapturePolicy::OnConfirm) => order.due().unwrap().minor,
            (_, CapturePolicy::OnShip) => order.shipped_total() - order.returned_total(),
        }
    }
}

fn check_units(shop: &Shop) {
    for (at, stocked) in STOCKED.iter().enumerate() {
        let item = shop.world.item(SKUS[at]);
        let lines = shop
            .world
            .orders
            .values()
            .filter_map(|o| o.line(&sku(SKUS[at])));
        let (mut shipped, mut open) = (0, 0);
        for line in lines {
            let progress = line.progress;
            assert!(progress.returned <= progress.shipped);
            assert!(progress.shipped <= line.placed.quantity.get() - progress.cancelled);
            shipped += u64::from(progress.shipped);
        }
        for order in shop.world.orders.values() {
            if order.status() == Some(OrderStatus::Confirmed) {
                open += order
                    .line(&sku(SKUS[at]))
                    .map_or(0, |line| u64::from(line.open()));
            }
        }
        assert_eq!(
            item.on_hand() + shipped,
            u64::from(*stocked) + shop.restocked[at]
        );
        // Nothing is held for an order that is not to be sent, and all that is to be sent is.
        assert_eq!((item.held(), item.committed()), (0, open));
        assert!(
            item.reservations()
                .iter()
                .all(|r| r.hold == Hold::Committed)
        );
    }
}

fn check_money(shop: &Shop) {
    let books = shop.world.books();
    let (mut at_gateway, mut unearned, mut tax) = (0, 0, 0);
    for (id, order) in &shop.world.orders {
        let payment = shop.world.payment(*id);
        let bank_is_empty = Bank::default();
        let bank = shop.banks.get(id).unwrap_or(&bank_is_empty);
        let owed = shop.owed(order);
        assert_eq!(bank.balance(), owed, "{order:?} {payment:?}");
        assert_eq!(payment.captured_minor() - payment.refunded_minor(), owed);
        assert_eq!(payment.open_requests(), []);
        if owed == 0 && bank.captures.is_empty() {
            let is_open = order.status() == Some(OrderStatus::Confirmed);
            assert!(bank.held == 0 || is_open, "{order:?} {payment:?}");
        }
        at_gateway += i128::from(owed);
        unearned += i128::from(owed + order.returned_total() - order.shipped_total());
        for line in order.lines() {
            let Line { progress, .. } = line;
            tax += i128::from(progress.shipped_parts.tax - progress.returned_parts.tax);
        }
    }
    assert!(books.trial_balance().values().all(|sum| *sum == 0));
    assert_eq!(books.clearing(&text("sandbox"), Currency::EUR), at_gateway);
    let balance = |account| books.balance(account, Currency::EUR);
    assert_eq!(-balance(Account::CustomerPrepayments), unearned);
    assert_eq!(-balance(Account::TaxPayable), tax);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Invariants 1 to 7 and 10, and 9 as far as it is pure.
    #[test]
    fn units_and_money_are_conserved(
        policy in prop_oneof![Just(CapturePolicy::OnConfirm), Just(CapturePolicy::OnShip)],
        steps in any_history(),
    ) {
        let stocked = [("A", 999, STOCKED[0]), ("B", 101, STOCKED[1]), ("C", 7, STOCKED[2])];
        let mut shop = Shop {
            world: World::with(&stocked),
            policy,
            ..Shop::default()
        };
        for (order, step) in steps {
            // A rejection is an answer: nothing happened.
            let _ = shop.run(OrderId(uuid(1_000 + order)), step);
        }
        shop.come_to_rest();
        check_units(&shop);
        check_money(&shop);
        let report = shop.world.verify();
        prop_assert!(report.is_clean(), "{:?}", report);
    }
}
