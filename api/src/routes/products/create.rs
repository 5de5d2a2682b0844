//! `POST /v1/products`: a product, with variants, prices and publication if they are known.

use axum::extract::State;
use domain::product::{CreateProduct, ProductCommand};
use domain::value::{ProductId, Prose, Slug, Text};
use serde::Deserialize;
use uuid::Uuid;

use crate::Api;
use crate::answer::Accepted;
use crate::problem::Problem;
use crate::request::{Faults, Given, Object, Write};
use crate::routes::variants::VariantBody;

/// A new product.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    id: Option<Given<ProductId>>,
    slug: Given<Slug>,
    name: Given<Text>,
    #[serde(default)]
    category: Vec<Given<Text>>,
    brand: Option<Given<Text>>,
    description: Option<Given<Prose>>,
    #[serde(default)]
    variants: Vec<Object<VariantBody>>,
    #[serde(default)]
    published: bool,
}

/// Creates a product.
pub async fn create(State(api): State<Api>, write: Write<Body>) -> Result<Accepted, Problem> {
    let new = write.body.product()?;
    let (id, command) = (new.product_id, ProductCommand::CreateProduct(new));
    let receipt = api.commands()?.product(id, command, write.context).await?;
    Ok(Accepted::created(receipt, "/v1/products"))
}

impl Body {
    fn product(self) -> Result<CreateProduct, Problem> {
        let mut faults = Faults::default();
        let product_id = faults.take_optional("/id", self.id);
        let slug = faults.take("/slug", self.slug);
        let name = faults.take("/name", self.name);
        let category = faults.take_all("/category", self.category);
        let brand = faults.take_optional("/brand", self.brand);
        let description = faults.take_optional("/description", self.description);
        let variants: Vec<_> = self
            .variants
            .into_iter()
            .enumerate()
            .map(|(at, Object(variant))| variant.variant(&format!("/variants/{at}"), &mut faults))
            .collect();
        let published = self.published;
        let build = || {
            Some(CreateProduct {
                product_id: product_id?.unwrap_or_else(|| Uuid::now_v7().into()),
                slug: slug?,
                name: name?,
                category: category?,
                brand: brand?,
                description: description?,
                variants: variants.into_iter().collect::<Option<_>>()?,
                published,
            })
        };
        faults.finish(build())
    }
}
