//! One order and what becomes of it, a step at a time.

use anyhow::Result;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::shop::{Answer, Article, Shop};

/// How customers pay: most cards are good.
const CARDS: [(&str, u8); 7] = [
    ("pm_card_visa", 70),
    ("pm_sandbox_slow", 6),
    ("pm_card_visa_chargeDeclined", 8),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", 4),
    ("pm_card_authenticationRequired", 6),
    ("pm_sandbox_captureFailsOnce", 3),
    ("pm_sandbox_refundFailsOnce", 3),
];

const CARRIERS: [&str; 3] = ["Swift Parcel", "North Post", "City Bikes"];

/// Most different articles of an order, and most units of one.
const LINES_MAX: usize = 4;
const UNITS_MAX: u32 = 3;

/// An order that is not done with.
#[derive(Debug)]
pub struct Errand {
    order: String,
    lines: Vec<Value>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Its customer is at the gateway's page.
    Approving(String),
    /// Its payment was not settled at the till.
    Waiting,
    Confirmed,
    Shipped(String),
    Delivered,
    Returning(String),
}

/// A customer orders and pays. Nothing is left to do for one who is refused.
pub async fn order(
    shop: &Shop,
    chance: &mut fastrand::Rng,
    shelf: &[Article],
) -> Result<Option<Errand>> {
    let lines = basket(chance, shelf);
    let order = Uuid::now_v7().to_string();
    let body = json!({
        "id": order,
        "currency": shelf.first().map_or("USD", |article| &article.currency),
        "customer": format!("household-{}", chance.u32(1..=2_500)),
        "lines": lines,
        "payment": { "gateway": "sandbox", "method": card(chance) },
    });
    let answer = shop.post("/v1/orders", &body).await?;
    let stage = match (answer.status, answer.text("status"), answer.text("code")) {
        (_, "confirmed", _) => Stage::Confirmed,
        (_, _, "payment-action-required") => Stage::Approving(answer.text("next_url").to_owned()),
        (_, "placed", _) => Stage::Waiting,
        (_, _, "out-of-stock") => {
            tell(&order, "sold out");
            for line in &lines {
                shop.restock(text(line, "sku")).await?;
            }
            return Ok(None);
        }
        _ => {
            tell(&order, reason(&answer));
            return Ok(None);
        }
    };
    tell(
        &order,
        if matches!(stage, Stage::Confirmed) {
            "confirmed"
        } else {
            "waits to be paid"
        },
    );
    Ok(Some(Errand {
        order,
        lines,
        stage,
    }))
}

impl Errand {
    /// The next thing happens to it; `None` when it is done with.
    pub async fn go_on(mut self, shop: &Shop, chance: &mut fastrand::Rng) -> Result<Option<Self>> {
        let next = match &self.stage {
            Stage::Approving(page) => {
                let answer = if chance.u8(0..5) == 0 {
                    "refuse"
                } else {
                    "approve"
                };
                let taken = shop.answer_gateway(page, answer).await?;
                tell(
                    &self.order,
                    if taken {
                        answer
                    } else {
                        "is approved by nobody"
                    },
                );
                Some(Stage::Waiting)
            }
            Stage::Waiting => self.paid_meanwhile(shop).await?,
            Stage::Confirmed if chance.u8(0..10) == 0 => {
                let body = json!({ "reason": "the customer changed their mind" });
                self.ask(shop, "cancellations", &body, "cancelled").await?;
                None
            }
            Stage::Confirmed => {
                let body = json!({
                    "carrier": CARRIERS[chance.usize(0..CARRIERS.len())],
                    "tracking": format!("T{:08}", chance.u32(0..100_000_000)),
                });
                let shipped = self.ask(shop, "shipments", &body, "shipped").await?;
                shipped.map(|answer| Stage::Shipped(answer.text("shipment_id").to_owned()))
            }
            Stage::Shipped(shipment) => {
                let path = format!("shipments/{shipment}/delivery");
                let delivered = self.ask(shop, &path, &json!({}), "delivered").await?;
                delivered.map(|_| Stage::Delivered)
            }
            Stage::Delivered if chance.u8(0..10) < 3 => {
                let some = &self.lines[..chance.usize(1..=self.lines.len())];
                let body = json!({ "lines": some, "reason": "not as expected" });
                let returning = self.ask(shop, "returns", &body, "is sent back").await?;
                returning.map(|answer| Stage::Returning(answer.text("return_id").to_owned()))
            }
            Stage::Delivered => {
                self.ask(shop, "completions", &json!({}), "completed")
                    .await?;
                None
            }
            Stage::Returning(id) => {
                let path = format!("returns/{id}/receipt");
                self.ask(shop, &path, &json!({}), "came back").await?;
                None
            }
        };
        Ok(next.map(|stage| {
            self.stage = stage;
            self
        }))
    }

    /// What became of a payment that was not settled at the till.
    async fn paid_meanwhile(&self, shop: &Shop) -> Result<Option<Stage>> {
        let read = shop.get(&format!("/v1/orders/{}", self.order)).await?;
        Ok(match read.text("status") {
            "placed" => Some(Stage::Waiting),
            "confirmed" => {
                tell(&self.order, "confirmed at last");
                Some(Stage::Confirmed)
            }
            other => {
                tell(&self.order, other);
                None
            }
        })
    }

    /// Asks for one thing; `None` when the shop has reasons not to do it.
    async fn ask(
        &self,
        shop: &Shop,
        what: &str,
        body: &Value,
        done: &str,
    ) -> Result<Option<Answer>> {
        let answer = shop
            .post(&format!("/v1/orders/{}/{what}", self.order), body)
            .await?;
        let is_done = answer.status.is_success();
        tell(&self.order, if is_done { done } else { reason(&answer) });
        Ok(is_done.then_some(answer))
    }
}

/// Different articles, a few units of each.
fn basket(chance: &mut fastrand::Rng, shelf: &[Article]) -> Vec<Value> {
    let currency = shelf.first().map(|article| article.currency.as_str());
    let same = shelf
        .iter()
        .filter(|article| Some(article.currency.as_str()) == currency);
    let count = chance.usize(1..=LINES_MAX);
    let chosen = chance.choose_multiple(same, count);
    let line =
        |article: &Article| json!({ "sku": article.sku, "quantity": chance.u32(1..=UNITS_MAX) });
    chosen.into_iter().map(line).collect()
}

fn card(chance: &mut fastrand::Rng) -> &'static str {
    let mut drawn = chance.u8(0..CARDS.iter().map(|(_, weight)| weight).sum());
    for (card, weight) in CARDS {
        match drawn.checked_sub(weight) {
            Some(rest) => drawn = rest,
            None => return card,
        }
    }
    CARDS[0].0
}

fn reason(answer: &Answer) -> &str {
    let texts = ["code", "reason", "status"].map(|name| answer.text(name));
    let said = texts.into_iter().find(|text| !text.is_empty());
    let no_words = if answer.status == StatusCode::NOT_FOUND {
        "not found"
    } else {
        "refused"
    };
    said.unwrap_or(no_words)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn tell(order: &str, what: &str) {
    println!("order {order}: {what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_baskets_of_different_articles() {
        let shelf: Vec<Article> = (0..9)
            .map(|number| Article {
                sku: format!("A{number}"),
                currency: "USD".into(),
            })
            .collect();
        for seed in 0..200 {
            let mut chance = fastrand::Rng::with_seed(seed);
            let lines = basket(&mut chance, &shelf);
            assert_eq!(lines, basket(&mut fastrand::Rng::with_seed(seed), &shelf));
            let mut skus: Vec<_> = lines.iter().map(|line| text(line, "sku")).collect();
            skus.sort_unstable();
            skus.dedup();
            assert_eq!(skus.len(), lines.len());
            assert!((1..=LINES_MAX).contains(&lines.len()));
        }
    }

    #[test]
    fn every_card_is_drawn_and_most_are_good() {
        let mut chance = fastrand::Rng::with_seed(7);
        let drawn: Vec<_> = (0..2_000).map(|_| card(&mut chance)).collect();
        for (card, weight) in CARDS {
            let times = drawn.iter().filter(|drawn| **drawn == card).count();
            assert!(
                times.abs_diff(usize::from(weight) * 20) < 120,
                "{card}: {times}"
            );
        }
    }
}
