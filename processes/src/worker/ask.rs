//! The payment executor: makes the requests that the journal holds, and records what came of them.

use std::time::Duration;

use commands::order::OrderingCommand;
use domain::ordering::CapturePolicy;
use domain::payment::{Attempt, OpenRequest, Payment, PaymentCommand, PaymentRequested};
use domain::timer::RequestKind;
use domain::value::{Money, PaymentId};

use super::cause::Cause;
use super::{Trouble, Worker, kind_of};
use crate::gateway::{
    AskError, Authorize, Capture, Gateway, Method, Outcome, Query, Refund, Refusal, Rest, Standing,
    Void,
};
use crate::news;

/// A request older than this may have been made long ago, by a worker that died: its gateway may have forgotten the key,
/// so it is asked first. Much less than any gateway keeps keys.
const FRESH_FOR: Duration = Duration::from_secs(60);

/// How long after a payment is to be let go of a gateway that knows nothing of it may still hear of it: a call that
/// another worker has begun, or a request that is late. Far longer than any call may take.
const ARRIVES_WITHIN: Duration = Duration::from_secs(5 * 60);

/// The method that lets the customer choose in the browser.
const IN_BROWSER: &str = "in_browser";

/// What is done first about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// The call is made: it was never made before, or a moment ago.
    Call,
    /// The gateway is asked what it knows.
    Ask,
}

impl First {
    /// Of a request of that age.
    pub fn of_age(age: Duration) -> Self {
        if age < FRESH_FOR {
            Self::Call
        } else {
            Self::Ask
        }
    }
}

/// What asking came to.
enum Answer {
    /// The call may be made, or made again; the gateway's name for the payment, if it said one.
    Call(Option<String>),
    /// There is nothing to do now.
    Wait,
}

/// The open request of that kind.
pub(super) fn open(payment: &Payment, kind: RequestKind) -> Option<(OpenRequest, Attempt)> {
    let mut open = payment.open_requests().into_iter();
    open.find(|(request, _)| kind_of(request) == kind)
}

impl Worker {
    /// Makes the open request of that kind, if it is still open, and records its outcome.
    pub(super) async fn ask(
        &self,
        id: PaymentId,
        kind: RequestKind,
        first: First,
        cause: &Cause,
    ) -> Result<(), Trouble> {
        let payment = self.payment(id).await?;
        self.ask_of(payment, kind, first, cause).await
    }

    /// The same, of a payment that was just looked at.
    pub(super) async fn ask_of(
        &self,
        mut payment: Payment,
        kind: RequestKind,
        first: First,
        cause: &Cause,
    ) -> Result<(), Trouble> {
        let mut named = None;
        if payment.is_left() {
            return Ok(());
        }
        let (Some((request, attempt)), Some(requested)) =
            (open(&payment, kind), payment.requested().cloned())
        else {
            return Ok(());
        };
        let id = requested.payment_id;
        // Who lets go of a payment settles what became of asking for it too.
        let is_let_go = matches!(payment.open_operation(), Some((OpenRequest::Void(_), _)));
        if kind == RequestKind::Authorization && is_let_go {
            return Ok(());
        }
        let Some(gateway) = self.gateways.get(&requested.gateway) else {
            let is_new = attempt == Attempt::Open && kind == RequestKind::Authorization;
            return self.no_gateway(request, &requested, is_new, cause).await;
        };
        let is_known = payment.gateway_ref().is_some();
        let needs_name = kind != RequestKind::Authorization && !is_known;
        if first == First::Ask || attempt != Attempt::Open || needs_name {
            match self.learn(&**gateway, &payment, request, cause).await? {
                Answer::Wait => return self.conclude_payment(id, kind, cause).await,
                Answer::Call(said) => named = said,
            }
            payment = self.payment(id).await?;
            if open(&payment, kind).is_none() {
                return self.conclude_payment(id, kind, cause).await;
            }
        }
        metrics::counter!("daybook_process_gateway_calls_total", "kind" => kind.as_str())
            .increment(1);
        let named = payment.gateway_ref().map(ToString::to_string).or(named);
        let call = self.call(&**gateway, &payment, &requested, request, named);
        let Some(outcome) = call.await else {
            return Ok(());
        };
        let command = news::of_outcome(request, outcome);
        let is_verdict = matches!(
            command,
            PaymentCommand::RecordAuthorized { .. } | PaymentCommand::RecordDeclined { .. }
        );
        self.record(id, command, cause).await?;
        if is_verdict {
            // A customer waits: no time is lost by looking whether the order still does.
            let policy = self.options.capture;
            let command = OrderingCommand::Conclude { policy };
            self.ordering(requested.order_id, command, cause).await?;
        }
        Ok(())
    }

    /// Asks what became of an authorization, and makes no call.
    pub(super) async fn ask_only(&self, id: PaymentId, cause: &Cause) -> Result<(), Trouble> {
        let payment = self.payment(id).await?;
        let request = open(&payment, RequestKind::Authorization);
        let (Some((request, _)), Some(requested)) = (request, payment.requested()) else {
            return Ok(());
        };
        if let Some(gateway) = self.gateways.get(&requested.gateway) {
            self.learn(&**gateway, &payment, request, cause).await?;
        }
        Ok(())
    }

    /// The answer to an authorization may decide what becomes of the order: a customer waits for that.
    async fn conclude_payment(
        &self,
        id: PaymentId,
        kind: RequestKind,
        cause: &Cause,
    ) -> Result<(), Trouble> {
        if kind != RequestKind::Authorization {
            return Ok(());
        }
        let payment = self.payment(id).await?;
        match payment.order_id() {
            Some(order_id) if !payment.is_authorizing() => {
                let order = self.order(order_id).await?;
                self.conclude(&order, cause).await
            }
            _ => Ok(()),
        }
    }

    /// Asks the gateway what it knows, and records it.
    async fn learn(
        &self,
        gateway: &dyn Gateway,
        payment: &Payment,
        request: OpenRequest,
        cause: &Cause,
    ) -> Result<Answer, Trouble> {
        let (Some(id), Some(asked), Some(order_id)) =
            (payment.id(), payment.authorization(), payment.order_id())
        else {
            return Ok(Answer::Wait);
        };
        let order = self.order(order_id).await?;
        let query = Query {
            auth_id: asked.auth_id.0,
            gateway_ref: payment.gateway_ref().map(ToString::to_string),
            requested_at: order.placed().map_or(self.now(), |placed| placed.placed_at),
        };
        match gateway.state(&query, self.now()).await {
            Ok(Some(state)) => {
                // Loaded after the answer: every request that the gateway can tell of is in it.
                let learnt = news::of_state(&self.payment(id).await?, &state);
                for command in learnt.commands {
                    self.record(id, command, cause).await?;
                }
                for puzzle in learnt.puzzles {
                    self.raise(id, &puzzle, "asked the gateway what it knows", cause)
                        .await?;
                }
                Ok(next(request, &state))
            }
            Ok(None) => self.nothing_there(id, payment, request, cause).await,
            Err(AskError::NoBooks) => Ok(Answer::Call(None)),
            Err(AskError::Unavailable(doubt)) => {
                let outcome = Outcome::Unknown(doubt);
                self.record(id, news::of_outcome(request, outcome), cause)
                    .await?;
                Ok(Answer::Wait)
            }
            Err(AskError::Refused(refusal)) => {
                let tried = format!(
                    "asked what it knows: {} ({})",
                    refusal.message, refusal.code
                );
                self.raise(
                    id,
                    "the gateway refuses to be asked about the payment",
                    &tried,
                    cause,
                )
                .await?;
                Ok(Answer::Wait)
            }
        }
    }

    /// The gateway knows nothing of the payment. When no request for it can arrive any more, nothing has to be let go of.
    async fn nothing_there(
        &self,
        id: PaymentId,
        payment: &Payment,
        request: OpenRequest,
        cause: &Cause,
    ) -> Result<Answer, Trouble> {
        match request {
            OpenRequest::Void(void_id) if payment.gateway_ref().is_none() => {
                if self.now().saturating_since(cause.recorded_at) < ARRIVES_WITHIN {
                    return Ok(Answer::Wait);
                }
                let command = PaymentCommand::RecordVoided {
                    void_id: Some(void_id),
                };
                self.record(id, command, cause).await?;
                Ok(Answer::Wait)
            }
            _ => Ok(Answer::Call(None)),
        }
    }

    /// None of our gateways has that name. What nobody was asked for yet is refused; else a person has to look.
    async fn no_gateway(
        &self,
        request: OpenRequest,
        requested: &PaymentRequested,
        is_new: bool,
        cause: &Cause,
    ) -> Result<(), Trouble> {
        let id = requested.payment_id;
        let kind = kind_of(&request);
        if is_new {
            let refusal = Refusal::new("no-such-gateway", "");
            self.record(
                id,
                news::of_outcome(request, Outcome::Declined(refusal)),
                cause,
            )
            .await?;
            return self.conclude_payment(id, kind, cause).await;
        }
        let what = format!("the gateway {} is not configured", requested.gateway);
        let tried = format!("{} of {}", kind.as_str(), requested.amount);
        self.raise(id, &what, &tried, cause).await
    }

    /// Makes the call. None if the gateway's name for the payment is needed for it and not known.
    async fn call(
        &self,
        gateway: &dyn Gateway,
        payment: &Payment,
        requested: &PaymentRequested,
        request: OpenRequest,
        gateway_ref: Option<String>,
    ) -> Option<Outcome> {
        let now = self.now();
        let of = requested.payment_id.0;
        match request {
            OpenRequest::Authorization(auth_id) => {
                let authorize = Authorize {
                    id: auth_id.0,
                    payment: of,
                    order: requested.order_id,
                    amount: requested.amount,
                    method: method(&requested.method),
                    return_url: self.options.return_url.clone(),
                };
                Some(gateway.authorize(&authorize, now).await)
            }
            OpenRequest::Capture(capture_id) => {
                let capture = payment
                    .captures()
                    .iter()
                    .find(|of| of.capture_id == capture_id)?;
                let call = Capture {
                    id: capture_id.0,
                    payment: of,
                    gateway_ref: gateway_ref?,
                    amount: capture.amount,
                    rest: self.rest(payment, capture.amount),
                };
                Some(gateway.capture(&call, now).await)
            }
            OpenRequest::Void(void_id) => {
                let void = Void {
                    id: void_id.0,
                    payment: of,
                    gateway_ref: gateway_ref?,
                    amount: requested.amount,
                };
                Some(gateway.void(&void, now).await)
            }
            OpenRequest::Refund(refund_id) => {
                let refund = Refund {
                    id: refund_id.0,
                    payment: of,
                    gateway_ref: gateway_ref?,
                    amount: payment.refund(refund_id)?.requested.amount,
                };
                Some(gateway.refund(&refund, now).await)
            }
        }
    }

    /// What becomes of what is held beside a capture. A function of what is settled, so that a repeat of the call is the
    /// same call.
    fn rest(&self, payment: &Payment, amount: Money) -> Rest {
        let held = payment.authorized().map_or(0, |held| held.amount.minor);
        let taken = payment.captured_minor().saturating_add(amount.minor);
        match self.options.capture {
            CapturePolicy::OnShip if taken < held => Rest::Keep,
            CapturePolicy::OnShip | CapturePolicy::OnConfirm => Rest::Release,
        }
    }
}

/// What is to be done about a request when this is known.
fn next(request: OpenRequest, state: &crate::gateway::PaymentState) -> Answer {
    let is_pending = state.standing == Standing::Pending;
    let is_there = match request {
        // It has arrived; what it waits for is told by a webhook, or by asking again.
        OpenRequest::Authorization(_) => true,
        OpenRequest::Capture(_) | OpenRequest::Void(_) => is_pending,
        OpenRequest::Refund(id) => state.refunds.iter().any(|refund| refund.id == Some(id.0)),
    };
    if is_there {
        Answer::Wait
    } else {
        Answer::Call(Some(state.gateway_ref.clone()))
    }
}

fn method(chosen: &str) -> Method {
    if chosen == IN_BROWSER {
        Method::InBrowser
    } else {
        Method::Token(chosen.to_owned())
    }
}
