//! Who is refused is written to the journal, gathered first: however many come, a command a second goes there at most.
//!
//! What is noted is a reason and, where it is known, a registered client; nothing that the refused one has sent
//! ([`domain::security`]). What was noted and could not be written yet is kept for the next time; what is noted as the server
//! stops is written before it does.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use access::token::TokenRefusal;
use commands::{Commands, Context};
use domain::security::{REFUSALS_PER_COMMAND_MAX, Refusal, RefusalReason};
use domain::value::ClientId;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{IdentityError, clock};

/// How long is gathered before it is written down.
const GATHER_FOR: Duration = Duration::from_secs(1);
/// Most clients that are told apart between two writings; of more it is not said which.
const CLIENTS_MAX: usize = 64;

type Key = (RefusalReason, Option<ClientId>);

/// Gathers refusals.
#[derive(Default)]
pub(crate) struct SecurityLog {
    gathered: Mutex<BTreeMap<Key, u32>>,
    noted: Notify,
}

impl SecurityLog {
    /// Notes that somebody was refused.
    pub fn note(&self, reason: RefusalReason, client: Option<ClientId>) {
        tracing::debug!(reason = reason.as_str(), "somebody was refused");
        metrics::counter!("daybook_access_refused_total", "reason" => reason.as_str()).increment(1);
        self.add((reason, client), 1);
        self.noted.notify_one();
    }

    fn add(&self, (reason, client): Key, times: u32) {
        let mut gathered = self.lock();
        let is_room = gathered.len() < CLIENTS_MAX || gathered.contains_key(&(reason, client));
        let client = client.filter(|_| is_room);
        let count = gathered.entry((reason, client)).or_default();
        *count = count.saturating_add(times);
    }

    /// Writes down what is noted, until `shutdown`.
    pub async fn run(&self, commands: &Commands, shutdown: &CancellationToken) {
        loop {
            tokio::select! {
                () = self.noted.notified() => {}
                () = shutdown.cancelled() => break,
            }
            let _ = tokio::time::timeout(GATHER_FOR, shutdown.cancelled()).await;
            self.write(commands).await;
        }
        self.write(commands).await;
    }

    async fn write(&self, commands: &Commands) {
        let refusals = self.take();
        if refusals.is_empty() {
            return;
        }
        let context = Context {
            actor: "system:security".to_owned(),
            ..Context::default()
        };
        let written = commands.record_refusals(refusals.clone(), clock::now(), context);
        if let Err(error) = written.await {
            tracing::warn!(%error, "refusals could not be written to the journal yet");
            for refusal in refusals {
                self.add((refusal.reason, refusal.client_id), refusal.times);
            }
        }
        if !self.lock().is_empty() {
            self.noted.notify_one();
        }
    }

    fn take(&self) -> Vec<Refusal> {
        let mut gathered = self.lock();
        let mut refusals = Vec::new();
        while refusals.len() < REFUSALS_PER_COMMAND_MAX
            && let Some(((reason, client_id), times)) = gathered.pop_first()
        {
            refusals.push(Refusal {
                reason,
                times,
                client_id,
            });
        }
        refusals
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Key, u32>> {
        // Nothing is half done in it when a thread panics.
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a bearer was refused, if that is what happened.
pub(crate) const fn reason_of(error: &IdentityError) -> Option<RefusalReason> {
    Some(match error {
        IdentityError::Token(refusal) => of_token(*refusal),
        IdentityError::Revoked => RefusalReason::TokenRevoked,
        _ => return None,
    })
}

const fn of_token(refusal: TokenRefusal) -> RefusalReason {
    match refusal {
        TokenRefusal::TooLong => RefusalReason::TokenTooLong,
        TokenRefusal::Malformed => RefusalReason::TokenMalformed,
        TokenRefusal::Header => RefusalReason::TokenHeader,
        TokenRefusal::Type => RefusalReason::TokenType,
        TokenRefusal::Algorithm => RefusalReason::TokenAlgorithm,
        TokenRefusal::UnknownKey => RefusalReason::TokenUnknownKey,
        TokenRefusal::Signature => RefusalReason::TokenSignature,
        TokenRefusal::Claims => RefusalReason::TokenClaims,
        TokenRefusal::Issuer => RefusalReason::TokenIssuer,
        TokenRefusal::Audience => RefusalReason::TokenAudience,
        TokenRefusal::Expired => RefusalReason::TokenExpired,
        TokenRefusal::TooEarly => RefusalReason::TokenTooEarly,
        TokenRefusal::TooLongLived => RefusalReason::TokenTooLongLived,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_few_events_and_nothing_is_lost() {
        let log = SecurityLog::default();
        for _ in 0..10_000 {
            log.note(RefusalReason::TokenSignature, None);
        }
        for client in 0..10_000_u128 {
            let client = ClientId(uuid::Uuid::from_u128(client));
            log.note(RefusalReason::ClientSecret, Some(client));
        }
        let mut times = 0;
        let mut commands = 0;
        loop {
            let refusals = log.take();
            if refusals.is_empty() {
                break;
            }
            assert!(refusals.len() <= REFUSALS_PER_COMMAND_MAX);
            times += refusals.iter().map(|refusal| refusal.times).sum::<u32>();
            commands += 1;
        }
        assert_eq!(times, 20_000);
        assert!(
            commands <= CLIENTS_MAX / REFUSALS_PER_COMMAND_MAX + 1,
            "{commands}"
        );
    }
}
