//! Prices of one thing, one per currency.

use domain::value::{Currency, Money};

/// Puts a price in the place of its currency; prices stay sorted by currency.
pub(crate) fn set_price(prices: &mut Vec<Money>, price: Money) {
    let currency = |price: &Money| -> Currency { price.currency };
    match prices.binary_search_by_key(&price.currency, currency) {
        Ok(at) => {
            if let Some(known) = prices.get_mut(at) {
                *known = price;
            }
        }
        Err(at) => prices.insert(at, price),
    }
}

/// The lowest price of each currency, sorted by currency.
pub(crate) fn lowest<'a>(prices: impl Iterator<Item = &'a Money>) -> Vec<Money> {
    let mut lowest: std::collections::BTreeMap<Currency, Money> = std::collections::BTreeMap::new();
    for price in prices {
        let known = lowest.entry(price.currency).or_insert(*price);
        known.minor = known.minor.min(price.minor);
    }
    lowest.into_values().collect()
}
