//! Given, when, then: who it is, passwords, second factors, roles, locks, erasure. Sessions are in
//! `session_tests.rs`.

use cqrs_es::test::TestFramework;

use super::*;
use crate::product::Patch;
use crate::testing::*;
use crate::value::*;
use crate::{FactSource, Rejection};

pub(super) fn given(commands: &[AccountCommand]) -> Account {
    let mut account = Account::default();
    for command in commands {
        then(&mut account, command.clone(), 0);
    }
    account
}

pub(super) fn registered(more: &[AccountCommand]) -> Account {
    let first = [register(1), AccountCommand::VerifyEmail];
    given(&[&first, more].concat())
}

pub(super) fn when(
    account: &Account,
    command: AccountCommand,
    seconds: u64,
) -> Result<Vec<AccountEvent>, Rejection> {
    decide(account, command, &at(seconds))
}

/// Decides, takes the events into account, and names them.
pub(super) fn then(
    account: &mut Account,
    command: AccountCommand,
    seconds: u64,
) -> Vec<&'static str> {
    let events = when(account, command, seconds).unwrap();
    events.iter().for_each(|event| account.evolve(event));
    events.iter().map(AccountEvent::event_type).collect()
}

/// The code of a refusal, and the field's with its pointer.
pub(super) fn refused(
    account: &Account,
    command: AccountCommand,
    seconds: u64,
) -> (&'static str, Vec<(String, String)>) {
    let rejection = when(account, command, seconds).unwrap_err();
    let code = rejection.code();
    let fields = rejection.fields.into_iter();
    (
        code,
        fields.map(|field| (field.pointer, field.code)).collect(),
    )
}

fn invalid(pointer: &str, code: &str) -> (&'static str, Vec<(String, String)>) {
    let field = (pointer.to_owned(), code.to_owned());
    ("validation-failed", vec![field])
}

pub(super) fn staff_lock() -> AccountCommand {
    AccountCommand::LockAccount {
        reason: LockReason::Abuse,
        until: None,
    }
}

pub(super) fn passing_lock(until: u64) -> AccountCommand {
    AccountCommand::LockAccount {
        reason: LockReason::FailedLogins,
        until: Some(at(until).now),
    }
}

const UNLOCK: AccountCommand = AccountCommand::UnlockAccount {
    reason: UnlockReason::Mistake,
};

#[test]
fn registering_makes_a_customer_whose_address_is_not_verified() {
    let account = given(&[register(1)]);
    assert_eq!(account.id(), Some(account_id(1)));
    assert_eq!(account.roles().collect::<Vec<_>>(), [Role::Customer]);
    assert_eq!(account.email_status(), EmailStatus::Unverified);
    assert_eq!(
        refused(&account, register(1), 0),
        invalid("/id", "exists-already")
    );
}

#[test]
fn an_account_that_was_never_registered_is_not_found_and_has_no_role() {
    let nobody = Account::default();
    for command in [
        AccountCommand::VerifyEmail,
        AccountCommand::EraseAccount,
        log_in(2, None),
    ] {
        assert_eq!(refused(&nobody, command, 0), ("not-found", vec![]));
    }
    assert_eq!(nobody.roles().count(), 0);
}

#[test]
fn an_address_is_verified_once() {
    let mut account = given(&[register(1)]);
    let verify = AccountCommand::VerifyEmail;
    assert_eq!(then(&mut account, verify.clone(), 0), ["EmailVerified"]);
    assert_eq!(then(&mut account, verify, 0), [""; 0]);
}

#[test]
fn a_revision_says_everything_as_it_is_now() {
    let mut account = registered(&[]);
    let revise = |name: Patch<Sealed>, phone: Patch<Sealed>| AccountCommand::ReviseAccount {
        name,
        phone,
        address: Patch::Keep,
    };
    let set = |data: &str| Patch::Set(sealed(data));
    then(&mut account, revise(set("bmFtZQ"), set("cGhvbmU")), 0);
    let events = when(&account, revise(Patch::Clear, Patch::Keep), 0).unwrap();
    let expected = AccountEvent::AccountRevised {
        name: None,
        phone: Some(sealed("cGhvbmU")),
        address: None,
    };
    assert_eq!(events, [expected]);
    account.evolve(&events[0]);
    assert_eq!(
        then(&mut account, revise(Patch::Clear, Patch::Keep), 0),
        [""; 0]
    );
    assert_eq!(account.profile().unwrap().email, Some(sealed("c2VhbGVk")));
}

#[test]
fn another_password_ends_every_session() {
    let mut account = registered(&[log_in(2, None), log_in(3, None)]);
    let events = when(&account, AccountCommand::ChangePassword, 60).unwrap();
    let expected = [
        AccountEvent::PasswordChanged {
            cause: PasswordCause::Changed,
            changed_at: at(60).now,
        },
        AccountEvent::SessionsRevoked {
            sessions: vec![session_id(2), session_id(3)],
            reason: SessionEnd::PasswordChanged,
        },
    ];
    assert_eq!(events, expected);
    events.iter().for_each(|event| account.evolve(event));
    assert!(account.sessions().live().is_empty());
    assert_eq!(account.password_changed_at(), Some(at(60).now));
    assert_eq!(
        then(&mut account, AccountCommand::ChangePassword, 61),
        ["PasswordChanged"]
    );
}

#[test]
fn a_reset_verifies_the_address_and_forgives_failed_log_ins() {
    let mut account = given(&[register(1), log_in(2, None), passing_lock(900)]);
    assert_eq!(
        then(&mut account, AccountCommand::ResetPassword, 60),
        [
            "AccountUnlocked",
            "EmailVerified",
            "PasswordChanged",
            "SessionsRevoked"
        ]
    );
    let changed_at = account.password_changed_at();
    then(&mut account, log_in_since(3, changed_at), 61);
    then(&mut account, staff_lock(), 62);
    assert_eq!(
        refused(&account, AccountCommand::ResetPassword, 63).0,
        "account-locked"
    );
}

#[test]
fn a_second_factor_is_asked_for_once_it_was_confirmed() {
    let enrol = |number| AccountCommand::EnrolTotp {
        factor_id: factor_id(number),
    };
    let confirm = |number| AccountCommand::ConfirmTotp {
        factor_id: factor_id(number),
    };
    let mut account = registered(&[enrol(4), enrol(5)]);
    assert_eq!(then(&mut account, enrol(5), 0), [""; 0]);
    // It waits: whoever cannot show a code yet is not locked out.
    assert_eq!(then(&mut account, log_in(2, None), 0), ["SessionStarted"]);
    assert_eq!(refused(&account, confirm(4), 0), ("not-found", vec![]));
    assert_eq!(then(&mut account, confirm(5), 0), ["TotpConfirmed"]);
    assert_eq!(then(&mut account, confirm(5), 0), [""; 0]);
    assert_eq!(
        refused(&account, enrol(6), 0),
        invalid("", "exists-already")
    );
    assert_eq!(
        refused(&account, log_in(3, None), 0),
        ("second-factor-required", vec![])
    );
    let with_code = log_in(3, Some(SecondFactor::RecoveryCode));
    assert_eq!(then(&mut account, with_code, 0), ["SessionStarted"]);
    let remove = AccountCommand::RemoveTotp;
    assert_eq!(then(&mut account, remove.clone(), 0), ["TotpRemoved"]);
    assert_eq!(then(&mut account, remove, 0), [""; 0]);
    assert_eq!(
        refused(&account, log_in(4, Some(SecondFactor::Totp)), 0),
        invalid("/code", "not-enrolled")
    );
}

#[test]
fn a_role_needs_a_verified_address_and_its_loss_ends_every_session() {
    let grant = |role| AccountCommand::GrantRole { role };
    let revoke = |role| AccountCommand::RevokeRole { role };
    let unverified = given(&[register(1)]);
    assert_eq!(
        refused(&unverified, grant(Role::Support), 0),
        invalid("", "email-not-verified")
    );
    let mut account = registered(&[log_in(2, None)]);
    assert_eq!(then(&mut account, grant(Role::Support), 0), ["RoleGranted"]);
    assert_eq!(then(&mut account, grant(Role::Support), 0), [""; 0]);
    assert!(account.has_role(Role::Support) && !account.has_role(Role::Finance));
    assert_eq!(then(&mut account, revoke(Role::Finance), 0), [""; 0]);
    assert_eq!(
        then(&mut account, revoke(Role::Support), 0),
        ["RoleRevoked", "SessionsRevoked"]
    );
    assert!(!account.has_role(Role::Support));
    assert_eq!(then(&mut account, grant(Role::Customer), 0), [""; 0]);
    assert_eq!(
        refused(&account, revoke(Role::Customer), 0),
        invalid("", "not-revocable")
    );
}

#[test]
fn a_lock_for_failed_log_ins_passes_and_leaves_sessions_alone() {
    let mut account = registered(&[log_in(2, None)]);
    assert_eq!(then(&mut account, passing_lock(900), 0), ["AccountLocked"]);
    assert_eq!(then(&mut account, passing_lock(900), 1), [""; 0]);
    assert_eq!(then(&mut account, passing_lock(600), 1), [""; 0]);
    assert_eq!(then(&mut account, passing_lock(901), 1), ["AccountLocked"]);
    let rejection = when(&account, log_in(3, None), 900).unwrap_err();
    assert_eq!(rejection.code(), "account-locked");
    assert!(
        rejection.detail.contains("until 2017-01-01T00:15:01"),
        "{rejection}"
    );
    assert_eq!(then(&mut account, refresh(2, 1), 900), ["SessionRefreshed"]);
    assert_eq!(then(&mut account, log_in(3, None), 901), ["SessionStarted"]);
    // It has passed: there is nothing to take off.
    assert_eq!(then(&mut account, UNLOCK, 902), [""; 0]);
}

#[test]
fn a_lock_for_failed_log_ins_has_an_end_that_is_near_and_no_other_has_one() {
    let account = registered(&[]);
    let day = 24 * 3_600;
    for until in [100, day + 101] {
        assert_eq!(
            refused(&account, passing_lock(until), 100),
            invalid("/until", "out-of-range")
        );
    }
    assert!(when(&account, passing_lock(day + 100), 100).is_ok());
    let without = AccountCommand::LockAccount {
        reason: LockReason::FailedLogins,
        until: None,
    };
    assert_eq!(
        refused(&account, without, 100),
        invalid("/until", "out-of-range")
    );
    let with = AccountCommand::LockAccount {
        reason: LockReason::Other,
        until: Some(at(200).now),
    };
    assert_eq!(
        refused(&account, with, 100),
        invalid("/until", "not-allowed")
    );
}

#[test]
fn a_lock_by_staff_ends_every_session_and_bars_from_everything_until_it_is_taken_off() {
    let mut account = registered(&[log_in(2, None), passing_lock(900)]);
    assert_eq!(
        then(&mut account, staff_lock(), 0),
        ["AccountLocked", "SessionsRevoked"]
    );
    assert_eq!(then(&mut account, staff_lock(), 0), [""; 0]);
    assert_eq!(then(&mut account, passing_lock(900), 0), [""; 0]);
    let long_after = 86_400 * 365;
    for command in [
        log_in(3, None),
        refresh(2, 1),
        AccountCommand::ChangePassword,
        AccountCommand::VerifyEmail,
        AccountCommand::EnrolTotp {
            factor_id: factor_id(4),
        },
    ] {
        let name = command.name();
        let refusal = refused(&account, command, long_after);
        assert_eq!(refusal, ("account-locked", vec![]), "{name}");
    }
    assert_eq!(then(&mut account, UNLOCK, 1), ["AccountUnlocked"]);
    assert_eq!(then(&mut account, UNLOCK, 1), [""; 0]);
    assert_eq!(then(&mut account, log_in(3, None), 2), ["SessionStarted"]);
}

#[test]
fn an_owner_cannot_be_locked_out_for_good() {
    let mut owner = registered(&[GRANT_OWNER]);
    assert_eq!(refused(&owner, staff_lock(), 0), invalid("", "is-owner"));
    assert_eq!(then(&mut owner, passing_lock(900), 0), ["AccountLocked"]);
    let locked = registered(&[staff_lock()]);
    assert_eq!(refused(&locked, GRANT_OWNER, 0), invalid("", "is-locked"));
}

#[test]
fn an_erased_account_answers_nothing_else() {
    let role = Role::Support;
    let mut account = registered(&[AccountCommand::GrantRole { role }, log_in(2, None)]);
    assert_eq!(
        then(&mut account, AccountCommand::EraseAccount, 60),
        ["SessionsRevoked", "AccountErased"]
    );
    assert_eq!(
        then(&mut account, AccountCommand::EraseAccount, 61),
        [""; 0]
    );
    assert_eq!(account.roles().count(), 0);
    let profile = account.profile().unwrap();
    assert_eq!((&profile.email, &profile.name), (&None, &None));
    for command in [
        log_in(3, None),
        refresh(2, 1),
        AccountCommand::VerifyEmail,
        AccountCommand::ChangePassword,
        AccountCommand::RemoveTotp,
        AccountCommand::GrantRole { role },
        staff_lock(),
        UNLOCK,
        AccountCommand::EndAllSessions {
            reason: SessionEnd::LoggedOut,
        },
    ] {
        let name = command.name();
        let refusal = refused(&account, command, 62);
        assert_eq!(refusal, ("account-erased", vec![]), "{name}");
    }
}

#[test]
fn only_an_erased_account_is_succeeded_under_the_same_address() {
    let mut world = World::with_accounts(1);
    let succeed = |number: u8, of: u128, email: u8| {
        let new = RegisterAccount {
            account_id: account_id(number.into()),
            succeeds: Some(account_id(of)),
            ..registration(email)
        };
        AccountCommand::RegisterAccount(new.into())
    };
    let mut refusal = |number: u8, of, email| {
        let command = succeed(number, of, email);
        let outcome = world.account_command(number.into(), command, &at(0));
        outcome.map_err(|rejection| rejection.code())
    };
    assert_eq!(refusal(2, 1, 1), Err("email-taken"));
    assert_eq!(refusal(2, 9, 1), Err("email-taken"));
    let erase = AccountCommand::EraseAccount;
    world.account_command(1, erase, &at(0)).unwrap();
    let mut refusal = |number: u8, of, email| {
        let command = succeed(number, of, email);
        let outcome = world.account_command(number.into(), command, &at(0));
        outcome.map_err(|rejection| rejection.code())
    };
    assert_eq!(refusal(2, 1, 3), Err("email-taken"));
    assert_eq!(refusal(2, 1, 1), Ok(1));
    let claims: Vec<_> = world
        .journal
        .iter()
        .filter_map(|(.., event)| crate::Claim::of(event))
        .collect();
    assert_eq!(claims.len(), 2);
    assert_ne!(claims[0].value(), claims[1].value());
    assert_eq!(world.verify().breaches, []);
}

#[test]
fn what_is_claimed_is_the_hash_and_never_the_address() {
    let event = &when(&Account::default(), register(0xab), 0).unwrap()[0];
    let claim = crate::Claim::of(&event.clone().into()).unwrap();
    assert_eq!(claim.namespace(), "email");
    assert_eq!(claim.value(), "ab".repeat(32));
    let taken = claim.taken("/email");
    assert_eq!(taken.code(), "email-taken");
    assert_eq!(taken.fields[0].pointer, "/email");
    assert!(!taken.detail.contains("abab"), "{taken}");
}

#[test]
fn it_runs_in_the_framework_of_cqrs_es() {
    let events = when(&Account::default(), register(1), 0).unwrap();
    TestFramework::<Account>::with(FactSource::fixed(at(0)))
        .given(events)
        .when(AccountCommand::VerifyEmail)
        .then_expect_events(vec![AccountEvent::EmailVerified {}]);
    TestFramework::<Account>::with(FactSource::fixed(at(0)))
        .given_no_previous_events()
        .when(AccountCommand::VerifyEmail)
        .then_expect_error_message("there is no such account");
}
