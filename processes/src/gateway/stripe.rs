//! Stripe: the real API over HTTP.
//!
//! An authorization is a payment intent with manual capture, made and confirmed in one request; capture,
//! cancel and refund follow it. Our id is the `Idempotency-Key` of each, and stands in the metadata, so
//! that the payment can be found by it (see [`Gateway::state`]) long after Stripe has forgotten the key.
//!
//! **What counts as definite.** Only what Stripe says after having looked at this very request. An answer
//! 401, 403, 409, 429 or 5xx, a time-out, a broken connection: unknown. A refused capture, void or refund
//! is compared with the payment before it is called failed, because under a forgotten key the refusal may
//! only mean that it has happened already.
//!
//! **Retries.** A few, with jitter, inside one deadline; `stripe/retry.rs` says for which answers. All are
//! safe: what changes something carries a key.

mod ask;
mod config;
mod failure;
mod form;
mod movement;
mod retry;
mod transport;

pub use config::{API, API_VERSION, Settings, SetupError};

use domain::value::{Money, Timestamp};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;

use self::failure::Failure;
use self::form::Unsendable;
use self::transport::{Answer, Form, Request, Transport};
use super::wire::{Intent, Unreadable};
use super::{
    AskError, Authorize, Capture, Doubt, Gateway, MovementsPage, MovementsQuery, Notice,
    NoticeError, Outcome, PaymentState, Query, Receipt, Refund, RefundStanding, RefundState,
    Refusal, Secret, Standing, Void, notice, outcome, wire,
};

/// The gateway Stripe.
#[derive(Debug)]
pub struct Stripe {
    transport: Transport,
}

impl Stripe {
    /// An adapter with these settings. Nothing is sent yet.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let transport = Transport::new(settings)?;
        Ok(Self { transport })
    }

    /// Sends a change; the error is the outcome when there was no success, with what Stripe said.
    async fn change(&self, path: &str, key: &str, form: Form) -> Result<Value, NoSuccess> {
        let request = Request::Post { key, form };
        let sent = self.transport.send(path, &request).await;
        let mut answer = sent.map_err(NoSuccess::of_doubt)?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        Err(NoSuccess::of_answer(&mut answer))
    }

    async fn authorized(&self, request: &Authorize) -> Result<Outcome, NoSuccess> {
        let form = form::authorize(request)?;
        let key = request.id.to_string();
        let intent = self.change("/v1/payment_intents", &key, form).await?;
        let state = Intent::read(intent)?.state(Vec::new())?;
        Ok(outcome::of_authorization(state))
    }

    async fn captured(&self, request: &Capture) -> Result<Outcome, NoSuccess> {
        let form = form::capture(request)?;
        let path = format!("{}/capture", form::intent_path(&request.gateway_ref)?);
        let key = request.id.to_string();
        let state = match self.change(&path, &key, form).await {
            Ok(intent) => Intent::read(intent)?.state(Vec::new())?,
            Err(refused) => {
                let state = refused.payment()?;
                let is_ours = |of: &&super::Settlement| of.id == Some(request.id);
                return match state.captures.iter().find(is_ours) {
                    Some(done) => Ok(receipt(&request.gateway_ref, done.amount)),
                    None => Ok(refused.definite()),
                };
            }
        };
        Ok(match state.standing {
            Standing::Captured | Standing::Authorized { .. } => {
                receipt(&request.gateway_ref, request.amount)
            }
            Standing::Pending => Outcome::Unknown(Doubt::Pending),
            other => unexpected(&other),
        })
    }

    async fn voided(&self, request: &Void) -> Result<Outcome, NoSuccess> {
        let path = format!("{}/cancel", form::intent_path(&request.gateway_ref)?);
        let key = request.id.to_string();
        let state = match self.change(&path, &key, form::void()).await {
            Ok(intent) => Intent::read(intent)?.state(Vec::new())?,
            Err(refused) => match refused.payment()? {
                state if state.standing == Standing::Voided => state,
                _ => return Ok(refused.definite()),
            },
        };
        Ok(match state.standing {
            Standing::Voided => receipt(&request.gateway_ref, request.amount),
            other => unexpected(&other),
        })
    }

    async fn refunded(&self, request: &Refund) -> Result<Outcome, NoSuccess> {
        let form = form::refund(request)?;
        let key = request.id.to_string();
        match self.change("/v1/refunds", &key, form).await {
            Ok(refund) => Ok(of_refund(wire::Refund::read(refund)?.state()?)),
            Err(refused)
                if matches!(refused.outcome, Outcome::Failed(_) | Outcome::Declined(_)) =>
            {
                let Ok(refunds) = self.refunds_of(&request.gateway_ref).await else {
                    return Ok(Outcome::Unknown(Doubt::NoAnswer));
                };
                let is_ours = |of: &RefundState| of.id == Some(request.id);
                let ours = refunds.into_iter().find(is_ours);
                Ok(ours.map_or_else(|| refused.definite(), of_refund))
            }
            Err(other) => Err(other),
        }
    }
}

/// Why a change was no success, and the payment as Stripe sent it along.
struct NoSuccess {
    outcome: Outcome,
    intent: Option<Value>,
}

impl NoSuccess {
    fn of_doubt(doubt: Doubt) -> Self {
        Self {
            outcome: Outcome::Unknown(doubt),
            intent: None,
        }
    }

    fn of_answer(answer: &mut Answer) -> Self {
        let failure = Failure::of(answer);
        Self {
            outcome: failure.outcome(answer.status),
            intent: failure.payment_intent,
        }
    }

    /// The payment that a definite refusal came with, to see whether it had happened before.
    /// Errs with itself where there is nothing to compare.
    fn payment(&self) -> Result<PaymentState, Self> {
        let intent = match (&self.outcome, &self.intent) {
            (Outcome::Failed(_) | Outcome::Declined(_), Some(intent)) => intent.clone(),
            _ => return Err(self.as_definite()),
        };
        Ok(Intent::read(intent)?.state(Vec::new())?)
    }

    fn as_definite(&self) -> Self {
        Self {
            outcome: self.definite(),
            intent: None,
        }
    }

    /// The outcome of a call that is no authorization: nothing can be declined there, only fail.
    fn definite(&self) -> Outcome {
        match self.outcome.clone() {
            Outcome::Declined(refusal) => Outcome::Failed(refusal),
            other => other,
        }
    }
}

impl From<Unreadable> for NoSuccess {
    fn from(Unreadable(what): Unreadable) -> Self {
        Self::of_doubt(Doubt::Unreadable(what))
    }
}

impl From<Unsendable> for NoSuccess {
    /// It was never sent, so it is definite.
    fn from(Unsendable { code, message }: Unsendable) -> Self {
        Self {
            outcome: Outcome::Failed(Refusal::new(code, &message)),
            intent: None,
        }
    }
}

fn settle(result: Result<Outcome, NoSuccess>) -> Outcome {
    result.unwrap_or_else(|no_success| no_success.outcome)
}

fn receipt(gateway_ref: &str, amount: Money) -> Outcome {
    Outcome::Done(Receipt {
        gateway_ref: gateway_ref.to_owned(),
        amount,
        expires_at: None,
    })
}

fn of_refund(refund: RefundState) -> Outcome {
    match refund.standing {
        RefundStanding::Settled => receipt(&refund.gateway_ref, refund.amount),
        RefundStanding::Pending => Outcome::Unknown(Doubt::Pending),
        RefundStanding::Failed(refusal) => Outcome::Failed(refusal),
    }
}

fn unexpected(standing: &Standing) -> Outcome {
    let what = format!("the call succeeded and the payment is {standing:?}");
    Outcome::Unknown(Doubt::Unreadable(what))
}

impl Gateway for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn authorize<'a>(&'a self, request: &'a Authorize, _: Timestamp) -> BoxFuture<'a, Outcome> {
        self.authorized(request).map(settle).boxed()
    }

    fn capture<'a>(&'a self, request: &'a Capture, _: Timestamp) -> BoxFuture<'a, Outcome> {
        self.captured(request).map(settle).boxed()
    }

    fn void<'a>(&'a self, request: &'a Void, _: Timestamp) -> BoxFuture<'a, Outcome> {
        self.voided(request).map(settle).boxed()
    }

    fn refund<'a>(&'a self, request: &'a Refund, _: Timestamp) -> BoxFuture<'a, Outcome> {
        self.refunded(request).map(settle).boxed()
    }

    fn state<'a>(
        &'a self,
        query: &'a Query,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Option<PaymentState>, AskError>> {
        self.state_of(query).boxed()
    }

    fn movements<'a>(
        &'a self,
        query: &'a MovementsQuery,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<MovementsPage, AskError>> {
        self.movements_of(query).boxed()
    }

    fn notice(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<Notice, NoticeError> {
        let secrets: &[Secret] = &self.transport.settings().webhook_secrets;
        notice::read(secrets, signature, body, now)
    }
}
