//! Posts products' and stock items' events into the list.

mod stock;
mod store;
mod stored;

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::product::ProductEvent;
use domain::value::Sku;
use sqlx::PgConnection;
use uuid::Uuid;

use self::stored::{Stored, StoredItems};
use super::document::ListingItem;
use crate::fold::{self, StreamDocument};
use crate::projection::{PostError, Posting, Postings};

const TABLE: &str = "product_listing";

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &Postings,
) -> Result<(), PostError> {
    let of_products = postings.of(domain::product::TYPE);
    let mut turned = stock::post(connection, postings.of(domain::stock::TYPE)).await?;
    turned.extend(added(of_products));
    let in_stock = stock::in_stock(connection, &turned).await?;

    let mut items = load(connection, &fold::known_ids(of_products)?).await?;
    let mut stored: StoredItems = items.iter().map(stored_item).collect();
    for posting in of_products {
        fold::evolve(&mut items, posting)?;
    }
    let others: Vec<Uuid> = flipped(connection, &in_stock)
        .await?
        .into_iter()
        .filter(|id| !items.contains_key(id))
        .collect();
    let others = load(connection, &others).await?;
    stored.extend(others.iter().map(stored_item));
    items.extend(others);

    for item in items.values_mut() {
        for variant in &mut item.variants {
            variant.in_stock = in_stock
                .get(&variant.sku)
                .copied()
                .unwrap_or(variant.in_stock);
        }
        item.derive();
    }
    store::items(connection, &items, &stored).await?;
    store::prices(connection, &items, &stored).await?;
    store::skus(connection, &items, &stored, &discontinued(of_products)).await
}

async fn load(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, ListingItem>, PostError> {
    fold::load(connection, TABLE, include_str!("load.sql"), ids).await
}

fn stored_item((id, item): (&Uuid, &ListingItem)) -> (Uuid, Stored) {
    (*id, Stored::from(item))
}

fn added(postings: &[Posting]) -> impl Iterator<Item = Sku> {
    postings.iter().filter_map(|posting| match &posting.event {
        Event::Product(ProductEvent::VariantAdded { sku, .. }) => Some(sku.clone()),
        _ => None,
    })
}

fn discontinued(postings: &[Posting]) -> BTreeSet<&str> {
    let discontinued = postings.iter().filter_map(|posting| match &posting.event {
        Event::Product(ProductEvent::VariantDiscontinued { sku }) => Some(sku.as_str()),
        _ => None,
    });
    discontinued.collect()
}

/// The products of those SKUs of which their items say something else.
async fn flipped(
    connection: &mut PgConnection,
    in_stock: &BTreeMap<Sku, bool>,
) -> Result<BTreeSet<Uuid>, PostError> {
    if in_stock.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows: Vec<(String, Uuid)> = sqlx::query_as(include_str!("flipped.sql"))
        .bind(in_stock.keys().map(Sku::as_str).collect::<Vec<_>>())
        .bind(in_stock.values().copied().collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|(_, product_id)| product_id).collect())
}
