//! Webhooks: one more way an outcome is learnt.
//!
//! The signature is checked over the raw bytes before anything is read. What it tells goes through the same commands as
//! an answer does, claimed by the gateway's name for the event, so deliveries may be late, repeated and out of order.

use commands::CommandError;
use domain::value::PaymentId;

use super::cause::Cause;
use super::{Trouble, Worker};
use crate::gateway::{News, NoticeError};
use crate::news::{self, Learnt};

/// How a person is told that nobody here tried anything.
const BY_WEBHOOK: &str = "nothing yet: the gateway told it by a webhook";

/// What became of a webhook. After each of these the gateway need not send it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeOutcome {
    /// What it tells is recorded.
    Recorded,
    /// What it tells was known, from an earlier delivery or in another way.
    Known,
    /// It tells nothing that anybody here needs.
    Ignored,
}

/// Why a webhook was not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WebhookError {
    /// None of our gateways has that name.
    #[error("there is no gateway of this name")]
    UnknownGateway,
    /// It could not be read, or nobody knows who sent it.
    #[error(transparent)]
    Notice(#[from] NoticeError),
    /// What it tells could not be recorded; the gateway is to send it again.
    #[error("{0}")]
    NotRecorded(CommandError),
}

impl Worker {
    /// Takes a webhook of a gateway: `signature` is the header's value, empty if there was none, and `body` its raw
    /// bytes. Returns when what it tells is recorded.
    pub async fn notice(
        &self,
        gateway: &str,
        signature: &str,
        body: &[u8],
    ) -> Result<NoticeOutcome, WebhookError> {
        let adapter = self
            .gateways
            .get(gateway)
            .ok_or(WebhookError::UnknownGateway)?;
        let notice = adapter.notice(signature, body, self.now())?;
        let Some(id) = notice.payment.map(PaymentId) else {
            return Ok(NoticeOutcome::Ignored);
        };
        let payment = self
            .shop
            .payment(id)
            .await
            .map_err(WebhookError::NotRecorded)?;
        // A gateway speaks for its own payments only; those of another shop on the same account are no matter of ours.
        let is_ours = payment
            .requested()
            .is_some_and(|of| of.gateway.as_str() == gateway);
        if !is_ours {
            return Ok(NoticeOutcome::Ignored);
        }
        let learnt = match &notice.news {
            News::Payment(state) => news::of_state(&payment, state),
            News::Refund { refund, .. } => news::of_refund(&payment, refund),
            News::Other(_) => return Ok(NoticeOutcome::Ignored),
        };
        let cause = Cause::webhook(gateway, &notice.event_id);
        match self.take_in(id, learnt, &cause).await {
            Ok(true) => Ok(NoticeOutcome::Recorded),
            Ok(false) => Ok(NoticeOutcome::Known),
            Err(Trouble::Later(error)) => Err(WebhookError::NotRecorded(error)),
            Err(Trouble::Lasting(_)) => Err(WebhookError::NotRecorded(CommandError::Defect)),
        }
    }

    /// Records what was learnt; whether any of it was news.
    async fn take_in(&self, id: PaymentId, learnt: Learnt, cause: &Cause) -> Result<bool, Trouble> {
        let mut is_news = !learnt.puzzles.is_empty();
        for command in learnt.commands {
            if let Some(receipt) = self.record(id, command, cause).await? {
                is_news |= receipt.events > 0 && !receipt.replayed;
            }
        }
        for puzzle in learnt.puzzles {
            self.raise(id, &puzzle, BY_WEBHOOK, cause).await?;
        }
        Ok(is_news)
    }
}
