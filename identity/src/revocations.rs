//! Which sessions have ended although their tokens have not: in memory, on every node, within a second.
//!
//! An access token lives for minutes and is checked without asking anybody; so every node knows what was revoked in the last
//! minutes. It begins from the query table `live_revocations` ([`RevocationTable`]: this crate knows no SQL), or, where that is
//! not to be had, from the journal's last minutes, and follows the journal's tail from there. What was revoked long enough ago
//! is forgotten: its tokens have expired.
//!
//! What holds: before this node knows what was revoked, and when it has not heard from the journal for [`SILENCE_MAX`], no
//! session's token is accepted. Whoever ends a session through this node is taken at their word before the journal is read.

mod follow;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use access::token::{LEEWAY_SECONDS, LIFETIME_MAX};
use domain::Event;
use domain::account::AccountEvent;
use domain::client::ClientEvent;
use domain::security::REVOCATION_MATTERS_FOR;
use domain::value::{ClientId, SessionId, Timestamp};
use journal::{Position, RecordedEvent};

use crate::{IdentityError, clock};

/// How long a node may go without word from the journal before it accepts no session's token any more.
pub const SILENCE_MAX: Duration = Duration::from_secs(5);

/// A token that was issued in the moment of the revocation, by a node whose clock is ahead, is over by then.
const _: () = assert!(
    LIFETIME_MAX.as_secs() + 2 * LEEWAY_SECONDS.unsigned_abs() + 60
        <= REVOCATION_MATTERS_FOR.as_secs()
);

/// What was revoked a moment ago, as a query table knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveRevocations {
    /// Everything up to there is counted in.
    pub position: Position,
    /// Sessions that have ended, and until when that matters.
    pub sessions: Vec<(SessionId, Timestamp)>,
    /// Clients that are disabled, and until when tokens of theirs may live.
    pub clients: Vec<(ClientId, Timestamp)>,
}

/// Reads the query table `live_revocations`.
pub trait RevocationTable: Send + Sync {
    /// What it holds, and how far it is.
    ///
    /// # Errors
    /// Why it cannot be read, for the log.
    fn read(&self) -> Pin<Box<dyn Future<Output = Result<LiveRevocations, String>> + Send + '_>>;
}

/// What was revoked, as this node knows it.
#[derive(Default)]
pub(crate) struct Revocations(RwLock<Known>);

#[derive(Default)]
struct Known {
    sessions: HashMap<SessionId, Timestamp>,
    clients: HashMap<ClientId, Timestamp>,
    /// When the journal was last known to hold nothing that is not counted in here.
    heard: Option<Instant>,
}

impl Revocations {
    /// Whether a token of this session, and of this client, is to be refused.
    ///
    /// # Errors
    /// [`IdentityError::Revoked`]; [`IdentityError::Unavailable`] while that is not known.
    pub fn check(
        &self,
        session: Option<SessionId>,
        client: Option<ClientId>,
    ) -> Result<(), IdentityError> {
        let known = self.read();
        let is_revoked = session.is_some_and(|id| known.sessions.contains_key(&id))
            || client.is_some_and(|id| known.clients.contains_key(&id));
        if is_revoked {
            return Err(IdentityError::Revoked);
        }
        match known.heard {
            Some(at) if at.elapsed() < SILENCE_MAX => Ok(()),
            _ => Err(IdentityError::Unavailable),
        }
    }

    /// Refuses these sessions on this node from now on. The journal says the same a moment later, to all.
    pub fn end_sessions(&self, sessions: impl IntoIterator<Item = SessionId>) {
        let until = clock::now().saturating_add(REVOCATION_MATTERS_FOR);
        let mut known = self.write();
        known
            .sessions
            .extend(sessions.into_iter().map(|id| (id, until)));
    }

    /// Refuses this client's tokens on this node from now on.
    pub fn disable_client(&self, client: ClientId) {
        let until = clock::now().saturating_add(REVOCATION_MATTERS_FOR);
        self.write().clients.insert(client, until);
    }

    fn begin(&self, begun: &LiveRevocations) {
        let mut known = self.write();
        known.sessions.extend(begun.sessions.iter().copied());
        known.clients.extend(begun.clients.iter().copied());
    }

    /// Takes an event into account.
    fn take(&self, recorded: &RecordedEvent) {
        if !is_of_interest(recorded) {
            return;
        }
        let stream = &recorded.stream;
        let event = match Event::decode(&stream.aggregate_type, &recorded.payload) {
            Ok(event) => event,
            Err(error) => {
                tracing::error!(%error, position = recorded.position, "a revocation cannot be read");
                return;
            }
        };
        let since = Timestamp::try_from(recorded.recorded_at).unwrap_or_else(|_| clock::now());
        let until = since.saturating_add(REVOCATION_MATTERS_FOR);
        let mut known = self.write();
        match event {
            Event::Account(AccountEvent::SessionRevoked { session_id, .. }) => {
                known.sessions.insert(session_id, until);
            }
            Event::Account(AccountEvent::SessionsRevoked { sessions, .. }) => {
                known
                    .sessions
                    .extend(sessions.into_iter().map(|id| (id, until)));
            }
            Event::Client(ClientEvent::ClientDisabled {}) => {
                if let Ok(id) = stream.aggregate_id.parse() {
                    known.clients.insert(id, until);
                }
            }
            _ => {}
        }
    }

    /// The journal holds nothing that is not counted in.
    fn heard(&self) {
        self.write().heard = Some(Instant::now());
    }

    /// Forgets what no token can be of any more.
    fn forget(&self, now: Timestamp) {
        let mut known = self.write();
        known.sessions.retain(|_, until| now < *until);
        known.clients.retain(|_, until| now < *until);
    }

    // Nothing is half done in it when a thread panics.
    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By its type alone: most events are not even decoded.
fn is_of_interest(recorded: &RecordedEvent) -> bool {
    matches!(
        (&*recorded.stream.aggregate_type, &*recorded.event_type),
        ("account", "SessionRevoked" | "SessionsRevoked") | ("client", "ClientDisabled")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> SessionId {
        SessionId(uuid::Uuid::now_v7())
    }

    #[test]
    fn nothing_is_accepted_before_anything_is_known() {
        let revocations = Revocations::default();
        let checked = revocations.check(Some(session()), None);
        assert!(matches!(checked, Err(IdentityError::Unavailable)));
        revocations.heard();
        assert!(revocations.check(Some(session()), None).is_ok());
    }

    #[test]
    fn what_ended_is_refused_until_its_tokens_are_over() {
        let revocations = Revocations::default();
        revocations.heard();
        let (ended, client) = (session(), ClientId(uuid::Uuid::now_v7()));
        revocations.end_sessions([ended]);
        revocations.disable_client(client);
        let check = |session, client| revocations.check(session, client);
        assert!(matches!(
            check(Some(ended), None),
            Err(IdentityError::Revoked)
        ));
        assert!(matches!(
            check(None, Some(client)),
            Err(IdentityError::Revoked)
        ));
        assert!(matches!(
            check(Some(session()), Some(client)),
            Err(IdentityError::Revoked)
        ));
        assert!(check(Some(session()), None).is_ok());
        revocations.forget(clock::now());
        assert!(check(Some(ended), None).is_err());
        revocations.forget(clock::now().saturating_add(REVOCATION_MATTERS_FOR));
        assert!(check(Some(ended), None).is_ok() && check(None, Some(client)).is_ok());
    }
}
