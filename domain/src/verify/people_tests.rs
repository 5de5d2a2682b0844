//! A planted breach of each rule about accounts, and none where there is none.

use crate::Event;
use crate::account::*;
use crate::owners::{self, OwnersEvent};
use crate::testing::*;
use crate::value::*;

/// Two accounts: an owner who is logged in twice, and a customer who has logged out.
fn world() -> World {
    let mut world = World::with_accounts(3);
    let log_out = AccountCommand::EndSession {
        session_id: session_id(12),
        reason: SessionEnd::LoggedOut,
    };
    let steps = [
        (1, GRANT_OWNER),
        (1, log_in(10, None)),
        (1, log_in(11, None)),
        (1, refresh(10, 1)),
        (2, log_in(12, None)),
        (2, log_out),
        (3, AccountCommand::EraseAccount),
    ];
    for (number, command) in steps {
        world.account_command(number, command, &at(1)).unwrap();
    }
    world
}

/// Appends events to the stream of an account, or of the owners, and gives the first breach.
fn planted(number: u128, events: impl IntoIterator<Item = Event>) -> Option<(u8, String)> {
    let mut world = world();
    for event in events {
        let kind = event.aggregate_type();
        let id = match &event {
            Event::Owners(_) => owners::ID.to_owned(),
            _ => account_id(number).aggregate_id(),
        };
        world.append(kind, id, event);
    }
    let mut breaches = world.verify().breaches.into_iter();
    let first = breaches.next().map(|breach| (breach.rule, breach.detail));
    assert_eq!(breaches.next(), None);
    first
}

fn assert_broken(rule: u8, by: &str, number: u128, events: Vec<Event>) {
    let found = planted(number, events);
    let is_found = found
        .as_ref()
        .is_some_and(|(broken, detail)| *broken == rule && detail.contains(by));
    assert!(is_found, "{found:?} is not rule {rule}: {by}");
}

fn refreshed(session: u128, generation: u32) -> Event {
    let session_id = session_id(session);
    let family = session_id.family();
    let refreshed = AccountEvent::SessionRefreshed {
        session_id,
        family,
        generation,
    };
    refreshed.into()
}

fn revoked(session: u128) -> Event {
    let session_id = session_id(session);
    let revoked = AccountEvent::SessionRevoked {
        session_id,
        family: session_id.family(),
        reason: SessionEnd::ByStaff,
    };
    revoked.into()
}

fn all_revoked(sessions: &[u128]) -> Event {
    let sessions = sessions.iter().map(|number| session_id(*number)).collect();
    let reason = SessionEnd::ByStaff;
    AccountEvent::SessionsRevoked { sessions, reason }.into()
}

fn started(session: u128, family: FamilyId) -> Event {
    let started = SessionStarted {
        session_id: session_id(session),
        family,
        method: SessionMethod::Password,
        second_factor: None,
        started_at: at(2).now,
        expires_at: at(3).now,
    };
    AccountEvent::SessionStarted(started.into()).into()
}

fn reuse(session: u128, presented: u32, current: u32) -> Event {
    let session_id = session_id(session);
    let reuse = AccountEvent::RefreshTokenReuseDetected {
        session_id,
        family: session_id.family(),
        presented,
        current,
    };
    reuse.into()
}

#[test]
fn a_journal_that_was_decided_is_clean() {
    assert_eq!(planted(1, []), None);
}

#[test]
fn rule_12_sees_a_session_that_goes_on_after_its_end() {
    assert_broken(12, "ended at position", 2, vec![refreshed(12, 2)]);
    assert_broken(12, "ended at position", 2, vec![revoked(12)]);
    let again = started(12, session_id(12).family());
    assert_broken(12, "began at position", 2, vec![again]);
}

#[test]
fn rule_12_sees_tokens_that_are_not_numbered_on() {
    assert_broken(12, "follows token 2", 1, vec![refreshed(10, 4)]);
    assert_broken(12, "follows token 2", 1, vec![refreshed(10, 2)]);
    assert_eq!(planted(1, vec![refreshed(10, 3)]), None);
}

#[test]
fn rule_12_sees_sessions_and_families_of_others() {
    assert_broken(12, "has no session", 2, vec![refreshed(10, 3)]);
    assert_broken(12, "has no session", 1, vec![revoked(99)]);
    let foreign = session_id(10).family();
    assert_broken(12, "is not that of", 1, vec![started(13, foreign)]);
}

#[test]
fn rule_12_sees_a_reuse_that_has_no_consequence() {
    assert_eq!(planted(1, vec![reuse(10, 1, 2), revoked(10)]), None);
    let due = "have to end right after it";
    assert_broken(12, due, 1, vec![reuse(10, 1, 2)]);
    let due = "had to end right after";
    assert_broken(12, due, 1, vec![reuse(10, 1, 2), revoked(11)]);
    let is_none = vec![reuse(10, 2, 2), revoked(10)];
    assert_broken(12, "was current when 2 was shown", 1, is_none);
}

#[test]
fn rule_12_sees_sessions_that_outlive_a_password_a_role_a_lock_and_the_account() {
    let changed = AccountEvent::PasswordChanged {
        cause: PasswordCause::Changed,
        changed_at: at(2).now,
    };
    let role = Role::Support;
    let lock = AccountEvent::AccountLocked {
        reason: LockReason::Abuse,
        until: None,
    };
    for event in [changed, AccountEvent::RoleRevoked { role }] {
        let event = Event::from(event);
        assert_broken(12, "have to end", 1, vec![event.clone()]);
        assert_broken(12, "had to end", 1, vec![event.clone(), refreshed(10, 3)]);
        let some = vec![event.clone(), all_revoked(&[10])];
        assert_broken(12, "is still live", 1, some);
        assert_eq!(
            planted(1, vec![event.clone(), all_revoked(&[10, 11])]),
            None
        );
        // Nobody is logged in.
        assert_eq!(planted(2, vec![event]), None);
    }
    let late = started(13, session_id(13).family());
    assert_broken(12, "have to end", 2, vec![late, lock.into()]);
    let erased = AccountEvent::AccountErased {
        erased_at: at(2).now,
    };
    let late = started(13, session_id(13).family());
    assert_broken(12, "is still live", 2, vec![late, erased.into()]);
}

#[test]
fn rule_12_sees_an_erased_account_stir() {
    let verified = AccountEvent::EmailVerified {};
    assert_broken(12, "was erased at position", 3, vec![verified.into()]);
}

fn registered(number: u8, succeeds: Option<u128>, email: u8) -> Event {
    let registered = AccountRegistered {
        account_id: account_id(number.into()),
        email_hash: email_hash(email),
        email: sealed("c2VhbGVk"),
        name: None,
        succeeds: succeeds.map(account_id),
    };
    AccountEvent::AccountRegistered(registered.into()).into()
}

#[test]
fn rule_8_sees_an_address_that_two_have() {
    assert_broken(8, "email", 4, vec![registered(4, None, 2)]);
    assert_broken(8, "was not erased", 4, vec![registered(4, Some(2), 2)]);
    assert_broken(8, "which there is not", 4, vec![registered(4, Some(9), 2)]);
    let other = vec![registered(4, Some(3), 2)];
    assert_broken(8, "had another address", 4, other);
    assert_eq!(planted(4, vec![registered(4, Some(3), 3)]), None);
}

#[test]
fn rule_13_sees_the_last_owner_go() {
    let removed = |number| {
        Event::from(OwnersEvent::OwnerRemoved {
            account_id: account_id(number),
        })
    };
    let role = AccountEvent::RoleRevoked { role: Role::Owner };
    let gone = vec![role.into(), all_revoked(&[10, 11]), removed(1)];
    assert_broken(13, "was the last owner", 1, gone);
    assert_broken(13, "is not listed", 2, vec![removed(2)]);
}

#[test]
fn rule_13_sees_owners_without_the_role_and_the_role_without_owners() {
    let account_id = account_id(2);
    let added = OwnersEvent::OwnerAdded { account_id };
    assert_broken(13, "has not the role", 2, vec![added.into()]);
    let granted = AccountEvent::RoleGranted { role: Role::Owner };
    assert_broken(13, "is not listed", 2, vec![granted.clone().into()]);
    let both = vec![granted.clone().into(), added.into()];
    assert_eq!(planted(2, both), None);
    let locked = AccountEvent::AccountLocked {
        reason: LockReason::Abuse,
        until: None,
    };
    let locked = vec![granted.into(), added.into(), locked.into()];
    assert_broken(13, "locked for good", 2, locked);
}
