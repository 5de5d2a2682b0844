//! Placing an order: one atomic command over the order and the stock item of every line, reading the products for prices.

use std::collections::{BTreeMap, HashMap};

use domain::ordering::{self, PlaceOrder};
use domain::value::{Sku, StockId, Timestamp};
use domain::{Event, Facts, Rejection};
use journal::StreamId;

use super::{addressed, opened};
use crate::command::{Command, Needed, States};
use crate::{CommandError, Commands, Context, Receipt, streams};

impl Commands {
    /// Places an order: it and the reservation of every line, or nothing.
    pub async fn place_order(
        &self,
        place: PlaceOrder,
        context: Context,
    ) -> Result<Receipt, CommandError> {
        let skus = place.stock_ids().into_iter().map(|id| id.sku);
        let skus: Vec<Sku> = skus.collect();
        let products = self.skus().products(&skus).await?;
        self.execute(to_place(place, products), context).await
    }
}

/// The command to place an order; `products` has the streams of those of its SKUs that exist.
pub(crate) fn to_place(place: PlaceOrder, products: HashMap<Sku, StreamId>) -> impl Command {
    let stock = place.stock_ids().into_iter();
    Place {
        order: streams::order(place.order_id),
        stock: stock.map(|id| (id.clone(), streams::stock(&id))).collect(),
        products,
        place,
    }
}

struct Place {
    order: StreamId,
    stock: BTreeMap<StockId, StreamId>,
    /// The products of the SKUs that exist.
    products: HashMap<Sku, StreamId>,
    place: PlaceOrder,
}

impl Command for Place {
    fn name(&self) -> &'static str {
        "PlaceOrder"
    }

    fn needs(&self) -> Vec<Needed> {
        let mut products: Vec<&StreamId> = self.products.values().collect();
        products.sort();
        products.dedup();
        std::iter::once(Needed::new(self.order.clone()))
            .chain(self.stock.values().cloned().map(Needed::existing))
            .chain(products.into_iter().cloned().map(Needed::existing))
            .collect()
    }

    fn occurred_at(&self) -> Option<Timestamp> {
        self.place.placed_at
    }

    fn decide(
        &self,
        states: &States<'_>,
        facts: &Facts,
    ) -> Result<Vec<(StreamId, Event)>, Rejection> {
        let Some(order) = states
            .get(&self.order)
            .and_then(|(state, _)| state.as_order())
        else {
            return Ok(Vec::new());
        };
        let stock = |id: &StockId| opened(states, self.stock.get(id)?);
        let product = |sku: &Sku| {
            let (state, version) = states.get(self.products.get(sku)?)?;
            Some((state.as_product()?, version))
        };
        let outcome = ordering::place(order, &stock, &product, self.place.clone(), facts)?;
        Ok(addressed(outcome, &self.order, &self.stock))
    }
}
