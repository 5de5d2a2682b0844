//! Any event of the shop, and the catalogue of all kinds.

use crate::account::{self, AccountEvent};
use crate::client::{self, ClientEvent};
use crate::kind::EventKind;
use crate::order::{self, OrderEvent};
use crate::owners::{self, OwnersEvent};
use crate::payment::{self, PaymentEvent};
use crate::product::{self, ProductEvent};
use crate::security::{self, SecurityEvent};
use crate::stock::{self, StockEvent};

const KINDS: usize = ProductEvent::KINDS.len()
    + StockEvent::KINDS.len()
    + OrderEvent::KINDS.len()
    + PaymentEvent::KINDS.len()
    + AccountEvent::KINDS.len()
    + ClientEvent::KINDS.len()
    + OwnersEvent::KINDS.len()
    + SecurityEvent::KINDS.len();

/// Every kind of event that is recorded today. A journal that holds another (type, version), with
/// no [upcaster](crate::upcasters) to one of these, is refused at start-up.
pub const CATALOG: &[EventKind] = &joined([
    ProductEvent::KINDS,
    StockEvent::KINDS,
    OrderEvent::KINDS,
    PaymentEvent::KINDS,
    AccountEvent::KINDS,
    ClientEvent::KINDS,
    OwnersEvent::KINDS,
    SecurityEvent::KINDS,
]);

const fn joined<const LISTS: usize>(lists: [&[EventKind]; LISTS]) -> [EventKind; KINDS] {
    let mut all = [ProductEvent::KINDS[0]; KINDS];
    let (mut at, mut list) = (0, 0);
    while list < LISTS {
        let mut kind = 0;
        while kind < lists[list].len() {
            all[at] = lists[list][kind];
            at += 1;
            kind += 1;
        }
        list += 1;
    }
    all
}

/// An event of any aggregate. Recorded as JSON without the outer name, `{"OrderPlaced":{…}}`:
/// the aggregate's type stands beside it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Of a product.
    Product(ProductEvent),
    /// Of a stock item.
    Stock(StockEvent),
    /// Of an order.
    Order(OrderEvent),
    /// Of a payment.
    Payment(PaymentEvent),
    /// Of an account.
    Account(AccountEvent),
    /// Of a client.
    Client(ClientEvent),
    /// Of the owners.
    Owners(OwnersEvent),
    /// Of a day's security log.
    Security(SecurityEvent),
}

/// A recorded payload that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No aggregate is called that.
    #[error(
        "no aggregate is of type {aggregate_type:?}; known are product, stock, order, payment, account, client, \
         owners and security"
    )]
    UnknownAggregate {
        /// The type that was given.
        aggregate_type: String,
    },
    /// The payload is not an event of this aggregate.
    #[error("the payload is no event of a {aggregate_type}: {source}")]
    Payload {
        /// The aggregate's type.
        aggregate_type: &'static str,
        /// What JSON found.
        source: serde_json::Error,
    },
}

impl Event {
    /// Reads a recorded payload of a stream of `aggregate_type`.
    pub fn decode(aggregate_type: &str, payload: &str) -> Result<Self, DecodeError> {
        match aggregate_type {
            product::TYPE => read(product::TYPE, payload).map(Self::Product),
            stock::TYPE => read(stock::TYPE, payload).map(Self::Stock),
            order::TYPE => read(order::TYPE, payload).map(Self::Order),
            payment::TYPE => read(payment::TYPE, payload).map(Self::Payment),
            account::TYPE => read(account::TYPE, payload).map(Self::Account),
            client::TYPE => read(client::TYPE, payload).map(Self::Client),
            owners::TYPE => read(owners::TYPE, payload).map(Self::Owners),
            security::TYPE => read(security::TYPE, payload).map(Self::Security),
            unknown => Err(DecodeError::UnknownAggregate {
                aggregate_type: unknown.to_owned(),
            }),
        }
    }

    /// The name that it is recorded under, for example `OrderPlaced`.
    #[must_use]
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::Product(event) => event.event_type(),
            Self::Stock(event) => event.event_type(),
            Self::Order(event) => event.event_type(),
            Self::Payment(event) => event.event_type(),
            Self::Account(event) => event.event_type(),
            Self::Client(event) => event.event_type(),
            Self::Owners(event) => event.event_type(),
            Self::Security(event) => event.event_type(),
        }
    }

    /// The version that it is recorded with.
    #[must_use]
    pub const fn event_version(&self) -> &'static str {
        match self {
            Self::Product(event) => event.event_version(),
            Self::Stock(event) => event.event_version(),
            Self::Order(event) => event.event_version(),
            Self::Payment(event) => event.event_version(),
            Self::Account(event) => event.event_version(),
            Self::Client(event) => event.event_version(),
            Self::Owners(event) => event.event_version(),
            Self::Security(event) => event.event_version(),
        }
    }

    /// The type of the aggregate that it belongs to.
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

    /// The payload to record.
    #[must_use]
    pub fn to_payload(&self) -> String {
        let payload = match self {
            Self::Product(event) => serde_json::to_string(event),
            Self::Stock(event) => serde_json::to_string(event),
            Self::Order(event) => serde_json::to_string(event),
            Self::Payment(event) => serde_json::to_string(event),
            Self::Account(event) => serde_json::to_string(event),
            Self::Client(event) => serde_json::to_string(event),
            Self::Owners(event) => serde_json::to_string(event),
            Self::Security(event) => serde_json::to_string(event),
        };
        // Writing to a string fails only for maps whose keys are not text; no event has one.
        payload.unwrap_or_default()
    }

    /// The event of a product, if it is one.
    #[must_use]
    pub const fn as_product(&self) -> Option<&ProductEvent> {
        match self {
            Self::Product(event) => Some(event),
            _ => None,
        }
    }

    /// The event of a stock item, if it is one.
    #[must_use]
    pub const fn as_stock(&self) -> Option<&StockEvent> {
        match self {
            Self::Stock(event) => Some(event),
            _ => None,
        }
    }

    /// The event of an order, if it is one.
    #[must_use]
    pub const fn as_order(&self) -> Option<&OrderEvent> {
        match self {
            Self::Order(event) => Some(event),
            _ => None,
        }
    }

    /// The event of a payment, if it is one.
    #[must_use]
    pub const fn as_payment(&self) -> Option<&PaymentEvent> {
        match self {
            Self::Payment(event) => Some(event),
            _ => None,
        }
    }

    /// The event of an account, if it is one.
    #[must_use]
    pub const fn as_account(&self) -> Option<&AccountEvent> {
        match self {
            Self::Account(event) => Some(event),
            _ => None,
        }
    }

    /// The event of a client, if it is one.
    #[must_use]
    pub const fn as_client(&self) -> Option<&ClientEvent> {
        match self {
            Self::Client(event) => Some(event),
            _ => None,
        }
    }

    /// The event of the owners, if it is one.
    #[must_use]
    pub const fn as_owners(&self) -> Option<&OwnersEvent> {
        match self {
            Self::Owners(event) => Some(event),
            _ => None,
        }
    }

    /// The event of a day's security log, if it is one.
    #[must_use]
    pub const fn as_security(&self) -> Option<&SecurityEvent> {
        match self {
            Self::Security(event) => Some(event),
            _ => None,
        }
    }
}

fn read<'a, E: serde::Deserialize<'a>>(
    aggregate_type: &'static str,
    payload: &'a str,
) -> Result<E, DecodeError> {
    serde_json::from_str(payload).map_err(|source| DecodeError::Payload {
        aggregate_type,
        source,
    })
}

impl From<ProductEvent> for Event {
    fn from(event: ProductEvent) -> Self {
        Self::Product(event)
    }
}

impl From<StockEvent> for Event {
    fn from(event: StockEvent) -> Self {
        Self::Stock(event)
    }
}

impl From<PaymentEvent> for Event {
    fn from(event: PaymentEvent) -> Self {
        Self::Payment(event)
    }
}

impl From<OrderEvent> for Event {
    fn from(event: OrderEvent) -> Self {
        Self::Order(event)
    }
}

impl From<AccountEvent> for Event {
    fn from(event: AccountEvent) -> Self {
        Self::Account(event)
    }
}

impl From<ClientEvent> for Event {
    fn from(event: ClientEvent) -> Self {
        Self::Client(event)
    }
}

impl From<OwnersEvent> for Event {
    fn from(event: OwnersEvent) -> Self {
        Self::Owners(event)
    }
}

impl From<SecurityEvent> for Event {
    fn from(event: SecurityEvent) -> Self {
        Self::Security(event)
    }
}
