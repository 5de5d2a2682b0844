//! Writes the list's rows, and the rows beside them, set by set.

use std::collections::{BTreeMap, BTreeSet};

use domain::value::Money;
use sqlx::PgConnection;
use uuid::Uuid;

use super::TABLE;
use super::stored::StoredItems;
use crate::fold;
use crate::product_listing::category_key;
use crate::product_listing::document::ListingItem;
use crate::projection::PostError;

type Items = BTreeMap<Uuid, ListingItem>;
type Item<'a> = (&'a Uuid, &'a ListingItem);

/// Writes the items: whole where the words that find them are new, else what changes.
pub(super) async fn items(
    connection: &mut PgConnection,
    items: &Items,
    stored: &StoredItems,
) -> Result<(), PostError> {
    let (changed, whole): (Vec<_>, Vec<_>) = items.iter().partition(|(id, item)| {
        let stored = stored.get(id);
        stored.is_some_and(|stored| stored.has_words_of(item))
    });
    whole_items(connection, &whole).await?;
    changed_items(connection, &changed).await
}

async fn changed_items(connection: &mut PgConnection, items: &[Item<'_>]) -> Result<(), PostError> {
    if items.is_empty() {
        return Ok(());
    }
    let each = || items.iter().map(|(_, item)| item);
    sqlx::query(include_str!("../update.sql"))
        .bind(items.iter().map(|(id, _)| **id).collect::<Vec<_>>())
        .bind(each().map(|i| i.version.cast_signed()).collect::<Vec<_>>())
        .bind(each().map(|i| i.published).collect::<Vec<_>>())
        .bind(each().map(|i| i.in_stock).collect::<Vec<_>>())
        .bind(bodies(items)?)
        .execute(connection)
        .await?;
    Ok(())
}

async fn whole_items(connection: &mut PgConnection, items: &[Item<'_>]) -> Result<(), PostError> {
    if items.is_empty() {
        return Ok(());
    }
    let each = || items.iter().map(|(_, item)| item);
    let path = |item: &ListingItem| {
        let parts = item.category.iter().map(|part| part.as_str());
        (
            category_key(parts.clone()),
            parts.collect::<Vec<_>>().join(" "),
        )
    };
    let (category_keys, categories): (Vec<_>, Vec<_>) = each().map(|item| path(item)).unzip();
    let position = |item: &ListingItem| item.created_position.cast_signed();
    sqlx::query(include_str!("../store.sql"))
        .bind(items.iter().map(|(id, _)| **id).collect::<Vec<_>>())
        .bind(each().map(|i| i.version.cast_signed()).collect::<Vec<_>>())
        .bind(each().map(|i| i.published).collect::<Vec<_>>())
        .bind(each().map(|i| i.in_stock).collect::<Vec<_>>())
        .bind(each().map(|i| position(i)).collect::<Vec<_>>())
        .bind(each().map(|i| i.name.to_lowercase()).collect::<Vec<_>>())
        .bind(category_keys)
        .bind(each().map(|i| i.name.to_string()).collect::<Vec<_>>())
        .bind(each().map(|i| i.details()).collect::<Vec<_>>())
        .bind(categories)
        .bind(bodies(items)?)
        .execute(connection)
        .await?;
    Ok(())
}

fn bodies(items: &[Item<'_>]) -> Result<Vec<String>, PostError> {
    let bodies = items.iter().map(|(_, item)| fold::write(TABLE, item));
    bodies.collect()
}

/// Writes the lowest prices that changed.
pub(super) async fn prices(
    connection: &mut PgConnection,
    items: &Items,
    stored: &StoredItems,
) -> Result<(), PostError> {
    let ended = items.iter().filter(|(id, item)| {
        let stored = stored.get(id);
        stored.is_some_and(|stored| stored.has_ended_price(item))
    });
    end_prices(connection, &ended.collect::<Vec<_>>()).await?;
    let is_new = |id: &Uuid, price: Money| !stored.get(id).is_some_and(|s| s.has_price(price));
    let rows = priced(items.iter(), is_new);
    if rows.0.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("../store_prices.sql"))
        .bind(rows.0)
        .bind(rows.1)
        .bind(rows.2)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes the prices of these items that they no longer have.
async fn end_prices(connection: &mut PgConnection, items: &[Item<'_>]) -> Result<(), PostError> {
    if items.is_empty() {
        return Ok(());
    }
    let (ids, currencies, _) = priced(items.iter().copied(), |_, _| true);
    sqlx::query(include_str!("../end_prices.sql"))
        .bind(items.iter().map(|(id, _)| **id).collect::<Vec<_>>())
        .bind(ids)
        .bind(currencies)
        .execute(connection)
        .await?;
    Ok(())
}

/// Product, currency and minor units of those prices that are wanted.
fn priced<'a>(
    items: impl Iterator<Item = Item<'a>>,
    is_wanted: impl Fn(&Uuid, Money) -> bool,
) -> (Vec<Uuid>, Vec<&'static str>, Vec<i64>) {
    let (mut ids, mut currencies, mut minors) = (Vec::new(), Vec::new(), Vec::new());
    for (id, item) in items {
        for price in item.prices.iter().filter(|price| is_wanted(id, **price)) {
            ids.push(*id);
            currencies.push(price.currency.code());
            minors.push(price.minor);
        }
    }
    (ids, currencies, minors)
}

/// Writes what is said of SKUs, where that changed.
pub(super) async fn skus(
    connection: &mut PgConnection,
    items: &Items,
    stored: &StoredItems,
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
        let stored = stored.get(id);
        let changed = item.variants.iter().filter(|variant| {
            !stored.is_some_and(|stored| stored.has_sku(&variant.sku, variant.in_stock))
        });
        rows.extend(changed.map(|variant| (variant.sku.as_str(), (*id, variant.in_stock))));
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
