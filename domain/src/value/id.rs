//! Identities. Random ones arrive from outside; derived ones are computed here
//! (UUID version 5), so that a command decided twice names the same things.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Location, Sku, ValueError};

/// What is written, for the JSON Schemas of events.
#[cfg(test)]
const PATTERN: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[cfg_attr(test, schemars(extend("pattern" = PATTERN)))]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(out)
            }
        }

        impl FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                Uuid::try_parse(text).map(Self).map_err(|error| {
                    ValueError::new(
                        $kind,
                        text,
                        error.to_string(),
                        "an id is a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057",
                    )
                })
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

uuid_id!(
    /// Names a product.
    ProductId,
    "product id"
);
uuid_id!(
    /// Names an order.
    OrderId,
    "order id"
);
uuid_id!(
    /// Names a line within the shop; derived from the order and the SKU.
    LineId,
    "line id"
);
uuid_id!(
    /// Names a reservation of stock.
    ReservationId,
    "reservation id"
);
uuid_id!(
    /// Names a shipment of an order.
    ShipmentId,
    "shipment id"
);
uuid_id!(
    /// Names a return of goods.
    ReturnId,
    "return id"
);
uuid_id!(
    /// Names a payment: one attempt to collect one amount for one order.
    PaymentId,
    "payment id"
);
uuid_id!(
    /// Names one request to a gateway to authorize a payment.
    AuthorizationId,
    "authorization id"
);
uuid_id!(
    /// Names one request to a gateway to capture what was authorized.
    CaptureId,
    "capture id"
);
uuid_id!(
    /// Names one request to a gateway to let go of what was authorized.
    VoidId,
    "void id"
);
uuid_id!(
    /// Names one request to a gateway to give back what was captured.
    RefundId,
    "refund id"
);
uuid_id!(
    /// Names an account: one person.
    AccountId,
    "account id"
);
uuid_id!(
    /// Names a client: one third-party or machine application. Its `client_id` of OAuth (RFC 6749).
    ClientId,
    "client id"
);
uuid_id!(
    /// Names a session of an account. Of version 7: later ones sort after earlier ones.
    SessionId,
    "session id"
);
uuid_id!(
    /// Names what all refresh tokens of one session descend from; derived from the session.
    FamilyId,
    "token family id"
);
uuid_id!(
    /// Names one enrolment of a second factor.
    FactorId,
    "factor id"
);

impl AccountId {
    /// The id of its stream, without the type.
    #[must_use]
    pub fn aggregate_id(self) -> String {
        self.to_string()
    }
}

impl ClientId {
    /// The id of its stream, without the type.
    #[must_use]
    pub fn aggregate_id(self) -> String {
        self.to_string()
    }
}

impl SessionId {
    /// The family of its refresh tokens. A session has one and a family one session, so that
    /// whichever is revoked, both are.
    #[must_use]
    pub fn family(self) -> FamilyId {
        FamilyId(derived(self.0, "family", ""))
    }
}

impl ProductId {
    /// The id of its stream, without the type.
    #[must_use]
    pub fn aggregate_id(self) -> String {
        self.to_string()
    }
}

impl OrderId {
    /// The id of its stream, without the type.
    #[must_use]
    pub fn aggregate_id(self) -> String {
        self.to_string()
    }

    /// The line of this order that sells `sku`. An order has one line per SKU.
    #[must_use]
    pub fn line(self, sku: &Sku) -> LineId {
        LineId(self.derived("line", sku))
    }

    /// The reservation that the line of `sku` is placed with.
    #[must_use]
    pub fn reservation(self, sku: &Sku) -> ReservationId {
        ReservationId(self.derived("reservation", sku))
    }

    /// The reservation that replaces a lapsed one when the order is confirmed.
    #[must_use]
    pub fn renewed_reservation(self, sku: &Sku) -> ReservationId {
        ReservationId(self.derived("renewed-reservation", sku))
    }

    /// The shipment of an order that was handed over as it was sold.
    #[must_use]
    pub fn handover(self) -> ShipmentId {
        ShipmentId(self.derived("handover", ""))
    }

    /// The payment of an order that was not paid outside. An order has one: when it is declined,
    /// the order is rejected.
    #[must_use]
    pub fn payment(self) -> PaymentId {
        PaymentId(self.derived("payment", ""))
    }

    fn derived(self, what: &str, of: &str) -> Uuid {
        derived(self.0, what, of)
    }
}

/// What a payment asks of its gateway is numbered within the payment, so that deciding twice
/// names the same thing, and asking again after a definite failure another one.
impl PaymentId {
    /// The id of its stream, without the type.
    #[must_use]
    pub fn aggregate_id(self) -> String {
        self.to_string()
    }

    /// Its authorization. There is one: another attempt is another payment.
    #[must_use]
    pub fn authorization(self) -> AuthorizationId {
        AuthorizationId(derived(self.0, "authorization", ""))
    }

    /// Its capture number `number`, from 0.
    #[must_use]
    pub fn capture(self, number: usize) -> CaptureId {
        CaptureId(derived(self.0, "capture", &number.to_string()))
    }

    /// Its void number `number`, from 0.
    #[must_use]
    pub fn void(self, number: usize) -> VoidId {
        VoidId(derived(self.0, "void", &number.to_string()))
    }

    /// Its refund number `number`, from 0.
    #[must_use]
    pub fn refund(self, number: usize) -> RefundId {
        RefundId(derived(self.0, "refund", &number.to_string()))
    }
}

fn derived(from: Uuid, what: &str, of: &str) -> Uuid {
    Uuid::new_v5(&from, format!("{what}/{of}").as_bytes())
}

/// Names a stock item: one SKU at one location. Written `{sku}@{location}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StockId {
    /// What is kept.
    pub sku: Sku,
    /// Where it is kept.
    pub location: Location,
}

impl StockId {
    /// The stock item of `sku` at `location`.
    #[must_use]
    pub fn new(sku: Sku, location: Location) -> Self {
        Self { sku, location }
    }

    /// The id of its stream, without the type.
    #[must_use]
    pub fn aggregate_id(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for StockId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}@{}", self.sku, self.location)
    }
}

impl FromStr for StockId {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let Some((sku, location)) = text.split_once('@') else {
            return Err(ValueError::new(
                "stock id",
                text,
                "it has no '@'",
                "a stock id is {sku}@{location} such as AB-1@main",
            ));
        };
        Ok(Self::new(sku.parse()?, location.parse()?))
    }
}

impl TryFrom<String> for StockId {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        text.parse()
    }
}

impl From<StockId> for String {
    fn from(id: StockId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_ids_round_trip() {
        let id: StockId = "AB-1@main".parse().unwrap();
        assert_eq!(
            id,
            StockId::new("AB-1".parse().unwrap(), Location::default())
        );
        assert_eq!(id.aggregate_id(), "AB-1@main");
        for text in ["AB-1", "@main", "AB-1@", "AB-1@a@b"] {
            assert!(text.parse::<StockId>().is_err(), "{text}");
        }
    }

    #[test]
    fn derived_ids_never_change() {
        // They are in journals: another value here orphans every reservation.
        let order: OrderId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let sku: Sku = "AB-1".parse().unwrap();
        assert_eq!(
            order.line(&sku).to_string(),
            "5332ffbe-ada6-5108-b7f5-19b8cf22b557"
        );
        assert_eq!(
            order.reservation(&sku).to_string(),
            "e4fe00b8-2d08-5c47-9756-d1dd3b834862"
        );
        assert_eq!(
            order.renewed_reservation(&sku).to_string(),
            "04acd673-9979-51fb-898f-9a3c6df23b4d"
        );
        assert_eq!(
            order.handover().to_string(),
            "451efe3b-464b-599e-82da-a9773b57d0a5"
        );
        assert_eq!(
            order.payment().to_string(),
            "08cb1220-032d-5071-bc09-66a91565e1ee"
        );
        assert_eq!(
            order.payment().authorization().to_string(),
            "d6d470f4-63b6-5f89-9889-e776657fbbd2"
        );
        assert_eq!(
            order.payment().capture(0).to_string(),
            "ca3a8557-0607-5bcf-a957-cb56436edb57"
        );
        assert_eq!(
            order.payment().void(1).to_string(),
            "2198584b-af72-5af2-96f3-6ed125b710ed"
        );
        assert_eq!(
            order.payment().refund(2).to_string(),
            "c7c9ad79-c86c-5777-915b-7d5d0bb01976"
        );
        let session: SessionId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(
            session.family().to_string(),
            "68cbd949-2781-5e6a-84cb-d52abb551fcf"
        );
    }
}
