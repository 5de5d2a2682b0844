//! Payment gateways: who moves the money, behind one port.
//!
//! [`Gateway`] is the port. Three adapters implement it: [`sandbox`], built in and deterministic, for
//! tests, simulation and demo; [`stripe`], the real thing over HTTP; [`external`], for money that a
//! person has already taken.
//!
//! The rule behind every type here: **a definite failure closes an id, an unknown outcome keeps it.**
//! A caller that gets [`Outcome::Unknown`] first asks by [`Gateway::state`], then repeats the same call
//! with the same id; it never takes a new id. So the port has no error besides the outcome, and an
//! adapter that is not sure says unknown.

pub mod external;
mod notice;
mod outcome;
mod port;
pub mod sandbox;
mod secret;
pub mod signature;
pub mod stripe;
mod wire;

pub use notice::{News, Notice, NoticeError};
pub use outcome::{Action, Doubt, Outcome, Receipt, Refusal};
pub use port::{
    AskError, Authorize, Capture, Gateway, Method, Movement, MovementKind, MovementsPage,
    MovementsQuery, PaymentState, Query, Refund, RefundStanding, RefundState, Rest, Settlement,
    Standing, Void,
};
pub use secret::Secret;
