//! Money that a person has already taken: cash, a card terminal of its own, a marketplace.
//!
//! There is nobody to call, so every call is done at once and nothing is ever unknown. What the shop
//! owes a customer after a void or a refund, a person hands over. There are no books to compare with.

use domain::value::{Money, Timestamp};
use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use uuid::Uuid;

use super::{
    AskError, Authorize, Capture, Gateway, MovementsPage, MovementsQuery, Notice, NoticeError,
    Outcome, PaymentState, Query, Receipt, Refund, Void,
};

/// How long an authorization holds: money in the till does not expire.
const NEVER_MICROS: i64 = 253_402_300_799_999_999;

/// The gateway that is a person.
#[derive(Debug, Clone, Copy, Default)]
pub struct External;

impl External {
    /// What money of the authorization `id` is called.
    fn reference(id: Uuid) -> String {
        format!("external-{id}")
    }
}

fn done<'a>(
    gateway_ref: String,
    amount: Money,
    expires_at: Option<Timestamp>,
) -> BoxFuture<'a, Outcome> {
    let receipt = Receipt {
        gateway_ref,
        amount,
        expires_at,
    };
    ready(Outcome::Done(receipt)).boxed()
}

impl Gateway for External {
    fn name(&self) -> &'static str {
        "external"
    }

    fn authorize<'a>(&'a self, request: &'a Authorize, _: Timestamp) -> BoxFuture<'a, Outcome> {
        let expires_at = Timestamp::from_micros(NEVER_MICROS).ok();
        done(Self::reference(request.id), request.amount, expires_at)
    }

    fn capture<'a>(&'a self, request: &'a Capture, _: Timestamp) -> BoxFuture<'a, Outcome> {
        done(request.gateway_ref.clone(), request.amount, None)
    }

    fn void<'a>(&'a self, request: &'a Void, _: Timestamp) -> BoxFuture<'a, Outcome> {
        done(request.gateway_ref.clone(), request.amount, None)
    }

    fn refund<'a>(&'a self, request: &'a Refund, _: Timestamp) -> BoxFuture<'a, Outcome> {
        done(Self::reference(request.id), request.amount, None)
    }

    fn state<'a>(
        &'a self,
        _: &'a Query,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Option<PaymentState>, AskError>> {
        ready(Err(AskError::NoBooks)).boxed()
    }

    fn movements<'a>(
        &'a self,
        _: &'a MovementsQuery,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<MovementsPage, AskError>> {
        ready(Err(AskError::NoBooks)).boxed()
    }

    fn notice(&self, _: &str, _: &[u8], _: Timestamp) -> Result<Notice, NoticeError> {
        Err(NoticeError::NotSent)
    }
}
