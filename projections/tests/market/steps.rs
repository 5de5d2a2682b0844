//! What may happen in the market next.

use std::time::Duration;

use domain::Rejection;
use domain::order::{
    self, Line, LineQuantity, Order, OrderCommand, OrderStatus, Paid, PaymentChoice,
};
use domain::ordering::{
    LineAmounts, OrderingOutcome, PlaceOrder, ReceiveReturn, ReceivedLine, RefundWish, ShipLines,
    WantedLine, begin_payment, cancel, cancel_lines, conclude, confirm, extend, place,
    receive_return, refund_by_hand, settle, ship, time_out,
};
use domain::payment::{AttentionDecision, PaymentCommand, RefundReason};
use domain::stock::{Condition, StockCommand};
use domain::value::{Currency, Money, OrderId, Quantity, RefundId, ReturnId, ShipmentId, Sku};

use super::gateway::Answer;
use super::{Market, eur};
use crate::shop::text;

/// How long stock is held.
const HOLD: Duration = Duration::from_secs(900);

impl Market {
    /// `count` things happen. A rejection is an answer: then nothing did.
    pub fn steps(&mut self, count: usize) {
        for _ in 0..count {
            self.seconds += self.rng.below(12);
            self.deadlines();
            let _ = self.step();
            self.done();
        }
    }

    /// The gateway does what it is asked, deadlines pass and policies are asked until nothing happens any more.
    pub fn come_to_rest(&mut self) {
        let orders: Vec<OrderId> = self.orders.keys().copied().collect();
        let last = self.seconds + 2 * HOLD.as_secs();
        while self.seconds < last {
            self.seconds += 10;
            self.deadlines();
        }
        for round in 0.. {
            assert!(round < 50, "it does not come to rest");
            let before = self.recorded.len();
            for id in &orders {
                self.gateway(*id, Answer::Yes);
                for _ in 0..3 {
                    self.policies(*id).unwrap();
                }
                self.done();
            }
            for code in self.skus.clone() {
                self.on_stock(&code, StockCommand::ExpireReservations)
                    .unwrap();
            }
            self.done();
            if self.recorded.len() == before {
                return;
            }
        }
    }

    /// Every order whose deadline has passed is timed out, and the money of those that are given up is let go of.
    fn deadlines(&mut self) {
        let now = self.now();
        let is_late = |order: &Order| match order.status() {
            Some(OrderStatus::Placed) => order.deadline().unwrap() <= now,
            status => matches!(status, Some(OrderStatus::Rejected | OrderStatus::Cancelled)),
        };
        let late = self.orders.iter().filter(|(_, order)| is_late(order));
        for id in late.map(|(id, _)| *id).collect::<Vec<_>>() {
            if self.rng.below(3) == 0 {
                self.gateway(id, Answer::Yes);
            }
            self.policies(id).unwrap();
            self.done();
        }
    }

    fn policies(&mut self, id: OrderId) -> Result<(), Rejection> {
        let (facts, policy) = (self.facts(), self.policy);
        let payment = self.payment(id);
        self.compose(id, |o, s| conclude(o, s, &payment, policy, &facts))?;
        let payment = self.payment(id);
        self.compose(id, |o, s| time_out(o, s, &payment, policy, &facts))?;
        let payment = self.payment(id);
        self.compose(id, |o, _| settle(o, &payment, policy))
    }

    fn step(&mut self) -> Result<(), Rejection> {
        if self.orders.len() < 3 || self.rng.below(16) == 0 {
            return self.place();
        }
        let orders: Vec<OrderId> = self.orders.keys().copied().collect();
        // Mostly the youngest: the old ones are over.
        let from = orders.len().saturating_sub(6) * usize::from(self.rng.below(5) > 0);
        let id = *self.rng.pick(&orders[from..]);
        let payment = self.payment(id);
        let facts = self.facts();
        match self.rng.below(40) {
            0 | 1 => self.compose(id, |o, _| begin_payment(o, &payment)),
            2..=11 => {
                let answer = *self.rng.pick(&[
                    Answer::Yes,
                    Answer::Yes,
                    Answer::Yes,
                    Answer::Yes,
                    Answer::No,
                    Answer::Unknown,
                    Answer::ActionRequired,
                ]);
                self.gateway(id, answer);
                Ok(())
            }
            12..=18 => self.policies(id),
            19 => {
                let until = facts.now.saturating_add(HOLD);
                self.compose(id, |o, s| extend(o, s, until, &facts))
            }
            20 => {
                let lines = self.some(id, |line| line.open());
                let reason = Some(text("changed their mind"));
                self.compose(id, |o, s| cancel_lines(o, s, lines, reason, &facts))
            }
            21 if self.rng.below(3) == 0 => self.compose(id, |o, s| cancel(o, s, None, &facts)),
            21 | 22 => {
                let authorized = self.order(id).due().unwrap();
                if self.order(id).placed().unwrap().payment.is_some() {
                    return Ok(());
                }
                self.compose(id, |o, s| confirm(o, s, authorized, &facts))
            }
            23..=27 => self.ship(id),
            28..=30 => self.announce(id),
            31..=34 => self.receive(id),
            35 | 36 => self.goodwill(id),
            37 => self.attend(id),
            _ => self.close(id),
        }
    }

    fn place(&mut self) -> Result<(), Rejection> {
        let id = OrderId(self.id());
        let is_till = self.rng.below(4) == 0;
        let mut lines = Vec::new();
        for _ in 0..=self.rng.below(3) {
            let gross = 100 + self.rng.below(900) as i64;
            lines.push(WantedLine {
                sku: self.rng.pick(&self.skus.clone()).clone(),
                quantity: units(1 + self.rng.below(4) as u32),
                amounts: is_till.then(|| LineAmounts::undiscounted(gross)),
            });
        }
        let currency = if is_till {
            Currency::USD
        } else {
            Currency::EUR
        };
        let choice = PaymentChoice {
            gateway: text(["sandbox", "stripe"][self.rng.below(2) as usize]),
            method: text("card"),
        };
        let is_chosen = !is_till && self.rng.below(6) > 0;
        let command = PlaceOrder {
            customer: Some(text("household-1")),
            channel: is_till.then(|| text("store-330")),
            shipping: Money::new(self.rng.below(700) as i64, currency),
            paid: is_till.then_some(Paid::External),
            payment: is_chosen.then_some(choice),
            ..PlaceOrder::new(id, currency, lines, HOLD)
        };
        let (facts, products) = (self.facts(), self.products.clone());
        self.compose(id, |order, stock| {
            let product = |sku: &Sku| products.get(sku).map(|(state, version)| (state, *version));
            place(order, stock, &product, command, &facts)
        })?;
        if self.rng.below(5) > 0 {
            let payment = self.payment(id);
            self.compose(id, |o, _| begin_payment(o, &payment))?;
        }
        Ok(())
    }

    /// A line of the order of which units are possible, with some of them; none if there is none.
    fn some(&mut self, id: OrderId, possible: fn(&Line<'_>) -> u32) -> Vec<LineQuantity> {
        let order = self.order(id);
        let lines: Vec<_> = order.lines().filter(|line| possible(line) > 0).collect();
        if lines.is_empty() {
            return Vec::new();
        }
        let line = lines[self.rng.below(lines.len() as u64) as usize];
        let most = u64::from(possible(&line));
        vec![LineQuantity {
            sku: line.placed.sku.clone(),
            quantity: units(1 + self.rng.below(most) as u32),
        }]
    }

    fn ship(&mut self, id: OrderId) -> Result<(), Rejection> {
        let lines = self.some(id, |line| line.open());
        if lines.is_empty() {
            return Ok(());
        }
        let (shipment_id, facts) = (ShipmentId(self.id()), self.facts());
        let command = ShipLines {
            shipment_id,
            lines,
            carrier: Some(text("post")),
            tracking: None,
        };
        self.compose(id, |o, s| ship(o, s, command, &facts))?;
        if self.rng.below(2) == 0 {
            let delivered_at = None;
            self.alone(
                id,
                OrderCommand::RecordDelivery {
                    shipment_id,
                    delivered_at,
                },
            )?;
        }
        Ok(())
    }

    fn alone(&mut self, id: OrderId, command: OrderCommand) -> Result<(), Rejection> {
        let facts = self.facts();
        self.compose(id, |order, _| {
            Ok(OrderingOutcome {
                order: order::decide(order, command, &facts)?,
                ..OrderingOutcome::default()
            })
        })
    }

    fn announce(&mut self, id: OrderId) -> Result<(), Rejection> {
        let lines = self.some(id, |line| line.returnable());
        if lines.is_empty() {
            return Ok(());
        }
        let return_id = ReturnId(self.id());
        let reason = Some(text("too small"));
        self.alone(
            id,
            OrderCommand::RequestReturn {
                return_id,
                lines,
                reason,
            },
        )?;
        self.announced.entry(id).or_default().push(return_id);
        Ok(())
    }

    fn receive(&mut self, id: OrderId) -> Result<(), Rejection> {
        let Some(return_id) = self.announced.entry(id).or_default().pop() else {
            return Ok(());
        };
        if self.rng.below(4) == 0 {
            let reason = Some(text("worn"));
            return self.alone(id, OrderCommand::DeclineReturn { return_id, reason });
        }
        let is_saleable = self.rng.below(3) > 0;
        let condition = if is_saleable {
            Condition::Saleable
        } else {
            Condition::WrittenOff {
                reason: text("broken"),
            }
        };
        let order = self.order(id);
        let lines = order.return_of(return_id).unwrap().lines.iter();
        let lines: Vec<_> = lines
            .map(|line| ReceivedLine {
                sku: line.sku.clone(),
                quantity: line.quantity,
                condition: condition.clone(),
            })
            .collect();
        let (facts, received) = (self.facts(), lines.clone());
        let command = ReceiveReturn { return_id, lines };
        self.compose(id, |o, s| receive_return(o, s, command, &facts))?;
        for line in received.iter().filter(|_| is_saleable) {
            *self.restocked.entry(line.sku.clone()).or_default() += line.quantity.units();
        }
        Ok(())
    }

    fn goodwill(&mut self, id: OrderId) -> Result<(), Rejection> {
        let wish = RefundWish {
            refund_id: RefundId(self.id()),
            amount: eur(1 + self.rng.below(200) as i64),
            reason: RefundReason::Goodwill,
            lines: Vec::new(),
            note: Some(text("sorry")),
        };
        let payment = self.payment(id);
        self.compose(id, |o, _| refund_by_hand(o, &payment, wish))?;
        let answer = *self.rng.pick(&[Answer::Yes, Answer::No, Answer::Unknown]);
        self.gateway(id, answer);
        Ok(())
    }

    fn attend(&mut self, id: OrderId) -> Result<(), Rejection> {
        if self.payment(id).attention().is_some() {
            let decision = AttentionDecision::Retry;
            let reason = text("looked at it");
            return self.on_payment(
                id.payment(),
                PaymentCommand::SettleAttention { decision, reason },
            );
        }
        if self.payment(id).requested().is_none() {
            return Ok(());
        }
        let (what, tried) = (text("it is odd"), text("asked the gateway"));
        self.on_payment(id.payment(), PaymentCommand::RaiseAttention { what, tried })
    }

    fn close(&mut self, id: OrderId) -> Result<(), Rejection> {
        if self.rng.below(3) == 0 {
            return self.alone(id, OrderCommand::CompleteOrder);
        }
        let note = "called".parse().unwrap();
        self.alone(id, OrderCommand::AddNote { note })
    }
}

fn units(units: u32) -> Quantity {
    Quantity::new(units).unwrap()
}
