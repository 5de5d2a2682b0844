//! The sandbox: a payment gateway of our own, for tests, simulation and demo.
//!
//! It behaves as Stripe does, down to the JSON of its webhooks and their signatures, and keeps books
//! that others are compared with. It is deterministic: no clock, no randomness of its own; the time
//! comes with each call, faults come from a [`Plan`]. Its memory lives as long as its value, which clones
//! share; [`Sandbox::open`] keeps it in a file, for processes that are killed and for several at once.
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
mod record;
mod webhook;

pub use books::{Books, Totals};
pub use card::Card;
pub use fault::{CallFault, Faults, Operation, Plan, Rates};
pub use webhook::Webhook;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::value::{Money, Timestamp};
use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use serde::{Deserialize, Serialize};

use self::machine::{Act, Effect, Machine};
use self::record::{Deed, Entry, Record};
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
    /// Where a customer approves a payment: the address of its page, to which `/{reference}` is added.
    pub page: String,
}

impl Default for Settings {
    /// As Stripe: keys for 24 hours, authorizations for 7 days. Slow is 3 seconds.
    fn default() -> Self {
        Self {
            keys_kept: Duration::from_secs(24 * 60 * 60),
            authorization_holds: wire::AUTHORIZATION_HOLDS,
            slow: Duration::from_secs(3),
            webhook_secret: Secret::new("whsec_sandbox"),
            page: "https://sandbox.invalid/payments".to_owned(),
        }
    }
}

/// What a customer does with an action that is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// Where deeds are kept, if they are.
    record: Option<Record>,
    plan: Plan,
    calls: BTreeMap<Operation, u64>,
}

impl Sandbox {
    /// A sandbox with empty books. Slow answers come at once; see [`Sandbox::waiting`].
    #[must_use]
    pub fn new(settings: Settings, plan: Plan) -> Self {
        Self::of(Core {
            machine: Machine::new(settings),
            record: None,
            plan,
            calls: BTreeMap::new(),
        })
    }

    /// The sandbox whose memory is the file at `path`, made when it is new. Every sandbox on that file, in
    /// whatever process, is the same one; give all of them the same settings. Calls read and write the
    /// file where they are made, which takes microseconds. Fails when the file cannot be read or is
    /// not of a sandbox; a call that fails to write it is unknown.
    pub fn open(path: &Path, settings: Settings, plan: Plan) -> io::Result<Self> {
        let mut record = Record::open(path)?;
        let mut machine = Machine::new(settings);
        record.catch_up(&mut machine)?;
        Ok(Self::of(Core {
            machine,
            record: Some(record),
            plan,
            calls: BTreeMap::new(),
        }))
    }

    fn of(core: Core) -> Self {
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
        let mut core = self.core();
        // Without the file the books are those of the last call.
        let _ = core.catch_up();
        core.machine.books.clone()
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
        core.catch_up().ok()?;
        core.machine.outbox.next_due().filter(|due| *due <= now)?;
        let Ok(Effect::Delivered(Some(body))) = core.perform(now, Deed::Delivered) else {
            return None;
        };
        let signature = signature::sign(&core.machine.settings.webhook_secret, &body, now);
        Some(Webhook { signature, body })
    }

    /// When the next webhook is due, for whoever drives the time.
    #[must_use]
    pub fn next_webhook_due(&self) -> Option<Timestamp> {
        let mut core = self.core();
        core.catch_up().ok()?;
        core.machine.outbox.next_due()
    }

    /// The customer acts on the gateway's page; a webhook tells of it. Refused when the payment is
    /// not there or waits for nobody.
    pub fn customer(
        &self,
        gateway_ref: &str,
        answer: CustomerAnswer,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let gateway_ref = gateway_ref.to_owned();
        let deed = Deed::Customer {
            gateway_ref,
            answer,
        };
        match self.core().perform(now, deed) {
            Ok(Effect::Acted(result)) => result,
            Ok(_) => Ok(()),
            Err(error) => Err(Refusal::new("record-failed", &error.to_string())),
        }
    }

    /// What a payment asks its customer to approve; nothing if it is not there or waits for nobody.
    #[must_use]
    pub fn awaits_customer(&self, gateway_ref: &str) -> Option<Money> {
        let mut core = self.core();
        core.catch_up().ok()?;
        core.machine.awaits_customer(gateway_ref)
    }

    fn call(&self, act: Act, now: Timestamp) -> BoxFuture<'static, Outcome> {
        let effect = {
            let mut core = self.core();
            let faults = core.faults(act.operation());
            core.perform(now, Deed::Call { act, faults })
        };
        let reply = match effect {
            Ok(Effect::Called(reply)) => reply,
            Ok(_) => return ready(Outcome::Unknown(Doubt::Pending)).boxed(),
            Err(error) => return ready(Outcome::Unknown(of_record(&error))).boxed(),
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
        if let Err(error) = core.catch_up() {
            return unavailable(of_record(&error));
        }
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

    /// Does a deed, and keeps it where deeds are kept.
    fn perform(&mut self, at: Timestamp, deed: Deed) -> io::Result<Effect> {
        let entry = Entry { at, deed };
        match &mut self.record {
            Some(record) => record.add(&mut self.machine, &entry),
            None => Ok(self.machine.apply(&entry)),
        }
    }

    /// Takes in what other processes did.
    fn catch_up(&mut self) -> io::Result<()> {
        match &mut self.record {
            Some(record) => record.catch_up(&mut self.machine),
            None => Ok(()),
        }
    }
}

fn of_record(error: &io::Error) -> Doubt {
    Doubt::Unreadable(format!("the sandbox's file: {error}"))
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
        self.call(Act::Authorize(request.clone()), now)
    }

    fn capture<'a>(&'a self, request: &'a Capture, now: Timestamp) -> BoxFuture<'a, Outcome> {
        self.call(Act::Capture(request.clone()), now)
    }

    fn void<'a>(&'a self, request: &'a Void, now: Timestamp) -> BoxFuture<'a, Outcome> {
        self.call(Act::Void(request.clone()), now)
    }

    fn refund<'a>(&'a self, request: &'a Refund, now: Timestamp) -> BoxFuture<'a, Outcome> {
        self.call(Act::Refund(request.clone()), now)
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
