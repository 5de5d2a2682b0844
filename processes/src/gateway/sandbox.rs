//! The sandbox: a payment gateway of our own, for tests, simulation and demo.
//!
//! It behaves as Stripe does, down to the JSON of its webhooks and their signatures, and keeps books
//! that others are compared with. It is deterministic: no clock, no randomness of its own; the time
//! comes with each call, faults come from a [`Plan`]. It keeps everything in memory and lives as long
//! as its value; clones share it.
//!
//! - **Keys**: the answer to a call is kept under its id for [`Settings::keys_kept`]; a repeat gets it
//!   again. After that a repeat is a new call and *does* move money again, as at a real gateway: ask first.
//! - **Test cards**: [`Card`].
//! - **Faults**: [`Plan`], and [`Sandbox::inject`] for the next call of a kind.
//! - **Webhooks**: [`Sandbox::next_webhook`] hands out what is due, signed at that moment.
//! - **The customer**: [`Sandbox::customer`] does what a person does on the gateway's page.

mod books;
mod card;
mod fault;
mod intent;
mod keys;
mod machine;
mod webhook;

pub use books::{Books, Totals};
pub use card::Card;
pub use fault::{CallFault, Faults, Operation, Plan, Rates};
pub use webhook::Webhook;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::value::Timestamp;
use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};

use self::machine::{Act, Machine};
use super::{
    AskError, Authorize, Capture, Doubt, Gateway, MovementsPage, MovementsQuery, Notice,
    NoticeError, Outcome, PaymentState, Query, Refund, Refusal, Secret, Void, notice, signature,
    wire,
};

/// How the sandbox is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long it holds idempotency keys.
    pub keys_kept: Duration,
    /// How long an authorization can be captured.
    pub authorization_holds: Duration,
    /// How long a slow answer takes.
    pub slow: Duration,
    /// Signs its webhooks.
    pub webhook_secret: Secret,
}

impl Default for Settings {
    /// As Stripe: keys for 24 hours, authorizations for 7 days. Slow is 3 seconds.
    fn default() -> Self {
        Self {
            keys_kept: Duration::from_secs(24 * 60 * 60),
            authorization_holds: wire::AUTHORIZATION_HOLDS,
            slow: Duration::from_secs(3),
            webhook_secret: Secret::new("whsec_sandbox"),
        }
    }
}

/// What a customer does with an action that is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerAnswer {
    /// Approves the payment.
    Approves,
    /// Refuses to.
    Refuses,
    /// Pays with this card, on a payment by [`super::Method::InBrowser`].
    Chooses(Card),
}

/// Waits for a slow answer, in whatever time the caller lives in.
pub type Wait = Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>;

/// The built-in gateway. Cheap to clone; clones share one set of books.
#[derive(Clone)]
pub struct Sandbox {
    core: Arc<Mutex<Core>>,
    wait: Wait,
}

/// What clones share.
struct Core {
    machine: Machine,
    plan: Plan,
    calls: BTreeMap<Operation, u64>,
}

impl Sandbox {
    /// A sandbox with empty books. Slow answers come at once; see [`Sandbox::waiting`].
    #[must_use]
    pub fn new(settings: Settings, plan: Plan) -> Self {
        let core = Core {
            machine: Machine::new(settings),
            plan,
            calls: BTreeMap::new(),
        };
        Self {
            core: Arc::new(Mutex::new(core)),
            wait: Arc::new(|_| ready(()).boxed()),
        }
    }

    /// The same sandbox, whose slow answers wait by `wait`: a timer's sleep, or a simulation's.
    #[must_use]
    pub fn waiting(self, wait: Wait) -> Self {
        Self { wait, ..self }
    }

    /// The next call of `operation` that no injected fault is waiting for suffers `faults`.
    pub fn inject(&self, operation: Operation, faults: Faults) {
        self.core().plan.push(operation, faults);
    }

    /// Replaces the plan of faults.
    pub fn set_plan(&self, plan: Plan) {
        self.core().plan = plan;
    }

    /// A copy of its books.
    #[must_use]
    pub fn books(&self) -> Books {
        self.core().machine.books.clone()
    }

    /// How many calls of `operation` were made, those that were lost included.
    #[must_use]
    pub fn calls(&self, operation: Operation) -> u64 {
        self.core().calls.get(&operation).copied().unwrap_or(0)
    }

    /// The next webhook that is due, signed as of `now`. It is handed out once: a receiver that fails is
    /// a webhook that comes never, unless the caller posts it again.
    #[must_use]
    pub fn next_webhook(&self, now: Timestamp) -> Option<Webhook> {
        let mut core = self.core();
        let body = core.machine.outbox.take(now)?;
        let signature = signature::sign(&core.machine.settings.webhook_secret, &body, now);
        Some(Webhook { signature, body })
    }

    /// When the next webhook is due, for whoever drives the time.
    #[must_use]
    pub fn next_webhook_due(&self) -> Option<Timestamp> {
        self.core().machine.outbox.next_due()
    }

    /// The customer acts on the gateway's page; a webhook tells of it. Refused when the payment is
    /// not there or waits for nobody.
    pub fn customer(
        &self,
        gateway_ref: &str,
        answer: CustomerAnswer,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut core = self.core();
        let faults = Faults::none();
        core.machine.customer(gateway_ref, answer, now, &faults)
    }

    fn call(&self, act: &Act, now: Timestamp) -> BoxFuture<'static, Outcome> {
        let reply = {
            let mut core = self.core();
            let faults = core.faults(act.operation());
            core.machine.call(act, now, &faults)
        };
        if reply.after.is_zero() {
            return ready(reply.outcome).boxed();
        }
        let waited = (self.wait)(reply.after);
        waited.map(|()| reply.outcome).boxed()
    }

    /// Asks, through the same faults.
    fn ask<T: Send + 'static>(
        &self,
        operation: Operation,
        question: impl FnOnce(&mut Machine) -> T,
    ) -> BoxFuture<'static, Result<T, AskError>> {
        let mut core = self.core();
        let unavailable = |doubt| ready(Err(AskError::Unavailable(doubt))).boxed();
        match core.faults(operation).call {
            Some(CallFault::LostRequest | CallFault::LostAnswer) => unavailable(Doubt::NoAnswer),
            Some(CallFault::ErrorAfterSuccess) => unavailable(Doubt::GatewayError(500)),
            Some(CallFault::Slow) => {
                let answer = question(&mut core.machine);
                let waited = (self.wait)(core.machine.settings.slow);
                waited.map(|()| Ok(answer)).boxed()
            }
            None => ready(Ok(question(&mut core.machine))).boxed(),
        }
    }

    /// Nothing in here panics half-way, so what a poisoned lock guards is whole.
    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// Counts a call and says what it suffers.
    fn faults(&mut self, operation: Operation) -> Faults {
        *self.calls.entry(operation).or_default() += 1;
        self.plan.next(operation)
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new(Settings::default(), Plan::none())
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Gateway for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn authorize<'a>(&'a self, request: &'a Authorize, now: Timestamp) -> BoxFuture<'a, Outcome> {
        self.call(&Act::Authorize(request.clone()), now)
    }

    fn capture<'a>(&'a self, request: &'a Capture, now: Timestamp) -> BoxFuture<'a, Outcome> {
        self.call(&Act::Capture(request.clone()), now)
    }

    fn void<'a>(&'a self, request: &'a Void, now: Timestamp) -> BoxFuture<'a, Outcome> {
        self.call(&Act::Void(request.clone()), now)
    }

    fn refund<'a>(&'a self, request: &'a Refund, now: Timestamp) -> BoxFuture<'a, Outcome> {
        self.call(&Act::Refund(request.clone()), now)
    }

    fn state<'a>(
        &'a self,
        query: &'a Query,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<PaymentState>, AskError>> {
        self.ask(Operation::State, |machine| machine.state(query, now))
    }

    fn movements<'a>(
        &'a self,
        query: &'a MovementsQuery,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<MovementsPage, AskError>> {
        self.ask(Operation::Movements, |machine| machine.books.page(query))
    }

    fn notice(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<Notice, NoticeError> {
        let secret = self.core().machine.settings.webhook_secret.clone();
        notice::read(&[secret], signature, body, now)
    }
}
