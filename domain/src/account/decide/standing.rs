//! What an account may do, and whether it may do anything: roles, locks, erasure.

use std::time::Duration;

use super::Decision;
use super::session::end_all;
use crate::account::event::{AccountEvent, LockReason, SessionEnd, UnlockReason};
use crate::account::state::{Account, EmailStatus, Lock};
use crate::facts::Facts;
use crate::rejection::Rejection;
use crate::value::{Role, Timestamp};

/// Longest that a lock for failed log-ins stands: 24 hours.
pub const LOCK_FOR_MAX: Duration = Duration::from_secs(24 * 3_600);

pub(super) fn grant(account: &Account, role: Role) -> Decision {
    if account.has_role(role) {
        return Ok(Vec::new());
    }
    if account.email_status() == EmailStatus::Unverified {
        let detail = "the account's e-mail address is not verified; a role needs that first";
        return Err(Rejection::invalid("", "email-not-verified", detail));
    }
    // An owner who cannot be let in again would be none.
    if role == Role::Owner && standing_lock(account).is_some() {
        let detail = "the account is locked; unlock it before it becomes an owner";
        return Err(Rejection::invalid("", "is-locked", detail));
    }
    Ok(vec![AccountEvent::RoleGranted { role }])
}

/// What a role allowed is in tokens that are valid for some minutes; so the sessions end too.
pub(super) fn revoke(account: &Account, role: Role) -> Decision {
    if role == Role::Customer {
        let detail = "every account is a customer; lock or erase the account instead";
        return Err(Rejection::invalid("", "not-revocable", detail));
    }
    if !account.has_role(role) {
        return Ok(Vec::new());
    }
    let mut events = vec![AccountEvent::RoleRevoked { role }];
    events.extend(end_all(account, SessionEnd::RoleRevoked));
    Ok(events)
}

pub(super) fn lock(
    account: &Account,
    reason: LockReason,
    until: Option<Timestamp>,
    facts: &Facts,
) -> Decision {
    let wanted = Lock { reason, until };
    check_lock(account, wanted, facts)?;
    if let Some(known) = account.lock(facts.now)
        && (known == wanted || !is_stricter(wanted, known))
    {
        return Ok(Vec::new());
    }
    let mut events = vec![AccountEvent::AccountLocked { reason, until }];
    if !wanted.passes() {
        events.extend(end_all(account, SessionEnd::Locked));
    }
    Ok(events)
}

fn check_lock(account: &Account, wanted: Lock, facts: &Facts) -> Result<(), Rejection> {
    let refuse =
        |pointer: &str, code: &str, detail: &str| Err(Rejection::invalid(pointer, code, detail));
    let last = facts.now.saturating_add(LOCK_FOR_MAX);
    match (wanted.reason, wanted.until) {
        (LockReason::FailedLogins, Some(until)) if facts.now < until && until <= last => Ok(()),
        (LockReason::FailedLogins, _) => refuse(
            "/until",
            "out-of-range",
            "a lock for failed log-ins passes by itself: say until when, within 24 hours",
        ),
        (_, Some(_)) => refuse(
            "/until",
            "not-allowed",
            "only a lock for failed log-ins passes by itself; leave the end out",
        ),
        // Else the last owner could be locked, and nobody be left to take the lock off.
        (_, None) if account.has_role(Role::Owner) => refuse(
            "",
            "is-owner",
            "the account is an owner; take that role away before you lock it",
        ),
        (_, None) => Ok(()),
    }
}

/// A lock by staff outweighs one that passes; of those that pass, the longer one counts.
fn is_stricter(wanted: Lock, known: Lock) -> bool {
    match (wanted.until, known.until) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wanted), Some(known)) => wanted > known,
    }
}

pub(super) fn unlock(account: &Account, reason: UnlockReason, facts: &Facts) -> Vec<AccountEvent> {
    let lock = account.lock(facts.now);
    lock.map_or_else(Vec::new, |_| vec![AccountEvent::AccountUnlocked { reason }])
}

pub(super) fn erase(account: &Account, facts: &Facts) -> Vec<AccountEvent> {
    if account.is_erased() {
        return Vec::new();
    }
    let erased_at = facts.now;
    let mut events = end_all(account, SessionEnd::Erased);
    events.push(AccountEvent::AccountErased { erased_at });
    events
}

/// The lock that does not pass by itself, whatever time it is.
fn standing_lock(account: &Account) -> Option<Lock> {
    account.lock(Timestamp::EPOCH).filter(|lock| !lock.passes())
}
