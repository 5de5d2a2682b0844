//! Writes the list's rows, and the rows beside them, set by set.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;
use uuid::Uuid;

use super::TABLE;
use crate::fold;
use crate::product_listing::category_key;
use crate::product_listing::document::ListingItem;
use crate::projection::PostError;

type Items = BTreeMap<Uuid, ListingItem>;

pub(super) async fn items(connection: &mut PgConnection, items: &Items) -> Result<(), PostError> {
    if items.is_empty() {
        return Ok(());
    }
    let texts = |of: fn(&ListingItem) -> String| items.values().map(of).collect::<Vec<_>>();
    let bodies = items
        .values()
        .map(|item| fold::write(TABLE, item))
        .collect::<Result<Vec<_>, _>>()?;
    sqlx::query(include_str!("../store.sql"))
        .bind(items.keys().copied().collect::<Vec<_>>())
        .bind(
            items
                .values()
                .map(|item| item.version.cast_signed())
                .collect::<Vec<_>>(),
        )
        .bind(
            items
                .values()
                .map(|item| item.published)
                .collect::<Vec<_>>(),
        )
        .bind(items.values().map(|item| item.in_stock).collect::<Vec<_>>())
        .bind(
            items
                .values()
                .map(|item| item.created_position.cast_signed())
                .collect::<Vec<_>>(),
        )
        .bind(texts(|item| item.name.to_lowercase()))
        .bind(texts(|item| {
            category_key(item.category.iter().map(|part| part.as_str()))
        }))
        .bind(texts(|item| item.name.to_string()))
        .bind(texts(ListingItem::details))
        .bind(texts(|item| {
            item.category
                .iter()
                .map(|part| part.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        }))
        .bind(bodies)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn prices(connection: &mut PgConnection, items: &Items) -> Result<(), PostError> {
    if items.is_empty() {
        return Ok(());
    }
    let (mut ids, mut currencies, mut minors) = (Vec::new(), Vec::new(), Vec::new());
    for (id, item) in items {
        for price in &item.prices {
            ids.push(*id);
            currencies.push(price.currency.code());
            minors.push(price.minor);
        }
    }
    // A product whose first event is in this batch has no old prices.
    let known: Vec<Uuid> = items
        .iter()
        .filter(|(_, item)| item.created_position == 0)
        .map(|(id, _)| *id)
        .collect();
    if !known.is_empty() {
        sqlx::query(include_str!("../end_prices.sql"))
            .bind(known)
            .bind(&ids)
            .bind(&currencies)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query(include_str!("../store_prices.sql"))
        .bind(ids)
        .bind(currencies)
        .bind(minors)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn skus(
    connection: &mut PgConnection,
    items: &Items,
    discontinued: &BTreeSet<&str>,
) -> Result<(), PostError> {
    if !discontinued.is_empty() {
        sqlx::query("delete from product_listing_sku where sku = any($1)")
            .bind(discontinued.iter().copied().collect::<Vec<_>>())
            .execute(&mut *connection)
            .await?;
    }
    let mut rows: BTreeMap<&str, (Uuid, bool)> = BTreeMap::new();
    for (id, item) in items {
        rows.extend(
            item.variants
                .iter()
                .map(|variant| (variant.sku.as_str(), (*id, variant.in_stock))),
        );
    }
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../store_skus.sql"))
        .bind(rows.keys().copied().collect::<Vec<_>>())
        .bind(rows.values().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(
            rows.values()
                .map(|(_, in_stock)| *in_stock)
                .collect::<Vec<_>>(),
        )
        .execute(connection)
        .await?;
    Ok(())
}
