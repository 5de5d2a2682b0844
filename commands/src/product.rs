//! The product's commands.

use domain::product::{self, ProductCommand};
use domain::value::ProductId;
use domain::{Claim as Value, Event, Facts, Rejection, State};

use crate::command::{Claim, OneAggregate, ToOne, claim, events};
use crate::{CommandError, Commands, Context, Receipt, streams};

impl Commands {
    /// Executes a command to a product.
    pub async fn product(
        &self,
        id: ProductId,
        command: ProductCommand,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        self.execute(ToOne::new(streams::product(id), command), context)
            .await
    }
}

impl OneAggregate for ProductCommand {
    fn name(&self) -> &'static str {
        match self {
            ProductCommand::CreateProduct(_) => "CreateProduct",
            ProductCommand::ReviseProduct { .. } => "ReviseProduct",
            ProductCommand::AddVariant(_) => "AddVariant",
            ProductCommand::ReviseVariant { .. } => "ReviseVariant",
            ProductCommand::DiscontinueVariant { .. } => "DiscontinueVariant",
            ProductCommand::SetPrice { .. } => "SetPrice",
            ProductCommand::PublishProduct => "PublishProduct",
            ProductCommand::UnpublishProduct => "UnpublishProduct",
        }
    }

    fn opens(&self) -> bool {
        matches!(self, Self::CreateProduct(_))
    }

    fn claims(&self) -> Vec<Claim> {
        match self {
            ProductCommand::CreateProduct(new) => {
                let slug = claim(&Value::Slug(new.slug.clone()), "/slug");
                let skus = new.variants.iter().enumerate().map(|(index, variant)| {
                    claim(
                        &Value::Sku(variant.sku.clone()),
                        &format!("/variants/{index}/sku"),
                    )
                });
                std::iter::once(slug).chain(skus).collect()
            }
            ProductCommand::AddVariant(variant) => {
                vec![claim(&Value::Sku(variant.sku.clone()), "/sku")]
            }
            _ => Vec::new(),
        }
    }

    fn decide(self, state: &State, facts: &Facts) -> Result<Vec<Event>, Rejection> {
        match state.as_product() {
            Some(state) => Ok(events(product::decide(state, self, facts)?)),
            None => Ok(Vec::new()),
        }
    }
}
