//! `POST /v1/products/{id}/variants`: a variant, with its prices if they are known.

use axum::extract::State;
use domain::product::{NewVariant, ProductCommand};
use domain::value::{ProductId, Sku, TaxRate, Text};
use serde::Deserialize;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, MoneyBody, Object, Pairs, Place, Write};

/// A new variant; also a part of a new product.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantBody {
    sku: Given<Sku>,
    name: Option<Given<Text>>,
    #[serde(default)]
    attributes: Pairs,
    tax_bp: Option<Given<TaxRate>>,
    #[serde(default)]
    prices: Vec<Object<MoneyBody>>,
}

/// Adds a variant.
pub async fn add(
    State(api): State<Api>,
    Place(id): Place<ProductId>,
    write: Write<VariantBody>,
) -> Result<Accepted, Problem> {
    let mut faults = Faults::default();
    let variant = write.body.variant("", &mut faults);
    let command = ProductCommand::AddVariant(faults.finish(variant)?);
    let receipt = api.commands()?.product(id, command, write.context).await?;
    Ok(Accepted::created(receipt, "/v1/products"))
}

impl VariantBody {
    /// The variant given at `pointer`.
    pub fn variant(self, pointer: &str, faults: &mut Faults) -> Option<NewVariant> {
        let sku = faults.take(&format!("{pointer}/sku"), self.sku);
        let name = faults.take_optional(&format!("{pointer}/name"), self.name);
        let attributes = self
            .attributes
            .attributes(&format!("{pointer}/attributes"), faults);
        let tax_bp = faults.take_optional(&format!("{pointer}/tax_bp"), self.tax_bp);
        let prices: Vec<_> = self
            .prices
            .into_iter()
            .enumerate()
            .map(|(at, Object(price))| price.money(&format!("{pointer}/prices/{at}"), faults))
            .collect();
        Some(NewVariant {
            sku: sku?,
            name: name?,
            attributes: attributes?,
            tax_bp: tax_bp?.unwrap_or_default(),
            prices: prices.into_iter().collect::<Option<_>>()?,
        })
    }
}
