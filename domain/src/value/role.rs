//! What a person may be in the shop.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ValueError;

/// A role of an account. What each may do is attached to the commands and queries, not said here.
///
/// Nobody (not logged in) and a service (a client, which has exactly its scopes) are no roles of
/// accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Role {
    /// Their own account, orders, cancelling before shipment, returns. Every account is one.
    Customer,
    /// Any order, notes, cancelling, refunds up to a limit.
    Support,
    /// Products and prices.
    Merchandiser,
    /// Stock, shipping, receiving returns.
    Warehouse,
    /// Payments, refunds, the ledger.
    Finance,
    /// Events, streams, the past, the ledger and proofs; nothing else.
    Auditor,
    /// Projections, replay and what needs attention; no personal data in clear.
    Operator,
    /// Roles and clients. There is always one.
    Owner,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Customer,
        Self::Support,
        Self::Merchandiser,
        Self::Warehouse,
        Self::Finance,
        Self::Auditor,
        Self::Operator,
        Self::Owner,
    ];

    /// Its name, in addresses and tokens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Support => "support",
            Self::Merchandiser => "merchandiser",
            Self::Warehouse => "warehouse",
            Self::Finance => "finance",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let known = Self::ALL.into_iter().find(|role| role.as_str() == text);
        known.ok_or_else(|| {
            let right = format!(
                "a role is one of {}",
                Self::ALL.map(Self::as_str).join(", ")
            );
            ValueError::new("role", text, "there is none of this name", right)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_one_name_in_texts_and_in_json() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            let json = serde_json::to_value(role).unwrap();
            assert_eq!(json, role.as_str());
        }
        let error = "root".parse::<Role>().unwrap_err().to_string();
        assert!(error.contains("auditor, operator, owner"), "{error}");
    }
}
