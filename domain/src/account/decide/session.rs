//! Logging in, going on, logging out.

use std::sync::Arc;

use super::{Decision, locked, not_barred};
use crate::account::command::StartSession;
use crate::account::event::{AccountEvent, SessionEnd, SessionStarted};
use crate::account::session::{FIRST_GENERATION, Session, SessionStatus};
use crate::account::state::{Account, Totp};
use crate::facts::Facts;
use crate::rejection::{Rejection, RejectionCode};
use crate::value::{ClientId, SessionId};

/// The version of UUID that grows with time (RFC 9562, section 5.7).
const UUID_VERSION: usize = 7;

pub(super) fn start(account: &Account, new: StartSession, facts: &Facts) -> Decision {
    if let Some(lock) = account.lock(facts.now) {
        return Err(match lock.until {
            None => locked(),
            Some(until) => {
                let detail = format!("the account is locked until {until}; log in after that");
                Rejection::new(RejectionCode::AccountLocked, detail)
            }
        });
    }
    if new.password_changed_at != account.password_changed_at() {
        let detail = "the password is another by now; log in with that";
        return Err(Rejection::invalid("/password", "changed-since", detail));
    }
    second_factor(account, &new)?;
    let SessionStatus::Unknown = account.sessions().status(new.session_id) else {
        let detail = format!("session {} was there before; take a new id", new.session_id);
        return Err(Rejection::invalid("/session_id", "exists-already", detail));
    };
    if new.session_id.0.get_version_num() != UUID_VERSION {
        let detail = "a session's id is a new UUID of version 7";
        return Err(Rejection::invalid("/session_id", "invalid-value", detail));
    }
    if new.expires_at <= facts.now {
        let detail = format!(
            "the session would end at {}, before it began",
            new.expires_at
        );
        return Err(Rejection::invalid("/expires_at", "out-of-range", detail));
    }
    let mut events = Vec::new();
    if let Some(oldest) = account.sessions().in_the_way() {
        events.push(revoked(oldest, SessionEnd::TooMany));
    }
    events.push(AccountEvent::SessionStarted(Arc::new(SessionStarted {
        session_id: new.session_id,
        family: new.session_id.family(),
        method: new.method,
        second_factor: new.second_factor,
        started_at: facts.now,
        expires_at: new.expires_at,
    })));
    Ok(events)
}

fn second_factor(account: &Account, new: &StartSession) -> Result<(), Rejection> {
    match (account.totp(), new.second_factor) {
        (Totp::Confirmed(_), None) => {
            let detail = "the account has a second factor: send its code too";
            Err(Rejection::new(RejectionCode::SecondFactorRequired, detail))
        }
        (Totp::None | Totp::Pending(_), Some(_)) => {
            let detail = "the account has no second factor; leave the code out";
            Err(Rejection::invalid("/code", "not-enrolled", detail))
        }
        _ => Ok(()),
    }
}

/// The next token for the current one. An older one ends the session: the events say so, and the
/// answer to whoever showed it is `token-revoked`.
pub(super) fn refresh(
    account: &Account,
    id: SessionId,
    generation: u32,
    client_id: Option<ClientId>,
    facts: &Facts,
) -> Decision {
    not_barred(account, facts)?;
    let session = account.sessions().get(id).ok_or_else(token_revoked)?;
    if session.client_id() != client_id {
        return Err(token_revoked());
    }
    if facts.now >= session.expires_at {
        let detail = format!("the session ended at {}; log in again", session.expires_at);
        return Err(Rejection::new(RejectionCode::TokenExpired, detail));
    }
    if (FIRST_GENERATION..session.generation).contains(&generation) {
        return Ok(reused(id, session, generation));
    }
    // One that was never given out, or the last that can be counted.
    let next = session.generation.checked_add(1);
    let Some(next) = next.filter(|_| generation == session.generation) else {
        return Err(token_revoked());
    };
    Ok(vec![AccountEvent::SessionRefreshed {
        session_id: id,
        family: id.family(),
        generation: next,
    }])
}

fn reused(id: SessionId, session: &Session, presented: u32) -> Vec<AccountEvent> {
    let detected = AccountEvent::RefreshTokenReuseDetected {
        session_id: id,
        family: id.family(),
        presented,
        current: session.generation,
    };
    vec![detected, revoked(id, SessionEnd::TokenReused)]
}

pub(super) fn end(account: &Account, id: SessionId, reason: SessionEnd) -> Decision {
    match account.sessions().status(id) {
        SessionStatus::Live => Ok(vec![revoked(id, reason)]),
        SessionStatus::Ended => Ok(Vec::new()),
        SessionStatus::Unknown => Err(Rejection::not_found(format!(
            "the account has no session {id}"
        ))),
    }
}

pub(super) fn end_all(account: &Account, reason: SessionEnd) -> Vec<AccountEvent> {
    let sessions: Vec<_> = account.sessions().live().keys().copied().collect();
    if sessions.is_empty() {
        return Vec::new();
    }
    vec![AccountEvent::SessionsRevoked { sessions, reason }]
}

fn revoked(id: SessionId, reason: SessionEnd) -> AccountEvent {
    AccountEvent::SessionRevoked {
        session_id: id,
        family: id.family(),
        reason,
    }
}

fn token_revoked() -> Rejection {
    let detail = "the refresh token is not one that can be used; log in again";
    Rejection::new(RejectionCode::TokenRevoked, detail)
}
