//! Where each SKU belongs: the category of its product.

use std::collections::{BTreeMap, BTreeSet};

use domain::Event;
use domain::product::ProductEvent;
use domain::value::{Sku, Text};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::projection::{PostError, Posting};

/// Between the parts of a category's path, in the key that reports show.
const PATH_SEPARATOR: &str = " > ";

pub(super) async fn post(
    connection: &mut PgConnection,
    postings: &[Posting],
) -> Result<(), PostError> {
    let mut categories: BTreeMap<Uuid, &[Text]> = BTreeMap::new();
    let mut skus: BTreeMap<&Sku, Uuid> = BTreeMap::new();
    let mut revised: BTreeSet<Uuid> = BTreeSet::new();
    for posting in postings {
        match &posting.event {
            Event::Product(ProductEvent::ProductCreated { category, .. }) => {
                categories.insert(posting.id()?, category);
            }
            Event::Product(ProductEvent::ProductRevised { category, .. }) => {
                categories.insert(posting.id()?, category);
                revised.insert(posting.id()?);
            }
            Event::Product(ProductEvent::VariantAdded { sku, .. }) => {
                skus.insert(sku, posting.id()?);
            }
            _ => {}
        }
    }
    store_categories(connection, &categories).await?;
    move_skus(connection, &revised).await?;
    store_skus(connection, &skus).await
}

async fn store_categories(
    connection: &mut PgConnection,
    categories: &BTreeMap<Uuid, &[Text]>,
) -> Result<(), PostError> {
    if categories.is_empty() {
        return Ok(());
    }
    let department = |path: &&[Text]| {
        path.first()
            .map_or_else(String::new, |first| first.to_string())
    };
    let path = |path: &&[Text]| {
        path.iter()
            .map(|part| part.as_str())
            .collect::<Vec<_>>()
            .join(PATH_SEPARATOR)
    };
    sqlx::query(include_str!("../store_categories.sql"))
        .bind(categories.keys().copied().collect::<Vec<_>>())
        .bind(categories.values().map(department).collect::<Vec<_>>())
        .bind(categories.values().map(path).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

async fn move_skus(
    connection: &mut PgConnection,
    revised: &BTreeSet<Uuid>,
) -> Result<(), PostError> {
    if revised.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../move_skus.sql"))
        .bind(revised.iter().copied().collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

async fn store_skus(
    connection: &mut PgConnection,
    skus: &BTreeMap<&Sku, Uuid>,
) -> Result<(), PostError> {
    if skus.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../store_skus.sql"))
        .bind(skus.keys().map(|sku| sku.as_str()).collect::<Vec<_>>())
        .bind(skus.values().copied().collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
