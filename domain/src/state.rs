//! The state of any aggregate.

use serde::{Deserialize, Serialize};

use crate::account::{self, Account};
use crate::client::{self, Client};
use crate::event::Event;
use crate::order::{self, Order};
use crate::owners::{self, Owners};
use crate::payment::{self, Payment};
use crate::product::{self, Product};
use crate::security::{self, Security};
use crate::stock::{self, StockItem};

/// The state of one aggregate, folded from its events. Cheap to clone: what grows is shared and
/// copied only when it is written to while shared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum State {
    /// Of a product.
    Product(Product),
    /// Of a stock item.
    Stock(StockItem),
    /// Of an order.
    Order(Order),
    /// Of a payment.
    Payment(Payment),
    /// Of an account.
    Account(Account),
    /// Of a client.
    Client(Client),
    /// Of the owners.
    Owners(Owners),
    /// Of a day's security log.
    Security(Security),
}

impl State {
    /// The state before the first event of an aggregate of `aggregate_type`, if there is such a type.
    #[must_use]
    pub fn new(aggregate_type: &str) -> Option<Self> {
        match aggregate_type {
            product::TYPE => Some(Self::Product(Product::default())),
            stock::TYPE => Some(Self::Stock(StockItem::default())),
            order::TYPE => Some(Self::Order(Order::default())),
            payment::TYPE => Some(Self::Payment(Payment::default())),
            account::TYPE => Some(Self::Account(Account::default())),
            client::TYPE => Some(Self::Client(Client::default())),
            owners::TYPE => Some(Self::Owners(Owners::default())),
            security::TYPE => Some(Self::Security(Security::default())),
            _ => None,
        }
    }

    /// Takes `event` into account. An event of another aggregate changes nothing.
    pub fn evolve(&mut self, event: &Event) {
        match (self, event) {
            (Self::Product(state), Event::Product(event)) => state.evolve(event),
            (Self::Stock(state), Event::Stock(event)) => state.evolve(event),
            (Self::Order(state), Event::Order(event)) => state.evolve(event),
            (Self::Payment(state), Event::Payment(event)) => state.evolve(event),
            (Self::Account(state), Event::Account(event)) => state.evolve(event),
            (Self::Client(state), Event::Client(event)) => state.evolve(event),
            (Self::Owners(state), Event::Owners(event)) => state.evolve(event),
            (Self::Security(state), Event::Security(event)) => state.evolve(event),
            _ => {}
        }
    }

    /// The type of the aggregate that it is the state of.
    #[must_use]
    pub const fn aggregate_type(&self) -> &'static str {
        match self {
            Self::Product(_) => product::TYPE,
            Self::Stock(_) => stock::TYPE,
            Self::Order(_) => order::TYPE,
            Self::Payment(_) => payment::TYPE,
            Self::Account(_) => account::TYPE,
            Self::Client(_) => client::TYPE,
            Self::Owners(_) => owners::TYPE,
            Self::Security(_) => security::TYPE,
        }
    }

    /// Whether it is this customer's own: their order, or their account. What is nobody's in particular is not.
    #[must_use]
    pub fn is_of(&self, customer: &str) -> bool {
        match self {
            Self::Order(order) => {
                let placed = order.placed();
                placed.and_then(|placed| placed.customer.as_deref()) == Some(customer)
            }
            Self::Account(account) => account.id().is_some_and(|id| id.to_string() == customer),
            _ => false,
        }
    }

    /// The product, if it is one.
    #[must_use]
    pub const fn as_product(&self) -> Option<&Product> {
        match self {
            Self::Product(product) => Some(product),
            _ => None,
        }
    }

    /// The stock item, if it is one.
    #[must_use]
    pub const fn as_stock(&self) -> Option<&StockItem> {
        match self {
            Self::Stock(item) => Some(item),
            _ => None,
        }
    }

    /// The order, if it is one.
    #[must_use]
    pub const fn as_order(&self) -> Option<&Order> {
        match self {
            Self::Order(order) => Some(order),
            _ => None,
        }
    }

    /// The payment, if it is one.
    #[must_use]
    pub const fn as_payment(&self) -> Option<&Payment> {
        match self {
            Self::Payment(payment) => Some(payment),
            _ => None,
        }
    }

    /// The account, if it is one.
    #[must_use]
    pub const fn as_account(&self) -> Option<&Account> {
        match self {
            Self::Account(account) => Some(account),
            _ => None,
        }
    }

    /// The client, if it is one.
    #[must_use]
    pub const fn as_client(&self) -> Option<&Client> {
        match self {
            Self::Client(client) => Some(client),
            _ => None,
        }
    }

    /// The owners, if it is they.
    #[must_use]
    pub const fn as_owners(&self) -> Option<&Owners> {
        match self {
            Self::Owners(owners) => Some(owners),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::OrderEvent;
    use crate::product::ProductEvent;

    #[test]
    fn every_aggregate_of_the_catalogue_has_a_state() {
        for kind in crate::CATALOG {
            let state = State::new(kind.aggregate_type).unwrap();
            assert_eq!(state.aggregate_type(), kind.aggregate_type);
        }
        assert_eq!(State::new("cart"), None);
    }

    #[test]
    fn an_event_of_another_aggregate_changes_nothing() {
        let mut state = State::new("product").unwrap();
        let before = state.clone();
        state.evolve(&OrderEvent::OrderCompleted {}.into());
        assert_eq!(state, before);
        state.evolve(&ProductEvent::ProductPublished {}.into());
        assert_ne!(state, before);
        assert!(state.as_product().is_some() && state.as_order().is_none());
    }
}
