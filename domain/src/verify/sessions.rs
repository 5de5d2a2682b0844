//! Rule 12, as far as events show it: what was revoked stays revoked.
//!
//! A session begins once and ends at most once, and nothing happens in it afterwards; its tokens
//! are numbered on one by one, so that one of them is current; a reuse that was detected ends it;
//! so does whatever has to end every session of the account, at once; and nothing happens to an
//! account that was erased.

use std::collections::{BTreeSet, HashMap};

use super::breach::{Breaches, Place, RuleId};
use super::stream::{PerStream, Stream};
use super::{RecordedFact, Rule};
use crate::account::AccountEvent;
use crate::event::Event;
use crate::value::{FamilyId, SessionId};

const RULE: RuleId = RuleId(12, "revoked-stays-revoked");

/// Every session, and what is owed in every account.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    sessions: HashMap<SessionId, Session>,
    accounts: PerStream<Account>,
}

#[derive(Debug)]
struct Session {
    /// The number of its account's stream.
    account: usize,
    began_at: u64,
    generation: u32,
    ended_at: Option<u64>,
}

#[derive(Debug, Default)]
struct Account {
    live: BTreeSet<SessionId>,
    erased_at: Option<u64>,
    /// What must follow at once.
    owed: Option<(Owed, Place)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owed {
    /// The end of every session.
    All,
    /// The end of this one.
    One(SessionId),
}

impl Rule for Sessions {
    fn post(&mut self, fact: &RecordedFact<'_>, stream: Stream, breaches: &mut Breaches) {
        let Event::Account(event) = fact.event else {
            return;
        };
        let mut report = |detail: String| breaches.report(RULE, fact, stream, detail);
        let account = self.accounts.of(stream.number);
        if let Some(position) = account.erased_at {
            report(format!("the account was erased at position {position}"));
        }
        if let Some((owed, place)) = account.owed.take()
            && !is_paid(owed, event)
        {
            let position = place.position;
            report(format!(
                "sessions had to end right after position {position}, and do not"
            ));
        }
        if let Some(detail) = self.fault(event, fact.position, stream.number) {
            report(detail);
        }
        let account = self.accounts.of(stream.number);
        account.owed = owed(event, account).map(|owed| (owed, Place::of(fact, stream)));
    }

    fn finish(&mut self, breaches: &mut Breaches) {
        for (_, place) in self.accounts.iter().filter_map(|known| known.owed.as_ref()) {
            let detail = "sessions have to end right after it, and do not".to_owned();
            breaches.report_at(RULE, place, detail);
        }
    }
}

/// What `event` makes due.
fn owed(event: &AccountEvent, account: &Account) -> Option<Owed> {
    match event {
        AccountEvent::RefreshTokenReuseDetected { session_id, .. } => Some(Owed::One(*session_id)),
        AccountEvent::PasswordChanged { .. }
        | AccountEvent::RoleRevoked { .. }
        | AccountEvent::AccountLocked { until: None, .. }
            if !account.live.is_empty() =>
        {
            Some(Owed::All)
        }
        _ => None,
    }
}

fn is_paid(owed: Owed, event: &AccountEvent) -> bool {
    match (owed, event) {
        (Owed::All, AccountEvent::SessionsRevoked { .. }) => true,
        (Owed::One(id), AccountEvent::SessionRevoked { session_id, .. }) => id == *session_id,
        _ => false,
    }
}

impl Sessions {
    /// Takes `event` into account; what is wrong with it, if something is.
    fn fault(&mut self, event: &AccountEvent, position: u64, account: usize) -> Option<String> {
        match event {
            AccountEvent::SessionStarted(started) => {
                let id = started.session_id;
                misnamed(id, started.family).or_else(|| self.begin(id, position, account))
            }
            AccountEvent::SessionRefreshed {
                session_id,
                family,
                generation,
            } => misnamed(*session_id, *family)
                .or_else(|| self.refresh(*session_id, account, *generation)),
            AccountEvent::RefreshTokenReuseDetected {
                session_id,
                family,
                presented,
                current,
            } => misnamed(*session_id, *family)
                .or_else(|| self.reuse(*session_id, account, *presented, *current)),
            AccountEvent::SessionRevoked {
                session_id, family, ..
            } => {
                misnamed(*session_id, *family).or_else(|| self.end(*session_id, position, account))
            }
            AccountEvent::SessionsRevoked { sessions, .. } => {
                let faults = sessions.iter().map(|id| self.end(*id, position, account));
                let first = faults.fold(None, Option::or);
                first.or_else(|| self.still_live(account))
            }
            AccountEvent::AccountErased { .. } => {
                self.accounts.of(account).erased_at = Some(position);
                self.still_live(account)
            }
            _ => None,
        }
    }

    fn begin(&mut self, id: SessionId, position: u64, account: usize) -> Option<String> {
        if let Some(known) = self.sessions.get(&id) {
            let began_at = known.began_at;
            return Some(format!("session {id} began at position {began_at} already"));
        }
        let session = Session {
            account,
            began_at: position,
            generation: 1,
            ended_at: None,
        };
        self.sessions.insert(id, session);
        self.accounts.of(account).live.insert(id);
        None
    }

    /// The session, if it is live and of this account.
    fn live(&mut self, id: SessionId, account: usize) -> Result<&mut Session, String> {
        match self.sessions.get_mut(&id) {
            Some(known) if known.account == account => match known.ended_at {
                None => Ok(known),
                Some(position) => Err(format!("session {id} ended at position {position}")),
            },
            _ => Err(format!("the account has no session {id}")),
        }
    }

    fn refresh(&mut self, id: SessionId, account: usize, generation: u32) -> Option<String> {
        let session = match self.live(id, account) {
            Ok(session) => session,
            Err(detail) => return Some(detail),
        };
        let last = std::mem::replace(&mut session.generation, generation);
        let detail = format!("token {generation} of session {id} follows token {last}");
        (Some(generation) != last.checked_add(1)).then_some(detail)
    }

    fn reuse(
        &mut self,
        id: SessionId,
        account: usize,
        presented: u32,
        current: u32,
    ) -> Option<String> {
        let session = match self.live(id, account) {
            Ok(session) => session,
            Err(detail) => return Some(detail),
        };
        let is_reuse = presented < current && current == session.generation;
        let last = session.generation;
        let detail = format!("token {last} of session {id} was current when {presented} was shown");
        (!is_reuse).then_some(detail)
    }

    fn end(&mut self, id: SessionId, position: u64, account: usize) -> Option<String> {
        match self.live(id, account) {
            Ok(session) => session.ended_at = Some(position),
            Err(detail) => return Some(detail),
        }
        self.accounts.of(account).live.remove(&id);
        None
    }

    fn still_live(&mut self, account: usize) -> Option<String> {
        let left = self.accounts.of(account).live.first()?;
        Some(format!("session {left} of the account is still live"))
    }
}

fn misnamed(id: SessionId, family: FamilyId) -> Option<String> {
    (family != id.family()).then(|| format!("family {family} is not that of session {id}"))
}
