//! The three phases: products, opening stock, orders. Many requests in flight, all of them in one task.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use futures::stream::{self, StreamExt};
use serde_json::json;

use super::Summary;
use super::baskets::{Basket, Journey, Line};
use super::catalogue::{Catalogue, Product};
use super::client::{Answer, Client, Problem};
use super::rejects::{Fault, Rejects, Source};
use crate::progress::Progress;

/// Past this it is no longer a few bad apples, and going on would only make more.
const FAILURES_MAX: usize = 100;

/// What every phase needs.
pub(super) struct Sender<'a> {
    pub(super) client: &'a Client,
    pub(super) journey: &'a Journey,
    pub(super) concurrency: usize,
}

/// What became of one basket.
#[derive(Debug, Default)]
struct Outcome {
    /// The lines of the accepted order; none when there is no order.
    accepted: Vec<Line>,
    rejected: Vec<(u64, Fault)>,
    failure: Option<String>,
}

impl Sender<'_> {
    /// Creates the wanted products.
    pub(super) async fn products(
        &self,
        catalogue: &mut Catalogue,
        rejects: &mut Rejects,
        summary: &mut Summary,
    ) -> Result<()> {
        let mut refused = Vec::new();
        {
            let wanted: Vec<usize> = (0..catalogue.products.len())
                .filter(|place| catalogue.products[*place].wanted)
                .collect();
            let progress = self.phase("products", wanted.len());
            let create = |place: usize| {
                let product = &catalogue.products[place];
                async move { Ok::<_, anyhow::Error>((place, self.create(product).await?)) }
            };
            let mut answers =
                stream::iter(wanted.into_iter().map(create)).buffer_unordered(self.concurrency);
            while let Some(answer) = answers.next().await {
                match answer? {
                    (_, Answer::Accepted) => summary.products += 1,
                    (place, Answer::Refused(problem)) => refused.push((place, problem)),
                    (place, Answer::Failed(why)) => {
                        let sku = &catalogue.products[place].sku;
                        fail(summary, format!("product {sku}: {why}"))?;
                    }
                }
                progress.add(1);
            }
            progress.finish();
        }
        for (place, problem) in refused {
            let product = &mut catalogue.products[place];
            product.refused = true;
            let (field, reason) = first_fault(&problem);
            let fault = Fault {
                field: field.into(),
                reason: reason.into(),
                value: product.sku.to_string(),
            };
            rejects.add(Source::Products, product.line, fault);
        }
        Ok(())
    }

    async fn create(&self, product: &Product) -> Result<Answer> {
        let key = format!("cj-product-{}", product.sku);
        let answer = self
            .client
            .post("/v1/products", &key, &product.body())
            .await?;
        // From an earlier import of other transactions: another last price, or another caller's key. The product is there.
        Ok(match answer {
            Answer::Refused(problem) if is_there_already(&problem) => Answer::Accepted,
            answer => answer,
        })
    }

    /// Receives what the baskets will take. The key names the selection of baskets: another month brings its own stock.
    pub(super) async fn opening_stock(
        &self,
        catalogue: &Catalogue,
        summary: &mut Summary,
    ) -> Result<()> {
        let Some((first, last)) = self.journey.range() else {
            return Ok(());
        };
        let needed: Vec<&Product> = catalogue
            .products
            .iter()
            .filter(|product| product.needed > 0 && !product.refused)
            .collect();
        let progress = self.phase("opening stock", needed.len());
        let receive = |product: &'_ Product| {
            let (sku, quantity) = (product.sku.clone(), product.needed);
            async move {
                let path = format!("/v1/stock/{sku}/receipts");
                let key = format!("cj-opening-{sku}-{quantity}-{first}-{last}");
                let reference = format!("opening stock for baskets {first} to {last}");
                let body = json!({"quantity": quantity, "reference": reference});
                Ok::<_, anyhow::Error>((sku, self.client.post(&path, &key, &body).await?))
            }
        };
        let mut answers =
            stream::iter(needed.into_iter().map(receive)).buffer_unordered(self.concurrency);
        while let Some(answer) = answers.next().await {
            match answer? {
                (_, Answer::Accepted) => {}
                (sku, Answer::Refused(problem)) => {
                    let (field, reason) = first_fault(&problem);
                    fail(summary, format!("opening stock of {sku}: {field} {reason}"))?;
                }
                (sku, Answer::Failed(why)) => {
                    fail(summary, format!("opening stock of {sku}: {why}"))?
                }
            }
            progress.add(1);
        }
        progress.finish();
        Ok(())
    }

    /// Places an order for every basket that has a line left.
    pub(super) async fn orders(
        &self,
        catalogue: &Catalogue,
        rejects: &mut Rejects,
        summary: &mut Summary,
    ) -> Result<()> {
        let progress = self.phase("orders", self.journey.baskets.len());
        let mut sold = vec![false; catalogue.products.len()];
        let place = |basket| self.place(basket, catalogue);
        let baskets = self.journey.baskets.iter();
        let mut outcomes = stream::iter(baskets.map(place)).buffer_unordered(self.concurrency);
        while let Some(outcome) = outcomes.next().await {
            let outcome = outcome?;
            for (line, fault) in outcome.rejected {
                rejects.add(Source::Transactions, line, fault);
            }
            if let Some(failure) = outcome.failure {
                fail(summary, failure)?;
            }
            summary.count(&outcome.accepted, &mut sold);
            progress.add(1);
        }
        progress.finish();
        summary.skus = sold.into_iter().filter(|sold| *sold).count() as u64;
        Ok(())
    }

    /// One basket: while the server names lines that it will not have, those are rejected and the rest is sent.
    async fn place(&self, basket: &Basket, catalogue: &Catalogue) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        let mut lines = Vec::new();
        for line in &basket.lines {
            let product = &catalogue.products[line.product];
            if product.refused {
                let reason =
                    "names a product that the server refused; see the products file's rejects";
                outcome.reject(line, Fault::new("product_id", reason, &product.sku));
            } else {
                lines.push(*line);
            }
        }
        while !lines.is_empty() {
            let Some(body) = basket.body(&lines, catalogue) else {
                break;
            };
            let key = key(basket, lines.len());
            match self.client.post("/v1/orders", &key, &body).await? {
                Answer::Accepted => {
                    outcome.accepted = lines;
                    return Ok(outcome);
                }
                Answer::Refused(problem) => {
                    lines = outcome.without_refused(lines, &problem, basket, catalogue)
                }
                Answer::Failed(why) => {
                    outcome.failure = Some(format!("basket {}: {why}", basket.id));
                    return Ok(outcome);
                }
            }
        }
        Ok(outcome)
    }

    fn phase(&self, name: &'static str, total: usize) -> Progress {
        let progress = Progress::new(name, total as u64);
        self.client.report_to(&progress);
        progress
    }
}

/// A basket with fewer lines is another body, and another body needs another key. The order's id is the same all along, so
/// there is never a second order.
fn key(basket: &Basket, lines: usize) -> String {
    if lines == basket.lines.len() {
        format!("cj-basket-{}", basket.id)
    } else {
        format!("cj-basket-{}-lines-{lines}", basket.id)
    }
}

impl Outcome {
    fn reject(&mut self, line: &Line, fault: Fault) {
        self.rejected.push((line.number, fault));
    }

    /// Rejects the lines that the problem names, or all when it names none, and returns the others.
    fn without_refused(
        &mut self,
        lines: Vec<Line>,
        problem: &Problem,
        basket: &Basket,
        catalogue: &Catalogue,
    ) -> Vec<Line> {
        let named = refused_lines(problem, lines.len());
        let mut kept = Vec::new();
        for (index, line) in lines.into_iter().enumerate() {
            let fault = match &named {
                None => Fault::new("basket_id", problem.to_string(), &basket.id),
                Some(named) => match named.get(&index) {
                    None => {
                        kept.push(line);
                        continue;
                    }
                    Some((field, reason)) => Fault {
                        field: field.clone().into(),
                        reason: reason.clone().into(),
                        value: catalogue.products[line.product].sku.to_string(),
                    },
                },
            };
            self.reject(&line, fault);
        }
        kept
    }
}

/// Index → field and reason, for `/lines/3/sku`. None when the problem is with the order as a whole.
fn refused_lines(problem: &Problem, lines: usize) -> Option<BTreeMap<usize, (String, String)>> {
    let mut named = BTreeMap::new();
    for error in &problem.errors {
        let (index, field) = match error.pointer.strip_prefix("/lines/")?.split_once('/') {
            Some((index, field)) => (index, field),
            None => (&error.pointer["/lines/".len()..], "line"),
        };
        let index: usize = index.parse().ok().filter(|index| *index < lines)?;
        let reason = format!("{}: {}", error.code, error.detail);
        named.entry(index).or_insert((field.to_owned(), reason));
    }
    (!named.is_empty()).then_some(named)
}

fn first_fault(problem: &Problem) -> (String, String) {
    match problem.errors.first() {
        Some(error) => (
            error.pointer.clone(),
            format!("{}: {}", error.code, error.detail),
        ),
        None => ("product_id".to_owned(), problem.to_string()),
    }
}

fn is_there_already(problem: &Problem) -> bool {
    matches!(
        (problem.status, problem.code.as_str()),
        (409, "sku-taken" | "slug-taken" | "id-taken") | (422, "idempotency-key-reused")
    )
}

fn fail(summary: &mut Summary, failure: String) -> Result<()> {
    summary.failures.push(failure);
    if summary.failures.len() >= FAILURES_MAX {
        let last = summary.failures.last().map_or("", String::as_str);
        bail!("{FAILURES_MAX} things could not be imported, the last being {last}");
    }
    Ok(())
}

impl Summary {
    pub(super) fn count(&mut self, lines: &[Line], sold: &mut [bool]) {
        self.orders += u64::from(!lines.is_empty());
        self.lines += lines.len() as u64;
        for line in lines {
            self.net += line.net;
            self.discount += line.discount;
            self.coupons += line.coupon;
            self.units += u64::from(line.quantity);
            sold[line.product] = true;
        }
    }
}
