//! The way to the gateway: every call takes its time, and some requests arrive when nobody waits for
//! their answer any more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use domain::value::Timestamp;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use processes::gateway::sandbox::{Faults, Operation, Sandbox};
use processes::gateway::{
    AskError, Authorize, Capture, Doubt, Gateway, MovementsPage, MovementsQuery, Notice,
    NoticeError, Outcome, PaymentState, Query, Refund, Refusal, Void,
};
use uuid::Uuid;

use super::chaos::Chaos;
use super::time::{Clock, pause};

/// The longest that a request is on its way, in microseconds.
const LATE_MAX_MICROS: u64 = 90_000_000;

/// The sandbox, over the net.
#[derive(Clone)]
pub struct Net {
    pub sandbox: Sandbox,
    pub clock: Clock,
    pub chaos: Chaos,
    pub under_way: UnderWay,
    /// How many of a thousand captures, voids and refunds are refused for good.
    pub refusal: u16,
    /// Every request that was sent, and under which id.
    pub sent: Sent,
}

/// What was sent, in order. Clones share it.
pub type Sent = Arc<Mutex<Vec<(Operation, Uuid)>>>;

/// Requests that arrive later, by when they do.
#[derive(Clone, Default)]
pub struct UnderWay(Arc<Mutex<BTreeMap<(u64, usize), Request>>>);

#[derive(Clone, Debug)]
pub enum Request {
    Authorize(Authorize),
    Capture(Capture),
    Void(Void),
    Refund(Refund),
}

impl Net {
    async fn send(&self, request: Request) -> Outcome {
        pause().await;
        let sent = (request.operation(), request.id());
        self.sent.lock().unwrap().push(sent);
        if self.refuses(&request) {
            pause().await;
            return Outcome::Failed(Refusal::new("refused", "the gateway refuses"));
        }
        if self.chaos.of_request() {
            self.under_way.put(&self.clock, request);
            return Outcome::Unknown(Doubt::NoAnswer);
        }
        let outcome = self.arrive(&request).await;
        pause().await;
        outcome
    }

    /// Whether the gateway refuses a request: each request for ever or never, as a gateway that keeps its answers.
    fn refuses(&self, request: &Request) -> bool {
        if matches!(request, Request::Authorize(_)) || self.chaos.is_over() {
            return false;
        }
        request.id().as_u64_pair().0 % 1_000 < u64::from(self.refusal)
    }

    async fn arrive(&self, request: &Request) -> Outcome {
        let now = self.clock.now();
        match request {
            Request::Authorize(request) => self.sandbox.authorize(request, now).await,
            Request::Capture(request) => self.sandbox.capture(request, now).await,
            Request::Void(request) => self.sandbox.void(request, now).await,
            Request::Refund(request) => self.sandbox.refund(request, now).await,
        }
    }

    /// Lets the next late request arrive. Nobody hears the answer, so its webhook is on time.
    pub fn deliver(&self) -> Option<String> {
        let request = self.under_way.take(self.clock.elapsed())?;
        let operation = request.operation();
        self.sandbox.inject(operation, Faults::none());
        let outcome = self.arrive(&request).now_or_never();
        Some(format!("{operation:?} arrives late: {outcome:?}"))
    }
}

impl Request {
    const fn operation(&self) -> Operation {
        match self {
            Self::Authorize(_) => Operation::Authorize,
            Self::Capture(_) => Operation::Capture,
            Self::Void(_) => Operation::Void,
            Self::Refund(_) => Operation::Refund,
        }
    }

    fn id(&self) -> Uuid {
        match self {
            Self::Authorize(request) => request.id,
            Self::Capture(request) => request.id,
            Self::Void(request) => request.id,
            Self::Refund(request) => request.id,
        }
    }
}

impl UnderWay {
    fn put(&self, clock: &Clock, request: Request) {
        let mut waiting = self.0.lock().unwrap();
        // How late follows from what it is about, so that no more randomness is needed.
        let number = waiting.len();
        let delay = request.id().as_u64_pair().1.wrapping_mul(number as u64 + 1) % LATE_MAX_MICROS;
        waiting.insert((clock.elapsed() + delay, number), request);
    }

    fn take(&self, elapsed: u64) -> Option<Request> {
        let mut waiting = self.0.lock().unwrap();
        let first = waiting.first_entry()?;
        (first.key().0 <= elapsed).then(|| first.remove())
    }

    /// When the next one arrives.
    pub fn next(&self) -> Option<u64> {
        let waiting = self.0.lock().unwrap();
        waiting.keys().next().map(|(at, _)| *at)
    }
}

impl Gateway for Net {
    fn name(&self) -> &'static str {
        self.sandbox.name()
    }

    fn authorize<'a>(&'a self, request: &'a Authorize, _: Timestamp) -> BoxFuture<'a, Outcome> {
        self.send(Request::Authorize(request.clone())).boxed()
    }

    fn capture<'a>(&'a self, request: &'a Capture, _: Timestamp) -> BoxFuture<'a, Outcome> {
        self.send(Request::Capture(request.clone())).boxed()
    }

    fn void<'a>(&'a self, request: &'a Void, _: Timestamp) -> BoxFuture<'a, Outcome> {
        self.send(Request::Void(request.clone())).boxed()
    }

    fn refund<'a>(&'a self, request: &'a Refund, _: Timestamp) -> BoxFuture<'a, Outcome> {
        self.send(Request::Refund(request.clone())).boxed()
    }

    fn state<'a>(
        &'a self,
        query: &'a Query,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Option<PaymentState>, AskError>> {
        async move {
            pause().await;
            let answer = self.sandbox.state(query, self.clock.now()).await;
            pause().await;
            answer
        }
        .boxed()
    }

    fn movements<'a>(
        &'a self,
        query: &'a MovementsQuery,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<MovementsPage, AskError>> {
        async move {
            pause().await;
            let answer = self.sandbox.movements(query, now).await;
            pause().await;
            answer
        }
        .boxed()
    }

    fn notice(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<Notice, NoticeError> {
        self.sandbox.notice(signature, body, now)
    }
}
