//! Ids and idempotency keys from the data: the same file imported twice, or by two people, is imported once.

use uuid::Uuid;

/// A product's id.
pub(super) fn product(product_id: &str) -> Uuid {
    derive("product", product_id)
}

/// An order's id.
pub(super) fn order(basket_id: &str) -> Uuid {
    derive("basket", basket_id)
}

fn derive(kind: &str, value: &str) -> Uuid {
    let namespace = format!("urn:daybook:complete-journey:{kind}");
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, namespace.as_bytes());
    Uuid::new_v5(&namespace, value.as_bytes())
}

#[cfg(test)]
mod tests {
    /// `scripts/sample.py` derives the same; a change here would give every imported order another id.
    #[test]
    fn ids_never_change() {
        let id = super::order("31198570044");
        assert_eq!(id.to_string(), "92bf0bae-562b-5a08-873d-6b48a9657da1");
    }
}
