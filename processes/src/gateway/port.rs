//! The port: what Daybook asks of a payment gateway.

use domain::value::{Money, OrderId, Timestamp};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Action, Doubt, Notice, NoticeError, Outcome, Refusal};

/// A payment gateway.
///
/// Each of the four commands carries an id of ours, which is the idempotency key; the same id with the
/// same request moves money at most once for as long as the gateway holds keys (Stripe: at least 24
/// hours). A call always ends, within the adapter's own deadline, and in an [`Outcome`].
///
/// `now` is the caller's time. Adapters that reach a real gateway do not need it; the sandbox lives by it.
pub trait Gateway: Send + Sync {
    /// The adapter's name, as payments record it: `sandbox`, `stripe`, `external`.
    fn name(&self) -> &'static str;

    /// Holds an amount of the payer's money, to be captured later.
    fn authorize<'a>(&'a self, request: &'a Authorize, now: Timestamp) -> BoxFuture<'a, Outcome>;

    /// Takes money that is held.
    fn capture<'a>(&'a self, request: &'a Capture, now: Timestamp) -> BoxFuture<'a, Outcome>;

    /// Lets go of money that is held and was not captured. Voiding what is void is done.
    fn void<'a>(&'a self, request: &'a Void, now: Timestamp) -> BoxFuture<'a, Outcome>;

    /// Gives captured money back.
    fn refund<'a>(&'a self, request: &'a Refund, now: Timestamp) -> BoxFuture<'a, Outcome>;

    /// What the gateway knows of an authorization, by our reference or its own. `None`: nothing has
    /// arrived there. A request that is still on its way may arrive later, so after `None` the same
    /// call is repeated with the same id.
    fn state<'a>(
        &'a self,
        query: &'a Query,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<PaymentState>, AskError>>;

    /// A page of the gateway's own books, oldest or newest first as the gateway likes, for the daily comparison.
    fn movements<'a>(
        &'a self,
        query: &'a MovementsQuery,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<MovementsPage, AskError>>;

    /// Reads a webhook: checks the signature over the raw bytes of `body`, then says what it tells.
    /// `signature` is the header's value, empty if there was none.
    fn notice(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<Notice, NoticeError>;
}

/// Hold `amount` for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorize {
    /// Names this attempt: idempotency key, and our reference at the gateway.
    pub id: Uuid,
    /// The payment that it belongs to; the gateway tells it back in webhooks.
    pub payment: Uuid,
    /// The order that is paid, for people who look at the gateway's pages.
    pub order: OrderId,
    /// How much, above zero.
    pub amount: Money,
    /// How the customer pays.
    pub method: Method,
    /// Where the customer's browser goes back to after an action.
    pub return_url: Option<String>,
}

/// How the customer pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A payment method that the gateway has named, such as `pm_card_visa`. Never a card number.
    Token(String),
    /// The customer chooses in the browser: the outcome is an action with a token for the page's script.
    InBrowser,
}

/// Take `amount` of what is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Names this capture; idempotency key.
    pub id: Uuid,
    /// The payment that it belongs to.
    pub payment: Uuid,
    /// The gateway's name for the payment, from the authorization.
    pub gateway_ref: String,
    /// How much, above zero, at most what is held.
    pub amount: Money,
    /// What becomes of the rest of what is held.
    pub rest: Rest,
}

/// What becomes of money that is held and not captured now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// It is let go; this is the last capture.
    Release,
    /// It stays held for another capture. Stripe has it for some accounts and cards only.
    Keep,
}

/// Let go of what is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    /// Names this void; idempotency key.
    pub id: Uuid,
    /// The payment that it belongs to.
    pub payment: Uuid,
    /// The gateway's name for the payment. When it is not known, ask by [`Gateway::state`] first.
    pub gateway_ref: String,
    /// How much was held; told back in the receipt.
    pub amount: Money,
}

/// Give `amount` back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Names this refund; idempotency key. Two refunds of one amount have two ids.
    pub id: Uuid,
    /// The payment that it belongs to.
    pub payment: Uuid,
    /// The gateway's name for the payment.
    pub gateway_ref: String,
    /// How much, above zero, at most what was captured and not yet refunded.
    pub amount: Money,
}

/// Which authorization is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The authorization's id.
    pub auth_id: Uuid,
    /// The gateway's name for the payment, where it is known: faster and surer.
    pub gateway_ref: Option<String>,
    /// When the authorization was first asked for: bounds the search when only our id is known.
    pub requested_at: Timestamp,
}

/// Why asking was in vain. Nothing is known then, not even that there is nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Nobody to ask: such payments are settled outside (see [`super::external`]).
    #[error("this gateway keeps no books that could be asked; compare with the till's by hand")]
    NoBooks,
    /// The gateway did not answer usefully; ask again later.
    #[error("the gateway could not be asked: {0}; ask again later")]
    Unavailable(Doubt),
    /// The gateway refused the question itself.
    #[error("the gateway refuses the question: {} ({})", .0.message, .0.code)]
    Refused(Refusal),
}

/// What the gateway says of an authorization and what followed. In a webhook it is what was known
/// when the webhook was made: what is named is true, what is not named may have happened since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentState {
    /// The gateway's name for the payment.
    pub gateway_ref: String,
    /// The authorization's id, as we gave it; none on payments that somebody else made.
    pub auth_id: Option<Uuid>,
    /// Where it stands.
    pub standing: Standing,
    /// How much was asked for.
    pub amount: Money,
    /// What was captured, by our capture ids.
    pub captures: Vec<Settlement>,
    /// What was refunded, by our refund ids. Empty in webhooks about the payment.
    pub refunds: Vec<RefundState>,
}

/// Where an authorization stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The gateway is at work on it.
    Pending,
    /// The customer must act first.
    ActionRequired(Action),
    /// Money is held.
    Authorized {
        /// Until when it can be captured.
        expires_at: Timestamp,
    },
    /// Refused.
    Declined(Refusal),
    /// Captured, and nothing is held any more.
    Captured,
    /// Let go, by us or because it expired.
    Voided,
}

/// Money that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Our id; none if somebody did it on the gateway's own pages.
    pub id: Option<Uuid>,
    /// How much.
    pub amount: Money,
}

/// A refund as the gateway has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundState {
    /// The gateway's name for the refund.
    pub gateway_ref: String,
    /// Our id; none if somebody did it on the gateway's own pages.
    pub id: Option<Uuid>,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub standing: RefundStanding,
}

/// Where a refund stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundStanding {
    /// Accepted, not yet certain.
    Pending,
    /// The money went back.
    Settled,
    /// It did not; definite.
    Failed(Refusal),
}

/// A stretch of the gateway's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementsQuery {
    /// From this moment on (whole seconds at Stripe).
    pub from: Timestamp,
    /// Before this moment.
    pub until: Timestamp,
    /// [`MovementsPage::next`] of the page before; none for the first.
    pub cursor: Option<String>,
}

/// Some of the gateway's movements of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementsPage {
    /// At most 100 of them.
    pub movements: Vec<Movement>,
    /// Asks for the next page; none on the last.
    pub next: Option<String>,
}

/// One line of the gateway's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Our capture or refund id, where the gateway says which.
    pub id: Option<Uuid>,
    /// The gateway's name for the payment, where the line belongs to one.
    pub gateway_ref: Option<String>,
    /// What it was.
    pub kind: MovementKind,
    /// How much, never negative for captured, refunded and returned.
    pub amount: Money,
    /// When, by the gateway's clock.
    pub at: Timestamp,
}

/// What a line of the gateway's books is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MovementKind {
    /// Money came from a payer.
    Captured,
    /// Money went back to a payer.
    Refunded,
    /// A refund did not arrive and came back to us.
    RefundReturned,
    /// Something that no call of ours makes (dispute, fee, payout): the gateway's word for it.
    Other(String),
}
