//! The sandbox without its surroundings: a deterministic state machine over calls.
//!
//! What a call does depends on the calls before it, the time and the faults that are passed in, and on
//! nothing else.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use domain::value::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::books::Books;
use super::intent::{Intent, Refunded, Stage, refund_reference};
use super::keys::Keys;
use super::record::{Deed, Entry};
use super::webhook::Outbox;
use super::{CallFault, Card, CustomerAnswer, Faults, Operation, Settings};
use crate::gateway::outcome;
use crate::gateway::wire::{self, Unreadable, amount};
use crate::gateway::{
    Authorize, Capture, Doubt, Method, MovementKind, Outcome, PaymentState, Query, Receipt, Refund,
    Refusal, Rest, Void,
};

/// Most payments that are kept; beyond it the oldest are forgotten, and a refund of them finds nothing.
const INTENTS_MAX: usize = 250_000;

/// A call that can move money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Act {
    Authorize(Authorize),
    Capture(Capture),
    Void(Void),
    Refund(Refund),
}

impl Act {
    /// The idempotency key.
    pub(super) const fn id(&self) -> Uuid {
        match self {
            Self::Authorize(request) => request.id,
            Self::Capture(request) => request.id,
            Self::Void(request) => request.id,
            Self::Refund(request) => request.id,
        }
    }

    pub(super) const fn operation(&self) -> Operation {
        match self {
            Self::Authorize(_) => Operation::Authorize,
            Self::Capture(_) => Operation::Capture,
            Self::Void(_) => Operation::Void,
            Self::Refund(_) => Operation::Refund,
        }
    }

    fn card(&self) -> Option<Card> {
        match self {
            Self::Authorize(request) => card_of(&request.method),
            _ => None,
        }
    }
}

fn card_of(method: &Method) -> Option<Card> {
    match method {
        Method::Token(name) => Card::of(name),
        Method::InBrowser => None,
    }
}

/// What a deed came to.
pub(super) enum Effect {
    Called(Reply),
    Acted(Result<(), Refusal>),
    Delivered(Option<Vec<u8>>),
}

/// The outcome, and how long its answer is on its way.
pub(super) struct Reply {
    pub(super) outcome: Outcome,
    pub(super) after: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Machine {
    pub(super) settings: Settings,
    pub(super) books: Books,
    pub(super) outbox: Outbox,
    keys: Keys,
    intents: BTreeMap<String, Intent>,
    by_auth: HashMap<Uuid, Vec<String>>,
    by_age: VecDeque<String>,
}

/// When it is, and how its webhooks come.
#[derive(Clone, Copy)]
struct Moment<'a> {
    now: Timestamp,
    deliveries: &'a [Duration],
}

type Refused = Result<Receipt, Outcome>;

impl Machine {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Carries out a deed.
    pub(super) fn apply(&mut self, entry: &Entry) -> Effect {
        match &entry.deed {
            Deed::Call { act, faults } => Effect::Called(self.call(act, entry.at, faults)),
            Deed::Customer {
                gateway_ref,
                answer,
            } => Effect::Acted(self.customer(gateway_ref, *answer, entry.at)),
            Deed::Delivered => Effect::Delivered(self.outbox.take(entry.at)),
        }
    }

    /// Carries out a call that suffers `faults`.
    fn call(&mut self, act: &Act, now: Timestamp, faults: &Faults) -> Reply {
        let lost = act.card() == Some(Card::Lost);
        if lost || faults.call == Some(CallFault::LostRequest) {
            return reply(Outcome::Unknown(Doubt::NoAnswer));
        }
        let outcome = self.once(act, now, faults);
        if faults.call == Some(CallFault::LostAnswer) {
            return reply(Outcome::Unknown(Doubt::NoAnswer));
        }
        let slow = act.card() == Some(Card::Slow) || faults.call == Some(CallFault::Slow);
        let after = if slow {
            self.settings.slow
        } else {
            Duration::ZERO
        };
        Reply { outcome, after }
    }

    /// The first time under a key it is performed, after that it is only answered.
    fn once(&mut self, act: &Act, now: Timestamp, faults: &Faults) -> Outcome {
        let kept_for = self.settings.keys_kept;
        match self.keys.find(act.id(), now, kept_for) {
            Some(kept) if kept.act == *act => return kept.outcome.clone(),
            Some(_) => return Outcome::Unknown(Doubt::KeyReused),
            None => {}
        }
        let moment = Moment {
            now,
            deliveries: &faults.deliveries,
        };
        let outcome = self.perform(act, moment);
        let is_carried_out = !matches!(outcome, Outcome::Failed(_));
        let answered = if faults.call == Some(CallFault::ErrorAfterSuccess) && is_carried_out {
            Outcome::Unknown(Doubt::GatewayError(500))
        } else if act.card() == Some(Card::Unknown) {
            Outcome::Unknown(Doubt::NoAnswer)
        } else {
            outcome
        };
        self.keys.hold(act.clone(), answered.clone(), now, kept_for);
        answered
    }

    fn perform(&mut self, act: &Act, moment: Moment<'_>) -> Outcome {
        let done = match act {
            Act::Authorize(request) => self.authorize(request, moment),
            Act::Capture(request) => self.capture(request, moment),
            Act::Void(request) => self.void(request, moment),
            Act::Refund(request) => self.refund(request, moment),
        };
        done.map_or_else(|outcome| outcome, Outcome::Done)
    }

    fn authorize(&mut self, request: &Authorize, moment: Moment<'_>) -> Refused {
        let wire_amount = wire_amount(request.amount)?;
        let card = card_of(&request.method);
        if card.is_none() && request.method != Method::InBrowser {
            return Err(failed("resource_missing", "no such payment method"));
        }
        let intent = self.open(request, wire_amount, card, moment.now);
        let reference = intent.reference.clone();
        self.decide(&reference, card, moment);
        let state = self.payment(&reference).map_err(unreadable)?;
        match outcome::of_authorization(state) {
            Outcome::Done(receipt) => Ok(receipt),
            other => Err(other),
        }
    }

    fn open(
        &mut self,
        request: &Authorize,
        wire_amount: i64,
        card: Option<Card>,
        now: Timestamp,
    ) -> &Intent {
        let same = self.by_auth.entry(request.id).or_default();
        let reference = match same.len() {
            0 => format!("pi_{}", request.id.simple()),
            more => format!("pi_{}_{more}", request.id.simple()),
        };
        same.push(reference.clone());
        self.by_age.push_back(reference.clone());
        if self.by_age.len() > INTENTS_MAX {
            self.forget_oldest();
        }
        self.intents.entry(reference.clone()).or_insert(Intent {
            reference,
            auth_id: request.id,
            payment: request.payment,
            order: request.order,
            amount: request.amount,
            wire_amount,
            card,
            created: now,
            expires_at: now.saturating_add(self.settings.authorization_holds),
            stage: Stage::NoMethod,
            captures: Vec::new(),
            refunds: Vec::new(),
            events: 0,
            has_failed: false,
        })
    }

    fn forget_oldest(&mut self) {
        let oldest = self.by_age.pop_front();
        if let Some(intent) = oldest.and_then(|reference| self.intents.remove(&reference)) {
            self.by_auth.remove(&intent.auth_id);
        }
    }

    /// What the card makes of a payment that waits for one.
    fn decide(&mut self, reference: &str, card: Option<Card>, moment: Moment<'_>) {
        let (stage, event) = match card {
            None => (Stage::NoMethod, "created"),
            Some(Card::ActionRequired) => (Stage::ActionRequired, "requires_action"),
            Some(card) => match card.refusal() {
                Some(code) => (Stage::Declined(code), "payment_failed"),
                None => (Stage::Authorized, "amount_capturable_updated"),
            },
        };
        self.move_to(reference, stage, event, moment);
    }

    fn move_to(&mut self, reference: &str, stage: Stage, event: &str, moment: Moment<'_>) {
        if let Some(intent) = self.intents.get_mut(reference) {
            intent.stage = stage;
            let object = intent.json(&self.settings.page);
            self.announce(
                reference,
                &format!("payment_intent.{event}"),
                &object,
                moment,
            );
        }
    }

    /// Queues an event's webhooks.
    fn announce(&mut self, reference: &str, kind: &str, object: &Value, moment: Moment<'_>) {
        let Some(intent) = self.intents.get_mut(reference) else {
            return;
        };
        intent.events += 1;
        let name = reference.trim_start_matches("pi_");
        let event = json!({
            "id": format!("evt_{name}_{}", intent.events), "object": "event", "type": kind,
            "created": wire::to_seconds(moment.now), "data": {"object": object},
        });
        let body = event.to_string().into_bytes();
        self.outbox.put(&body, moment.now, moment.deliveries);
    }

    fn capture(&mut self, request: &Capture, moment: Moment<'_>) -> Refused {
        wire_amount(request.amount)?;
        let intent = self.current(&request.gateway_ref, moment)?;
        if intent.stage != Stage::Authorized {
            return Err(unexpected(intent));
        }
        if intent.card == Some(Card::CaptureFailsOnce) && !intent.has_failed {
            intent.has_failed = true;
            return Err(failed(
                "processing_error",
                "the sandbox's card fails its first capture",
            ));
        }
        let minor = within(
            request.amount,
            intent.money(intent.amount.minor - intent.captured()),
        )?;
        intent.captures.push((request.id, minor));
        let all = intent.captured() == intent.amount.minor;
        let (stage, event) = match request.rest {
            Rest::Keep if !all => (Stage::Authorized, "amount_capturable_updated"),
            _ => (Stage::Captured, "succeeded"),
        };
        let (kind, id) = (MovementKind::Captured, request.id);
        self.books
            .post(kind, id, &request.gateway_ref, request.amount, moment.now);
        self.move_to(&request.gateway_ref, stage, event, moment);
        Ok(receipt(request.gateway_ref.clone(), request.amount))
    }

    fn void(&mut self, request: &Void, moment: Moment<'_>) -> Refused {
        let intent = self.current(&request.gateway_ref, moment)?;
        match intent.stage {
            Stage::Captured => return Err(unexpected(intent)),
            Stage::Voided => {}
            _ => self.move_to(&request.gateway_ref, Stage::Voided, "canceled", moment),
        }
        Ok(receipt(request.gateway_ref.clone(), request.amount))
    }

    fn refund(&mut self, request: &Refund, moment: Moment<'_>) -> Refused {
        wire_amount(request.amount)?;
        let intent = self.current(&request.gateway_ref, moment)?;
        if intent.card == Some(Card::RefundFailsOnce) && !intent.has_failed {
            intent.has_failed = true;
            return Err(failed(
                "processing_error",
                "the sandbox's card fails its first refund",
            ));
        }
        let left = intent.money(intent.captured() - intent.refunded());
        let refund = Refunded {
            id: request.id,
            amount: within(request.amount, left)?,
        };
        intent.refunds.push(refund.clone());
        let object = intent.refund_json(&refund);
        let (kind, id) = (MovementKind::Refunded, request.id);
        self.books
            .post(kind, id, &request.gateway_ref, request.amount, moment.now);
        self.announce(&request.gateway_ref, "refund.created", &object, moment);
        Ok(receipt(refund_reference(request.id), request.amount))
    }

    /// The payment, after what time has done to it.
    fn current(&mut self, reference: &str, moment: Moment<'_>) -> Result<&mut Intent, Outcome> {
        self.expire(reference, moment);
        let found = self.intents.get_mut(reference);
        found.ok_or_else(|| failed("resource_missing", "no such payment"))
    }

    fn expire(&mut self, reference: &str, moment: Moment<'_>) {
        let open = |intent: &&Intent| !matches!(intent.stage, Stage::Captured | Stage::Voided);
        let intent = self.intents.get(reference).filter(open);
        if intent.is_some_and(|intent| intent.expires_at < moment.now) {
            self.move_to(reference, Stage::Voided, "canceled", moment);
        }
    }

    /// The customer's answer to an action. The error says why it is too late.
    fn customer(
        &mut self,
        reference: &str,
        answer: CustomerAnswer,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let deliveries = &[Duration::ZERO];
        let moment = Moment { now, deliveries };
        self.expire(reference, moment);
        let Some(intent) = self.intents.get_mut(reference) else {
            return Err(Refusal::new("resource_missing", "no such payment"));
        };
        if !matches!(intent.stage, Stage::NoMethod | Stage::ActionRequired) {
            let message = "the payment waits for no customer";
            return Err(Refusal::new("payment_intent_unexpected_state", message));
        }
        match answer {
            CustomerAnswer::Chooses(card) => {
                intent.card = Some(card);
                self.decide(reference, Some(card), moment);
            }
            CustomerAnswer::Approves => {
                let event = "amount_capturable_updated";
                self.move_to(reference, Stage::Authorized, event, moment);
            }
            CustomerAnswer::Refuses => {
                let stage = Stage::Declined("authentication_required");
                self.move_to(reference, stage, "payment_failed", moment);
            }
        }
        Ok(())
    }

    /// What a payment asks its customer to approve.
    pub(super) fn awaits_customer(&self, reference: &str) -> Option<Money> {
        let intent = self.intents.get(reference)?;
        (intent.stage == Stage::ActionRequired).then_some(intent.amount)
    }

    /// What is known of an authorization; of several under one id (its key was forgotten) the last.
    pub(super) fn state(&mut self, query: &Query, now: Timestamp) -> Option<PaymentState> {
        let reference = match &query.gateway_ref {
            Some(reference) => reference.clone(),
            None => self.by_auth.get(&query.auth_id)?.last()?.clone(),
        };
        let deliveries = &[Duration::ZERO];
        self.expire(&reference, Moment { now, deliveries });
        self.payment(&reference).ok()
    }

    /// Reads what is written for others, so that both say the same.
    fn payment(&self, reference: &str) -> Result<PaymentState, Unreadable> {
        let missing = || Unreadable(format!("no payment {reference}"));
        let intent = self.intents.get(reference).ok_or_else(missing)?;
        let refunds = intent.refunds.iter();
        let refunds = refunds.map(|refund| wire::Refund::read(intent.refund_json(refund))?.state());
        wire::Intent::read(intent.json(&self.settings.page))?
            .state(refunds.collect::<Result<_, _>>()?)
    }
}

fn reply(outcome: Outcome) -> Reply {
    Reply {
        outcome,
        after: Duration::ZERO,
    }
}

fn receipt(gateway_ref: String, amount: Money) -> Receipt {
    Receipt {
        gateway_ref,
        amount,
        expires_at: None,
    }
}

fn failed(code: &str, message: &str) -> Outcome {
    Outcome::Failed(Refusal::new(code, message))
}

fn unexpected(intent: &Intent) -> Outcome {
    let message = format!("the payment is {:?}", intent.stage);
    failed("payment_intent_unexpected_state", &message)
}

fn unreadable(Unreadable(what): Unreadable) -> Outcome {
    Outcome::Unknown(Doubt::Unreadable(what))
}

/// The amount as it is written to others.
fn wire_amount(money: Money) -> Result<i64, Outcome> {
    let wire = amount::to_wire(money).filter(|amount| *amount > 0);
    wire.ok_or_else(|| failed("parameter_invalid_integer", "no amount that can be paid"))
}

/// The minor units of `asked`, if there are as many in `left`.
fn within(asked: Money, left: Money) -> Result<i64, Outcome> {
    if asked.currency == left.currency && asked.minor <= left.minor {
        return Ok(asked.minor);
    }
    let message = format!("{asked} was asked for and {left} is left");
    Err(failed("amount_too_large", &message))
}
