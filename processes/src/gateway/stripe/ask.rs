//! Asking Stripe: the state of a payment, and its books.

use std::time::Duration;

use domain::value::Timestamp;
use serde_json::Value;

use super::failure::Failure;
use super::form::{Unsendable, field, intent_path, name};
use super::transport::{Form, Request};
use super::{Stripe, movement};
use crate::gateway::wire::{self, Intent, Unreadable, to_seconds};
use crate::gateway::{
    AskError, Doubt, MovementsPage, MovementsQuery, Outcome, PaymentState, Query, RefundState,
    Refusal, Standing,
};

/// Objects in a page, Stripe's most.
const PAGE_MAX: &str = "100";
/// Most pages that are searched for a payment of which only our id is known: 5,000 payments.
const SEARCH_PAGES_MAX: usize = 50;
/// Most pages of refunds of one payment.
const REFUND_PAGES_MAX: usize = 10;
/// How far Stripe's clock and ours may be apart.
const CLOCKS_APART_MAX: Duration = Duration::from_secs(5 * 60);
/// How long after it was first asked for a payment may have been made: as long as the key is kept.
const MADE_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

impl Stripe {
    pub(super) async fn state_of(&self, query: &Query) -> Result<Option<PaymentState>, AskError> {
        let found = match &query.gateway_ref {
            Some(gateway_ref) => self.intent(gateway_ref).await?,
            None => self.search(query).await?,
        };
        let Some(intent) = found else {
            return Ok(None);
        };
        let state = intent.state(Vec::new())?;
        if state.captures.is_empty() && state.standing != Standing::Captured {
            return Ok(Some(state));
        }
        let refunds = self.refunds_of(&intent.id).await?;
        Ok(Some(PaymentState { refunds, ..state }))
    }

    async fn intent(&self, gateway_ref: &str) -> Result<Option<Intent>, AskError> {
        let form = vec![field("expand[]", "latest_charge")];
        match self.get(&intent_path(gateway_ref)?, form).await {
            Ok(body) => Ok(Some(Intent::read(body)?)),
            Err(AskError::Refused(refusal)) if refusal.code == "resource_missing" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Goes through the list, which is exact, unlike Stripe's search, which lags behind by a minute.
    async fn search(&self, query: &Query) -> Result<Option<Intent>, AskError> {
        let from = before(query.requested_at, CLOCKS_APART_MAX);
        let until = query.requested_at.saturating_add(MADE_WITHIN);
        let mut form = vec![
            field("created[gte]", to_seconds(from)),
            field("created[lte]", to_seconds(until)),
            field("expand[]", "data.latest_charge"),
        ];
        for _ in 0..SEARCH_PAGES_MAX {
            let page = self.page("/v1/payment_intents", &form).await?;
            for object in page.objects {
                let intent = Intent::read(object)?;
                if intent.auth_id() == Some(query.auth_id) {
                    return Ok(Some(intent));
                }
            }
            match page.next {
                Some(last) => after(&mut form, &last),
                None => return Ok(None),
            }
        }
        Err(too_many("payments"))
    }

    pub(super) async fn refunds_of(&self, gateway_ref: &str) -> Result<Vec<RefundState>, AskError> {
        let mut form = vec![field("payment_intent", name(gateway_ref)?)];
        let mut refunds = Vec::new();
        for _ in 0..REFUND_PAGES_MAX {
            let page = self.page("/v1/refunds", &form).await?;
            for object in page.objects {
                refunds.push(wire::Refund::read(object)?.state()?);
            }
            match page.next {
                Some(last) => after(&mut form, &last),
                None => return Ok(refunds),
            }
        }
        Err(too_many("refunds"))
    }

    pub(super) async fn movements_of(
        &self,
        query: &MovementsQuery,
    ) -> Result<MovementsPage, AskError> {
        let mut form = vec![
            field("created[gte]", to_seconds(query.from)),
            field("created[lt]", to_seconds(query.until)),
            field("expand[]", "data.source.payment_intent"),
        ];
        if let Some(cursor) = &query.cursor {
            after(&mut form, name(cursor)?);
        }
        let page = self.page("/v1/balance_transactions", &form).await?;
        let movements = page.objects.into_iter().map(movement::read);
        Ok(MovementsPage {
            movements: movements.collect::<Result<_, _>>()?,
            next: page.next,
        })
    }

    async fn page(&self, path: &str, form: &Form) -> Result<Page, AskError> {
        let mut form = form.clone();
        form.push(field("limit", PAGE_MAX));
        Ok(Page::read(self.get(path, form).await?)?)
    }

    async fn get(&self, path: &str, form: Form) -> Result<Value, AskError> {
        let sent = self.transport.send(path, &Request::Get(form)).await;
        let mut answer = sent.map_err(AskError::Unavailable)?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        Err(match Failure::of(&mut answer).outcome(answer.status) {
            Outcome::Failed(refusal) | Outcome::Declined(refusal) => AskError::Refused(refusal),
            Outcome::Unknown(doubt) => AskError::Unavailable(doubt),
            Outcome::Done(_) | Outcome::ActionRequired { .. } => {
                AskError::Unavailable(Doubt::GatewayError(answer.status))
            }
        })
    }
}

/// A page of a list.
struct Page {
    objects: Vec<Value>,
    /// The last object's id, if there are more after it.
    next: Option<String>,
}

impl Page {
    fn read(mut body: Value) -> Result<Self, Unreadable> {
        let Some(Value::Array(objects)) = body.get_mut("data").map(Value::take) else {
            return Err(Unreadable("a list without data".to_owned()));
        };
        let has_more = body.get("has_more").and_then(Value::as_bool) == Some(true);
        let last = objects.last().and_then(|object| object.get("id")?.as_str());
        let next = last.filter(|_| has_more).map(str::to_owned);
        Ok(Self { objects, next })
    }
}

fn after(form: &mut Form, last: &str) {
    form.retain(|(name, _)| name != "starting_after");
    form.push(field("starting_after", last));
}

fn before(at: Timestamp, by: Duration) -> Timestamp {
    let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.as_micros().saturating_sub(micros)).unwrap_or(at)
}

fn too_many(what: &str) -> AskError {
    AskError::Unavailable(Doubt::Unreadable(format!(
        "more {what} than can be searched"
    )))
}

impl From<Unreadable> for AskError {
    fn from(Unreadable(what): Unreadable) -> Self {
        Self::Unavailable(Doubt::Unreadable(what))
    }
}

impl From<Unsendable> for AskError {
    fn from(Unsendable { code, message }: Unsendable) -> Self {
        Self::Refused(Refusal::new(code, &message))
    }
}
