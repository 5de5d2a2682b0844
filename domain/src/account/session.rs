//! The sessions of an account: those that are live, and enough of those that ended.
//!
//! An ended session must never begin again, but not all that ever ended can be remembered. So the
//! last ones are, and of the others only the highest id: ids are UUIDs of version 7, which grow
//! with time, and a new session whose id is not above that mark is refused. A fresh id is always
//! above it, because the forgotten ones are the oldest of many.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::event::{SecondFactor, SessionMethod, SessionStarted};
use crate::value::{ClientId, FamilyId, SessionId, Timestamp};

/// Most live sessions of one account. One more, and the oldest ends.
pub const SESSIONS_PER_ACCOUNT_MAX: usize = 50;
/// How many ended sessions are remembered one by one.
pub const ENDED_SESSIONS_REMEMBERED_MAX: usize = 200;
/// The generation of a session's first refresh token.
pub(super) const FIRST_GENERATION: u32 = 1;

/// A live session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// How the person was recognised.
    pub method: SessionMethod,
    /// The second factor that was shown.
    pub second_factor: Option<SecondFactor>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ends, however often it is refreshed.
    pub expires_at: Timestamp,
    /// The generation of its current refresh token.
    pub generation: u32,
}

impl Session {
    /// The client whose session it is; none for the shop's own pages.
    #[must_use]
    pub const fn client_id(&self) -> Option<ClientId> {
        self.method.client_id()
    }
}

/// What is known of a session's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// It is live, though it may have expired.
    Live,
    /// It has ended.
    Ended,
    /// There was none of this id.
    Unknown,
}

/// All that is known of an account's sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    live: BTreeMap<SessionId, Session>,
    ended: BTreeSet<SessionId>,
    /// The highest id that was forgotten.
    forgotten: Option<SessionId>,
}

impl Sessions {
    /// The live ones by id, expired ones included.
    #[must_use]
    pub const fn live(&self) -> &BTreeMap<SessionId, Session> {
        &self.live
    }

    /// The live session of this id.
    #[must_use]
    pub fn get(&self, id: SessionId) -> Option<&Session> {
        self.live.get(&id)
    }

    /// What is known of this id. Of what may have been forgotten it is said that it has ended.
    #[must_use]
    pub fn status(&self, id: SessionId) -> SessionStatus {
        if self.live.contains_key(&id) {
            SessionStatus::Live
        } else if self.ended.contains(&id) || self.forgotten.is_some_and(|mark| id <= mark) {
            SessionStatus::Ended
        } else {
            SessionStatus::Unknown
        }
    }

    /// The live session of this family of tokens, with its id.
    #[must_use]
    pub fn of_family(&self, family: FamilyId) -> Option<(SessionId, &Session)> {
        let mut all = self.live.iter().map(|(id, session)| (*id, session));
        all.find(|(id, _)| id.family() == family)
    }

    /// The one that makes room, if there is no more.
    pub(super) fn in_the_way(&self) -> Option<SessionId> {
        if self.live.len() < SESSIONS_PER_ACCOUNT_MAX {
            return None;
        }
        let oldest = self
            .live
            .iter()
            .min_by_key(|(id, session)| (session.started_at, **id));
        oldest.map(|(id, _)| *id)
    }

    pub(super) fn start(&mut self, started: &SessionStarted) {
        let session = Session {
            method: started.method.clone(),
            second_factor: started.second_factor,
            started_at: started.started_at,
            expires_at: started.expires_at,
            generation: FIRST_GENERATION,
        };
        self.live.insert(started.session_id, session);
    }

    pub(super) fn refresh(&mut self, id: SessionId, generation: u32) {
        if let Some(session) = self.live.get_mut(&id) {
            session.generation = generation;
        }
    }

    pub(super) fn end(&mut self, id: SessionId) {
        self.live.remove(&id);
        self.ended.insert(id);
        while self.ended.len() > ENDED_SESSIONS_REMEMBERED_MAX {
            let lowest = self.ended.pop_first();
            self.forgotten = self.forgotten.max(lowest);
        }
    }
}
