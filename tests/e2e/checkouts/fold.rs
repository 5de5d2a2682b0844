//! The shop as `GET /v1/events` tells it, folded by nobody's code but the test's own.

use std::collections::{BTreeMap, BTreeSet};

use daybook_tests::Http;
use processes::gateway::MovementKind;
use processes::gateway::sandbox::Books;
use serde_json::Value;

/// An order and its payment.
#[derive(Debug, Default)]
pub struct Order {
    pub status: String,
    pub extended: usize,
    pub gateway_ref: Option<String>,
    total: i64,
    captured: i64,
    refunded: i64,
    is_held: bool,
    /// Requests to the gateway that are not settled.
    open: BTreeSet<String>,
}

/// All orders, as far as the journal was read.
#[derive(Debug, Default)]
pub struct Shop {
    pub position: u64,
    pub captured: i64,
    pub refunded: i64,
    orders: BTreeMap<String, Order>,
    /// The order of each payment.
    payments: BTreeMap<String, String>,
    /// Every movement of money: its id, whether it was taken, and how much.
    moved: BTreeMap<String, (bool, i64)>,
    attention: Vec<Value>,
}

impl Shop {
    /// Reads what is new in the journal.
    pub async fn catch_up(&mut self, http: &Http) {
        loop {
            let path = format!("/v1/events?after={}&limit=1000", self.position);
            let page = http.get(&path).await.expect(200).json();
            let events = page["events"].as_array().unwrap();
            if events.is_empty() {
                return;
            }
            for event in events {
                self.position += 1;
                assert_eq!(event["position"], self.position, "positions are not dense");
                self.post(event);
            }
        }
    }

    fn post(&mut self, event: &Value) {
        let subject = event["subject"].as_str().unwrap();
        let (kind, id) = subject.split_once('-').unwrap();
        let Some((name, data)) = event["data"]
            .as_object()
            .and_then(|data| data.iter().next())
        else {
            return;
        };
        match kind {
            "order" => self.post_order(id, name, data),
            "payment" => self.post_payment(id, name, data),
            _ => {}
        }
    }

    fn post_order(&mut self, id: &str, name: &str, data: &Value) {
        let order = self.orders.entry(id.to_owned()).or_default();
        match name {
            "OrderPlaced" => {
                order.status = "placed".into();
                let lines = data["lines"].as_array().unwrap().iter();
                let sum = lines
                    .map(|line| minor(&line["net"]) + minor(&line["tax"]))
                    .sum::<i64>();
                order.total = sum + minor(&data["shipping"]);
            }
            "OrderConfirmed" => order.status = "confirmed".into(),
            "OrderRejected" => order.status = "rejected".into(),
            "OrderCancelled" => order.status = "cancelled".into(),
            "OrderDeadlineExtended" => order.extended += 1,
            _ => {}
        }
    }

    fn post_payment(&mut self, id: &str, name: &str, data: &Value) {
        if name == "PaymentRequested" {
            let order = text(&data["order_id"]);
            self.payments.insert(id.to_owned(), order);
            return;
        }
        let order = self.orders.get_mut(&self.payments[id]).unwrap();
        let request = ["auth_id", "capture_id", "void_id", "refund_id"];
        let request = request
            .iter()
            .find_map(|name| data[*name].as_str())
            .map(str::to_owned);
        let definite = data["definite"] != false;
        match (name, request) {
            (name, Some(request)) if name.ends_with("Requested") => {
                assert!(order.open.insert(request), "requested twice: {data}");
            }
            ("PaymentAuthorized", Some(request)) => {
                order.open.remove(&request);
                order.is_held = true;
                order.gateway_ref = Some(text(&data["gateway_ref"]));
            }
            ("PaymentActionRequired", _) => {
                order.gateway_ref = data["gateway_ref"].as_str().map(str::to_owned);
            }
            ("PaymentDeclined", Some(request)) => _ = order.open.remove(&request),
            ("CaptureFailed" | "VoidFailed" | "RefundFailed", Some(request)) if definite => {
                order.open.remove(&request);
            }
            ("PaymentVoided", _) => {
                (order.is_held, order.open) = (false, BTreeSet::new());
            }
            ("PaymentCaptured", Some(request)) => {
                let amount = minor(&data["amount"]["minor"]);
                order.open.remove(&request);
                (order.captured, order.is_held) = (order.captured + amount, false);
                self.captured += amount;
                assert!(
                    self.moved.insert(request, (true, amount)).is_none(),
                    "captured twice"
                );
            }
            ("PaymentRefunded", Some(request)) => {
                let amount = minor(&data["amount"]["minor"]);
                order.open.remove(&request);
                order.refunded += amount;
                self.refunded += amount;
                assert!(
                    self.moved.insert(request, (false, amount)).is_none(),
                    "refunded twice"
                );
            }
            ("PaymentAttentionRaised", _) => self.attention.push(data.clone()),
            _ => {}
        }
    }

    /// Every order is concluded and its money as it should be; else what is missing.
    pub fn at_rest(&self) -> Result<(), String> {
        assert!(
            self.attention.is_empty(),
            "a person was called: {:?}",
            self.attention
        );
        let restless: Vec<_> = self
            .orders
            .iter()
            .filter(|(_, order)| !order.is_at_rest())
            .collect();
        match restless.first() {
            None => Ok(()),
            Some(first) => Err(format!(
                "{} of {}: {first:?}",
                restless.len(),
                self.orders.len()
            )),
        }
    }

    /// Whether it is so of each of these orders.
    pub fn all<const N: usize>(
        &self,
        ids: [&String; N],
        is_so: impl Fn(&Order) -> bool,
    ) -> Result<(), String> {
        match ids
            .iter()
            .find(|id| !self.orders.get(**id).is_some_and(&is_so))
        {
            None => Ok(()),
            Some(id) => Err(format!("{:?}", self.orders.get(*id))),
        }
    }

    pub fn order(&self, id: &str) -> &Order {
        &self.orders[id]
    }

    /// How many orders have that status.
    pub fn count(&self, status: &str) -> usize {
        self.orders
            .values()
            .filter(|order| order.status == status)
            .count()
    }

    /// Each movement is in both books, once, and nobody has paid for what they do not get.
    pub fn agrees_with(&self, books: &Books) {
        let theirs: Vec<(String, (bool, i64))> = books
            .movements()
            .map(|movement| {
                let is_taken = movement.kind == MovementKind::Captured;
                (
                    movement.id.unwrap().to_string(),
                    (is_taken, movement.amount.minor),
                )
            })
            .collect();
        assert_eq!(
            theirs.len(),
            self.moved.len(),
            "the gateway moved more or less often"
        );
        let theirs: BTreeMap<_, _> = theirs.into_iter().collect();
        assert_eq!(theirs, self.moved);
        for (id, order) in &self.orders {
            let kept = order.captured - order.refunded;
            let due = if order.status == "confirmed" {
                order.total
            } else {
                0
            };
            assert_eq!(kept, due, "order {id}: {order:?}");
        }
    }
}

impl Order {
    fn is_at_rest(&self) -> bool {
        let kept = self.captured - self.refunded;
        let is_settled = match self.status.as_str() {
            "confirmed" => kept == self.total,
            "rejected" | "cancelled" => kept == 0 && !self.is_held,
            _ => false,
        };
        is_settled && self.open.is_empty()
    }
}

/// Whether a trial balance is zero in every currency.
pub fn is_balanced(balance: &Value) -> bool {
    let totals = balance["totals"].as_array().unwrap();
    balance["balanced"] == true && totals.iter().all(|total| total["balance"]["minor"] == 0)
}

/// What the gateways owe the shop.
pub fn clearing(balance: &Value) -> i64 {
    let accounts = balance["accounts"].as_array().unwrap().iter();
    let clearing = accounts.filter(|account| account["account"] == "gateway_clearing");
    clearing
        .map(|account| minor(&account["balance"]["minor"]))
        .sum()
}

fn minor(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
