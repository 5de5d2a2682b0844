//! The worker: what the processes do with an event, a timer that is due, a webhook, a day's books.
//!
//! It keeps nothing between calls, spawns nothing, sleeps nowhere and asks no clock but the shop's: whoever drives it (the
//! [runner](crate::ProcessRunner), or a simulation) may drop any of its futures at any await and call again.
//!
//! **What always holds.**
//! - The intent is in the journal before the gateway is called, and the call carries the intent's id.
//! - A *definite* failure closes the id. An *unknown* outcome keeps it: the gateway is asked first, then the same call is
//!   repeated with the same id; never with a new one.
//! - A command of a process is claimed by (process, event, step): however often an event is delivered, it takes effect once.
//! - What contradicts what is settled, and what cannot be settled, is raised for a person's attention with what was tried.

mod ask;
mod cause;
mod hook;
mod look;
mod reconcile;

use std::sync::Arc;
use std::time::Duration;

use commands::order::OrderingCommand;
use commands::{CommandError, Receipt};
use domain::RejectionCode;
use domain::order::{Order, OrderStatus};
use domain::ordering::{CapturePolicy, HOLD_MAX, MoneyStep, money_step};
use domain::payment::{OpenRequest, Payment, PaymentCommand};
use domain::timer::{RequestKind, Timer};
use domain::value::{OrderId, PaymentId, Timestamp};
use journal::RecordedEvent;

use crate::gateways::Gateways;
use crate::news;
use crate::policy::Subject;
use crate::shop::Shop;

use self::ask::First;
use self::cause::Cause;
pub use self::hook::{NoticeOutcome, WebhookError};
use self::look::Look;
pub(crate) use self::reconcile::earlier;
pub use self::reconcile::{OwnBooks, OwnMovement, ReconcileError, Reconciled};

/// How the processes are set up.
#[derive(Debug, Clone)]
pub struct ProcessOptions {
    /// When money is taken.
    pub capture: CapturePolicy,
    /// How much longer an order may take whose customer is busy paying.
    pub extension: Duration,
    /// How long the outcome of a request may be unknown before a person is told of it.
    pub attention_after: Duration,
    /// Where the customer's browser goes back to after an action.
    pub return_url: Option<String>,
}

impl Default for ProcessOptions {
    fn default() -> Self {
        Self {
            capture: CapturePolicy::OnConfirm,
            extension: Duration::from_secs(30 * 60),
            attention_after: Duration::from_secs(3_600),
            return_url: None,
        }
    }
}

/// Why something could not be handled.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Trouble {
    /// Nothing is lost: the same is to be handled again.
    #[error("{0}")]
    Later(CommandError),
    /// Handling it again would end the same way; a person has to look.
    #[error("{0}")]
    Lasting(String),
}

/// What the processes do. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    shop: Arc<dyn Shop>,
    gateways: Gateways,
    options: ProcessOptions,
}

impl Worker {
    /// A worker on this shop, with these gateways.
    #[must_use]
    pub fn new(shop: Arc<dyn Shop>, gateways: Gateways, options: ProcessOptions) -> Self {
        Self {
            shop,
            gateways,
            options,
        }
    }

    /// The gateways that it works with.
    #[must_use]
    pub const fn gateways(&self) -> &Gateways {
        &self.gateways
    }

    /// What time it is in its shop.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shop.now()
    }

    /// Tells a person of an event that could not be handled, so that it can be passed over.
    pub async fn give_up(&self, event: &RecordedEvent, trouble: &Trouble) -> Result<(), Trouble> {
        let Some(subject) = Subject::of(&event.stream) else {
            return Ok(());
        };
        let what = format!(
            "what follows on {} could not be done: {trouble}",
            event.event_type
        );
        let tried = format!("handled position {} again and again", event.position);
        let cause = Cause::of(event);
        self.raise(subject.payment(), &what, &tried, &cause).await
    }

    /// Does what is due since `due_at`: rejects an order that nobody paid, or asks the gateway about a request.
    pub async fn due(&self, timer: Timer, due_at: Timestamp) -> Result<(), Trouble> {
        let cause = Cause::due(due_at);
        match timer {
            Timer::OrderDeadline(id) => self.time_out(id, &cause).await,
            Timer::OpenRequest(id, kind) => {
                self.ask(id, kind, First::Ask, &cause).await?;
                self.mind(id, kind, due_at, &cause).await
            }
        }
    }

    /// Requests the payment and goes on to its gateway at once, and to what its answer decides: a customer waits.
    /// Should this be cut short, each step's event leads on from there.
    async fn begin_payment(&self, id: OrderId, cause: &Cause) -> Result<(), Trouble> {
        let begun = self
            .ordering(id, OrderingCommand::BeginPayment, cause)
            .await?;
        let is_new = begun.is_some_and(|receipt| receipt.events > 0 && !receipt.replayed);
        let first = if is_new {
            First::Call
        } else {
            self.first(cause)
        };
        self.ask(id.payment(), RequestKind::Authorization, first, cause)
            .await
    }

    async fn conclude(&self, order: &Order, cause: &Cause) -> Result<(), Trouble> {
        let Some(id) = order
            .id()
            .filter(|_| order.status() == Some(OrderStatus::Placed))
        else {
            return Ok(());
        };
        let policy = self.options.capture;
        self.ordering(id, OrderingCommand::Conclude { policy }, cause)
            .await?;
        Ok(())
    }

    /// Gives the customer more time, once, beginning now.
    async fn extend(&self, order: &Order, cause: &Cause) -> Result<(), Trouble> {
        let (Some(id), Some(deadline)) = (order.id(), order.deadline()) else {
            return Ok(());
        };
        let now = self.now();
        let until = deadline.max(now).saturating_add(self.options.extension);
        let until = until.min(now.saturating_add(HOLD_MAX));
        let command = OrderingCommand::Extend { until };
        let command_name = command.name();
        let context = cause.context("checkout", command_name);
        match self.shop.ordering(id, command, context).await {
            Ok(_) => Ok(()),
            // Meanwhile it was confirmed, rejected or cancelled: nobody waits any more.
            Err(CommandError::Rejected(refused)) if refused.code == RejectionCode::OrderState => {
                Ok(())
            }
            Err(CommandError::Rejected(refused)) => {
                let what = format!("{} was refused: {}", command_name, refused.detail);
                self.raise(id.payment(), &what, command_name, cause).await
            }
            Err(error) => Err(Trouble::Later(error)),
        }
    }

    /// Requests what is to happen to the money next, or tells a person that nobody can say.
    async fn settle(&self, look: &Look, cause: &Cause) -> Result<(), Trouble> {
        let Look { order, payment } = look;
        let (Some(id), Some(order_id)) = (payment.id(), order.id()) else {
            return Ok(());
        };
        let policy = self.options.capture;
        match money_step(order, payment, policy) {
            MoneyStep::Nothing | MoneyStep::Wait => Ok(()),
            MoneyStep::Capture(_) | MoneyStep::Void | MoneyStep::Refund { .. } => {
                let command = OrderingCommand::Settle { policy };
                self.ordering(order_id, command, cause).await?;
                Ok(())
            }
            MoneyStep::Stuck { what } => self.raise(id, what, &tried(order, payment), cause).await,
        }
    }

    /// Before an order is rejected for want of its payment, the gateway is asked once more.
    async fn time_out(&self, id: OrderId, cause: &Cause) -> Result<(), Trouble> {
        let order = self.order(id).await?;
        let is_late = order.deadline().is_some_and(|until| until <= self.now());
        if order.status() != Some(OrderStatus::Placed) || !is_late {
            return Ok(());
        }
        self.ask_only(id.payment(), cause).await?;
        let policy = self.options.capture;
        self.ordering(id, OrderingCommand::TimeOut { policy }, cause)
            .await?;
        Ok(())
    }

    /// Tells a person of a request whose outcome is not known for too long.
    async fn mind(
        &self,
        id: PaymentId,
        kind: RequestKind,
        due_at: Timestamp,
        cause: &Cause,
    ) -> Result<(), Trouble> {
        // How long an authorization may take is the order's matter.
        let is_early = self.now().saturating_since(due_at) < self.options.attention_after;
        if is_early || kind == RequestKind::Authorization {
            return Ok(());
        }
        if ask::open(&self.payment(id).await?, kind).is_none() {
            return Ok(());
        }
        let what = format!("what became of the {} is not known", kind.as_str());
        self.raise(
            id,
            &what,
            "asked the gateway again and again since it was requested",
            cause,
        )
        .await
    }

    /// What is done first about a request that the journal told of.
    fn first(&self, cause: &Cause) -> First {
        First::of_age(self.now().saturating_since(cause.recorded_at))
    }

    async fn payment(&self, id: PaymentId) -> Result<Payment, Trouble> {
        self.shop.payment(id).await.map_err(Trouble::Later)
    }

    async fn order(&self, id: OrderId) -> Result<Order, Trouble> {
        self.shop.order(id).await.map_err(Trouble::Later)
    }

    async fn ordering(
        &self,
        id: OrderId,
        command: OrderingCommand,
        cause: &Cause,
    ) -> Result<Option<Receipt>, Trouble> {
        let context = cause.context("checkout", command.name());
        let name = command.name();
        match self.shop.ordering(id, command, context).await {
            Ok(receipt) => Ok(Some(receipt)),
            Err(CommandError::Rejected(rejection)) => {
                let what = format!("{name} was refused: {}", rejection.detail);
                self.raise(id.payment(), &what, name, cause).await?;
                Ok(None)
            }
            Err(error) => Err(Trouble::Later(error)),
        }
    }

    /// Records what was learnt. A contradiction to what is settled is for a person to look at.
    async fn record(
        &self,
        id: PaymentId,
        command: PaymentCommand,
        cause: &Cause,
    ) -> Result<Option<Receipt>, Trouble> {
        let name = command.name();
        let context = cause.context("payment", &cause::step(&command));
        match self.shop.pay(id, command, context).await {
            Ok(receipt) => Ok(Some(receipt)),
            Err(CommandError::Rejected(rejection)) => {
                self.raise(
                    id,
                    &rejection.detail,
                    &format!("{name}, as the gateway says"),
                    cause,
                )
                .await?;
                Ok(None)
            }
            Err(error) => Err(Trouble::Later(error)),
        }
    }

    async fn raise(
        &self,
        id: PaymentId,
        what: &str,
        tried: &str,
        cause: &Cause,
    ) -> Result<(), Trouble> {
        let command = PaymentCommand::RaiseAttention {
            what: news::text(what),
            tried: news::text(tried),
        };
        let context = cause.context("payment", &format!("RaiseAttention/{what}"));
        match self.shop.pay(id, command, context).await {
            Ok(_) => Ok(()),
            // There is no payment that it could be kept with.
            Err(CommandError::Rejected(_)) => Err(Trouble::Lasting(what.to_owned())),
            Err(error) => Err(Trouble::Later(error)),
        }
    }
}

/// What was tried with the money of an order, for whoever has to look at it.
fn tried(order: &Order, payment: &Payment) -> String {
    let status = order.status().map_or("unknown", OrderStatus::as_str);
    format!(
        "the order is {status}; captures requested: {}, voids: {}, refunds: {}",
        payment.captures().len(),
        payment.voids().len(),
        payment.refunds().len()
    )
}

/// The kind of a request.
const fn kind_of(request: &OpenRequest) -> RequestKind {
    match request {
        OpenRequest::Authorization(_) => RequestKind::Authorization,
        OpenRequest::Capture(_) => RequestKind::Capture,
        OpenRequest::Void(_) => RequestKind::Void,
        OpenRequest::Refund(_) => RequestKind::Refund,
    }
}
