//! Given, when, then: logging in, going on, logging out.

use std::collections::BTreeSet;

use super::tests::{given, refused, registered, then, when};
use super::*;
use crate::testing::*;
use crate::value::*;

fn log_out(number: u128) -> AccountCommand {
    AccountCommand::EndSession {
        session_id: session_id(number),
        reason: SessionEnd::LoggedOut,
    }
}

#[test]
fn a_session_says_how_it_began_and_when_it_ends() {
    let account = registered(&[]);
    let events = when(&account, log_in(2, None), 5).unwrap();
    let AccountEvent::SessionStarted(started) = &events[0] else {
        panic!("{events:?}")
    };
    assert_eq!(started.family, session_id(2).family());
    assert_eq!(started.started_at, at(5).now);
    assert_eq!(started.expires_at, at(30 * 86_400).now);
    assert_eq!(started.method, SessionMethod::Password);
}

#[test]
fn a_session_of_an_address_that_is_not_verified_may_begin() {
    let mut account = given(&[register(1)]);
    assert_eq!(then(&mut account, log_in(2, None), 0), ["SessionStarted"]);
}

#[test]
fn a_session_needs_a_new_id_that_grows_with_time_and_an_end_that_is_ahead() {
    let mut account = registered(&[log_in(2, None)]);
    let pointer = |account: &Account, command, seconds| {
        let (code, mut fields) = refused(account, command, seconds);
        assert_eq!(code, "validation-failed");
        fields.remove(0)
    };
    let taken = ("/session_id".to_owned(), "exists-already".to_owned());
    assert_eq!(pointer(&account, log_in(2, None), 0), taken);
    then(&mut account, log_out(2), 0);
    assert_eq!(pointer(&account, log_in(2, None), 0), taken);
    let random = AccountCommand::StartSession(StartSession {
        session_id: SessionId("936da01f-9abd-4d9d-80c7-02af85c822a8".parse().unwrap()),
        method: SessionMethod::Password,
        second_factor: None,
        password_changed_at: None,
        expires_at: at(60).now,
    });
    let invalid = ("/session_id".to_owned(), "invalid-value".to_owned());
    assert_eq!(pointer(&account, random, 0), invalid);
    let late = ("/expires_at".to_owned(), "out-of-range".to_owned());
    assert_eq!(pointer(&account, log_in(3, None), 30 * 86_400), late);
}

#[test]
fn each_token_is_good_for_one_refresh() {
    let mut account = registered(&[log_in(2, None)]);
    for generation in 1..=3 {
        let events = when(&account, refresh(2, generation), 60).unwrap();
        let expected = AccountEvent::SessionRefreshed {
            session_id: session_id(2),
            family: session_id(2).family(),
            generation: generation + 1,
        };
        assert_eq!(events, [expected]);
        account.evolve(&events[0]);
    }
    let family = session_id(2).family();
    let (id, session) = account.sessions().of_family(family).unwrap();
    assert_eq!((id, session.generation), (session_id(2), 4));
}

#[test]
fn a_token_that_is_shown_again_ends_its_session_and_no_other() {
    let mut account = registered(&[log_in(2, None), log_in(3, None), refresh(2, 1)]);
    let events = when(&account, refresh(2, 1), 60).unwrap();
    let (session_id, family) = (session_id(2), session_id(2).family());
    let expected = [
        AccountEvent::RefreshTokenReuseDetected {
            session_id,
            family,
            presented: 1,
            current: 2,
        },
        AccountEvent::SessionRevoked {
            session_id,
            family,
            reason: SessionEnd::TokenReused,
        },
    ];
    assert_eq!(events, expected);
    events.iter().for_each(|event| account.evolve(event));
    // Whoever has the newer one, the thief or the person, is out too.
    for generation in 0..=3 {
        let refusal = refused(&account, refresh(2, generation), 61);
        assert_eq!(refusal, ("token-revoked", vec![]), "{generation}");
    }
    assert_eq!(then(&mut account, refresh(3, 1), 61), ["SessionRefreshed"]);
}

#[test]
fn a_session_begins_with_the_password_of_now_only() {
    let account = registered(&[AccountCommand::ResetPassword]);
    let changed_at = account.password_changed_at();
    let changed_since = ("/password".to_owned(), "changed-since".to_owned());
    for other in [None, Some(at(3_000).now)] {
        let refusal = refused(&account, log_in_since(2, other), 60);
        assert_eq!(refusal, ("validation-failed", vec![changed_since.clone()]));
    }
    assert!(when(&account, log_in_since(2, changed_at), 60).is_ok());
}

#[test]
fn a_token_that_was_never_given_out_ends_nothing() {
    let mut account = registered(&[log_in(2, None), refresh(2, 1)]);
    for command in [
        refresh(2, 0),
        refresh(2, 3),
        refresh(2, u32::MAX),
        refresh(9, 1),
    ] {
        assert_eq!(refused(&account, command, 60), ("token-revoked", vec![]));
    }
    assert_eq!(then(&mut account, refresh(2, 2), 60), ["SessionRefreshed"]);
}

#[test]
fn a_session_ends_by_itself_however_often_it_is_refreshed() {
    let end = 30 * 86_400;
    let mut account = registered(&[log_in(2, None)]);
    then(&mut account, refresh(2, 1), end - 1);
    let refusal = refused(&account, refresh(2, 2), end);
    assert_eq!(refusal, ("token-expired", vec![]));
}

#[test]
fn the_session_of_a_client_is_refreshed_by_that_client_only() {
    let client_id = ClientId(uuid(30));
    let let_in = AccountCommand::StartSession(StartSession {
        session_id: session_id(2),
        method: SessionMethod::AuthorizationCode {
            client_id,
            scopes: BTreeSet::from([Scope::OrdersRead]),
        },
        second_factor: None,
        password_changed_at: None,
        expires_at: at(3_600).now,
    });
    let account = registered(&[let_in, log_in(3, None)]);
    let by = |session, client_id| AccountCommand::RefreshSession {
        session_id: session_id(session),
        generation: 1,
        client_id,
    };
    let other = ClientId(uuid(31));
    for command in [by(2, None), by(2, Some(other)), by(3, Some(client_id))] {
        assert_eq!(refused(&account, command, 60), ("token-revoked", vec![]));
    }
    assert!(when(&account, by(2, Some(client_id)), 60).is_ok());
}

#[test]
fn logging_out_twice_changes_nothing_and_a_foreign_session_is_not_found() {
    let mut account = registered(&[log_in(2, None)]);
    assert_eq!(then(&mut account, log_out(2), 0), ["SessionRevoked"]);
    assert_eq!(then(&mut account, log_out(2), 0), [""; 0]);
    assert_eq!(refused(&account, log_out(3), 0), ("not-found", vec![]));
}

#[test]
fn logging_out_everywhere_names_every_session() {
    let everywhere = AccountCommand::EndAllSessions {
        reason: SessionEnd::LoggedOut,
    };
    let mut account = registered(&[
        log_in(2, None),
        log_in(3, None),
        log_out(2),
        log_in(4, None),
    ]);
    let events = when(&account, everywhere.clone(), 0).unwrap();
    let expected = AccountEvent::SessionsRevoked {
        sessions: vec![session_id(3), session_id(4)],
        reason: SessionEnd::LoggedOut,
    };
    assert_eq!(events, [expected]);
    account.evolve(&events[0]);
    assert_eq!(then(&mut account, everywhere, 0), [""; 0]);
}

#[test]
fn the_oldest_session_makes_room() {
    let mut account = registered(&[]);
    let most = SESSIONS_PER_ACCOUNT_MAX as u64;
    for number in 0..most {
        // The oldest has the highest id: age decides.
        let id = 1_000 - u128::from(number);
        assert_eq!(
            then(&mut account, log_in(id, None), number),
            ["SessionStarted"]
        );
    }
    let events = when(&account, log_in(2_000, None), most).unwrap();
    let expected = AccountEvent::SessionRevoked {
        session_id: session_id(1_000),
        family: session_id(1_000).family(),
        reason: SessionEnd::TooMany,
    };
    assert_eq!(events[0], expected);
    events.iter().for_each(|event| account.evolve(event));
    assert_eq!(account.sessions().live().len(), SESSIONS_PER_ACCOUNT_MAX);
}

#[test]
fn what_ended_long_ago_is_forgotten_and_yet_does_not_come_back() {
    let mut account = registered(&[log_in(1, None)]);
    let rounds = ENDED_SESSIONS_REMEMBERED_MAX as u128 + 10;
    for number in 2..2 + rounds {
        then(&mut account, log_in(number, None), 0);
        then(&mut account, log_out(number), 0);
    }
    let sessions = account.sessions();
    assert_eq!(sessions.status(session_id(1)), SessionStatus::Live);
    for number in 2..2 + rounds {
        assert_eq!(sessions.status(session_id(number)), SessionStatus::Ended);
        assert!(when(&account, log_in(number, None), 0).is_err(), "{number}");
    }
    assert!(when(&account, log_in(2 + rounds, None), 0).is_ok());
    let json = serde_json::to_string(&account).unwrap();
    let most = 40 * (ENDED_SESSIONS_REMEMBERED_MAX + 50);
    assert!(json.len() < most, "{} bytes", json.len());
    // One that lived on while all those ended is forgotten as it ends.
    then(&mut account, log_out(1), 0);
    assert_eq!(
        account.sessions().status(session_id(1)),
        SessionStatus::Ended
    );
}
