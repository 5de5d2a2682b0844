//! `POST /v1/orders`: an order and the stock of every line, or nothing.
//!
//! A sales channel (a till, a marketplace) may state when it was sold, that it was paid, and each line's amounts. Who is
//! one says the policy (`stated.rs`); that such an order names its channel is a rule of the domain, and stays there.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::order::{Paid, PaymentChoice};
use domain::ordering::{LineAmounts, PlaceOrder, WantedLine};
use domain::value::{Currency, Location, Money, OrderId, Quantity, Sku, Text, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::COLLECTION;
use super::conclude::place_and_wait;
use super::stated::as_allowed;
use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, MoneyBody, Object, Prefer, Write};

/// What is ordered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    id: Option<Given<OrderId>>,
    currency: Given<Currency>,
    lines: Vec<Object<LineBody>>,
    customer: Option<Given<Text>>,
    channel: Option<Given<Text>>,
    location: Option<Given<Location>>,
    shipping: Option<Object<MoneyBody>>,
    expected_total: Option<Object<MoneyBody>>,
    placed_at: Option<Given<Timestamp>>,
    paid: Option<Given<Paid>>,
    payment: Option<Object<PaymentBody>>,
}

/// A line; the amounts are minor units, for the whole line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineBody {
    sku: Given<Sku>,
    quantity: Given<Quantity>,
    gross: Option<i64>,
    discount: Option<i64>,
    net: Option<i64>,
    coupon: Option<i64>,
}

/// How the customer wants to pay.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PaymentBody {
    gateway: Given<Text>,
    method: Given<Text>,
}

/// Places an order, and waits for what becomes of it if the client would like that.
pub async fn place(
    State(api): State<Api>,
    prefer: Prefer,
    write: Write<Body>,
) -> Result<Response, Problem> {
    let order = write.body.order(api.options().order_hold)?;
    let order = as_allowed(order, &write.allowed)?;
    let commands = api.commands()?;
    if let Some(wait) = prefer.wait() {
        return place_and_wait(commands, order, write.context, wait).await;
    }
    let receipt = commands.place_order(order, write.context).await?;
    Ok(Accepted::created(receipt, COLLECTION).into_response())
}

impl Body {
    fn order(self, hold: Duration) -> Result<PlaceOrder, Problem> {
        let mut faults = Faults::default();
        let faulty = &mut faults;
        let order_id = faulty.take_optional("/id", self.id);
        let currency = faulty.take("/currency", self.currency);
        let lines: Vec<_> = self
            .lines
            .into_iter()
            .enumerate()
            .map(|(at, Object(line))| line.wanted(&format!("/lines/{at}"), faulty))
            .collect();
        let customer = faulty.take_optional("/customer", self.customer);
        let channel = faulty.take_optional("/channel", self.channel);
        let location = faulty.take_optional("/location", self.location);
        let shipping = money("/shipping", self.shipping, faulty);
        let expected_total = money("/expected_total", self.expected_total, faulty);
        let placed_at = faulty.take_optional("/placed_at", self.placed_at);
        let paid = faulty.take_optional("/paid", self.paid);
        let payment = payment(self.payment, faulty);
        let build = || {
            let currency = currency?;
            Some(PlaceOrder {
                order_id: order_id?.unwrap_or_else(|| Uuid::now_v7().into()),
                customer: customer?,
                channel: channel?,
                currency,
                location: location?.unwrap_or_default(),
                lines: lines.into_iter().collect::<Option<_>>()?,
                shipping: shipping?.unwrap_or(Money::zero(currency)),
                expected_total: expected_total?,
                placed_at: placed_at?,
                paid: paid?,
                payment: payment?,
                hold,
            })
        };
        faults.finish(build())
    }
}

impl LineBody {
    fn wanted(self, pointer: &str, faults: &mut Faults) -> Option<WantedLine> {
        let amounts = self.amounts(pointer, faults);
        let sku = faults.take(&format!("{pointer}/sku"), self.sku);
        let quantity = faults.take(&format!("{pointer}/quantity"), self.quantity);
        Some(WantedLine {
            sku: sku?,
            quantity: quantity?,
            amounts: amounts?,
        })
    }

    /// What was paid for the line, where any of it is stated: then gross must be, and the rest follows from it.
    #[expect(
        clippy::option_option,
        reason = "outside: is it right; inside: was it given"
    )]
    fn amounts(&self, pointer: &str, faults: &mut Faults) -> Option<Option<LineAmounts>> {
        let Some(gross) = self.gross else {
            if self.discount.or(self.net).or(self.coupon).is_some() {
                let detail = "a line that states an amount states its gross, in minor units";
                faults.add(&format!("{pointer}/gross"), "missing", detail);
                return None;
            }
            return Some(None);
        };
        let discount = self.discount.unwrap_or(0);
        Some(Some(LineAmounts {
            gross,
            discount,
            net: self.net.unwrap_or(gross.saturating_sub(discount)),
            coupon: self.coupon.unwrap_or(0),
        }))
    }
}

#[expect(
    clippy::option_option,
    reason = "outside: is it right; inside: was it given"
)]
fn money(
    pointer: &str,
    given: Option<Object<MoneyBody>>,
    faults: &mut Faults,
) -> Option<Option<Money>> {
    match given {
        None => Some(None),
        Some(Object(money)) => money.money(pointer, faults).map(Some),
    }
}

#[expect(
    clippy::option_option,
    reason = "outside: is it right; inside: was it given"
)]
fn payment(
    given: Option<Object<PaymentBody>>,
    faults: &mut Faults,
) -> Option<Option<PaymentChoice>> {
    let Some(Object(payment)) = given else {
        return Some(None);
    };
    let gateway = faults.take("/payment/gateway", payment.gateway);
    let method = faults.take("/payment/method", payment.method);
    Some(Some(PaymentChoice {
        gateway: gateway?,
        method: method?,
    }))
}
