//! What a token may be used for (RFC 6749, section 3.3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ValueError;

macro_rules! scopes {
    ($($(#[$doc:meta])+ $name:ident $text:literal)+) => {
        /// One scope of a client's token: `{what}:{how}`. The names are in journals, so a released
        /// one never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub enum Scope {
            $($(#[$doc])+ #[serde(rename = $text)] $name),+
        }

        impl Scope {
            /// Every scope.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name, in tokens and requests.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

scopes! {
    /// Read the account of whoever granted it.
    AccountRead "account:read"
    /// Change the account of whoever granted it.
    AccountWrite "account:write"
    /// Search all accounts.
    AccountsRead "accounts:read"
    /// Lock, unlock and erase any account, grant and revoke roles.
    AccountsWrite "accounts:write"
    /// Make and change products, variants and prices.
    CatalogWrite "catalog:write"
    /// Read clients.
    ClientsRead "clients:read"
    /// Register and change clients.
    ClientsWrite "clients:write"
    /// Read events, streams, the past and proofs.
    EventsRead "events:read"
    /// Read the ledger.
    LedgerRead "ledger:read"
    /// Read projections and what needs attention.
    OperationsRead "operations:read"
    /// Rebuild, pause and verify projections, settle what needs attention.
    OperationsWrite "operations:write"
    /// Place orders that were sold and paid elsewhere: a till, a marketplace. May state what was
    /// paid for each line, and when.
    OrdersChannel "orders:channel"
    /// Ship, record deliveries, receive returns.
    OrdersFulfil "orders:fulfil"
    /// Read orders.
    OrdersRead "orders:read"
    /// Place and cancel orders, ask for returns, add notes.
    OrdersWrite "orders:write"
    /// Read payments.
    PaymentsRead "payments:read"
    /// Capture, void and refund.
    PaymentsWrite "payments:write"
    /// Read what was sold.
    SalesRead "sales:read"
    /// Read stock and reservations.
    StockRead "stock:read"
    /// Receive and adjust stock.
    StockWrite "stock:write"
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let known = Self::ALL.iter().find(|scope| scope.as_str() == text);
        known.copied().ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|scope| scope.as_str()).collect();
            let right = format!("a scope is one of {}", names.join(", "));
            ValueError::new("scope", text, "there is none of this name", right)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_one_name_in_texts_and_in_json_and_they_are_in_order() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(*scope));
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        assert!(Scope::ALL.is_sorted_by_key(|scope| scope.as_str()));
        assert!("orders:eat".parse::<Scope>().is_err());
    }
}
