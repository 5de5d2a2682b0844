//! What the policy promises, whatever its table says.

use std::collections::BTreeSet;

use super::*;
use crate::value::{AccountId, Role, Scope};

fn person(roles: &[Role], granted: Option<&[Scope]>) -> Principal {
    let roles = roles.iter().copied().chain([Role::Customer]).collect();
    let account = "0190163d-8694-739b-aea5-966c26f8ad91".parse().unwrap();
    Principal::Person(Person {
        account,
        session: "0190163d-8694-739b-aea5-966c26f8ad92".parse().unwrap(),
        roles,
        client: granted.map(|scopes| {
            let client = "0190163d-8694-739b-aea5-966c26f8ad93".parse().unwrap();
            (client, scopes.iter().copied().collect())
        }),
    })
}

fn service(scopes: &[Scope]) -> Principal {
    Principal::Service {
        name: "machine".into(),
        scopes: scopes.iter().copied().collect(),
    }
}

fn own() -> Reach {
    let account: AccountId = "0190163d-8694-739b-aea5-966c26f8ad91".parse().unwrap();
    Reach::Own(account)
}

#[test]
fn each_operation_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = Operation::ALL.iter().map(|one| one.as_str()).collect();
    assert_eq!(names.len(), Operation::ALL.len());
    for one in Operation::ALL {
        assert_eq!(Operation::find(one.as_str()), Some(*one));
        assert!(one.summary().ends_with('.'), "{}", one.as_str());
        let shape = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
        assert!(one.as_str().chars().all(shape), "{}", one.as_str());
    }
    assert_eq!(Operation::find("orders.eat"), None);
}

#[test]
fn whoever_is_nobody_may_do_only_what_anybody_may() {
    for one in Operation::ALL {
        let may = permit(&Principal::Anonymous, *one);
        match one.rule() {
            Rule::Anybody | Rule::ByItself => assert_eq!(may, Ok(Reach::Any)),
            Rule::Those(_) => assert_eq!(may, Err(Denied::AuthenticationRequired)),
        }
    }
}

#[test]
fn a_service_without_scopes_may_do_no_more_than_anybody_and_every_scope_opens_something() {
    let open = |principal: &Principal| {
        let all = Operation::ALL.iter();
        let may = all.filter(|one| permit(principal, **one).is_ok());
        may.count()
    };
    let nobody = open(&Principal::Anonymous);
    assert_eq!(open(&service(&[])), nobody);
    for scope in Scope::ALL {
        let lent = !matches!(scope, Scope::AccountRead | Scope::AccountWrite);
        assert_eq!(open(&service(&[*scope])) > nobody, lent, "{scope}");
    }
}

#[test]
fn a_program_has_no_account_of_its_own() {
    for one in [Operation::ReadOwnAccount, Operation::EndAllSessions] {
        assert!(permit(&service(Scope::ALL), one).is_err());
    }
}

#[test]
fn every_role_opens_something_that_a_customer_may_not() {
    for role in Role::ALL {
        let more = Operation::ALL
            .iter()
            .any(|one| permit(&person(&[role], None), *one) != permit(&person(&[], None), *one));
        assert_eq!(more, role != Role::Customer, "{role}");
    }
}

#[test]
fn a_customer_reaches_their_own_and_staff_what_their_role_says() {
    let read = Operation::ReadOrder;
    assert_eq!(permit(&person(&[], None), read), Ok(own()));
    assert_eq!(permit(&person(&[Role::Auditor], None), read), Ok(own()));
    assert_eq!(
        permit(&person(&[Role::Support], None), read),
        Ok(Reach::Any)
    );
    let several = person(&[Role::Auditor, Role::Support], None);
    assert_eq!(permit(&several, read), Ok(Reach::Any));
    assert!(permit(&person(&[Role::Owner], None), Operation::ListEvents).is_err());
}

#[test]
fn whom_a_person_let_in_needs_the_role_and_the_scope() {
    let (read, events) = (Operation::ReadOrder, Operation::ListEvents);
    let lent = |roles: &[Role], scope| person(roles, Some(&[scope]));
    assert_eq!(permit(&lent(&[], Scope::OrdersRead), read), Ok(own()));
    assert!(permit(&lent(&[Role::Support], Scope::StockRead), read).is_err());
    let support = lent(&[Role::Support], Scope::OrdersRead);
    assert_eq!(permit(&support, read), Ok(Reach::Any));
    assert!(permit(&lent(&[], Scope::EventsRead), events).is_err());
    let auditor = lent(&[Role::Auditor], Scope::EventsRead);
    assert_eq!(permit(&auditor, events), Ok(Reach::Any));
}

#[test]
fn no_program_changes_a_password_for_whatever_scope() {
    let everything = person(&Role::ALL, Some(Scope::ALL));
    for one in [
        Operation::ChangePassword,
        Operation::EraseOwnAccount,
        Operation::EnrolTotp,
        Operation::RemoveTotp,
    ] {
        assert_eq!(permit(&person(&[], None), one), Ok(own()));
        assert!(permit(&everything, one).is_err(), "{}", one.as_str());
    }
}

#[test]
fn nobody_but_a_channel_states_what_was_paid() {
    let stated = Operation::PlaceSoldOrder;
    assert!(permit(&person(&Role::ALL, None), stated).is_err());
    assert!(permit(&person(&Role::ALL, Some(Scope::ALL)), stated).is_err());
    assert!(permit(&service(&[Scope::OrdersWrite]), stated).is_err());
    assert_eq!(
        permit(&service(&[Scope::OrdersChannel]), stated),
        Ok(Reach::Any)
    );
}

#[test]
fn a_refusal_says_who_may() {
    let denied = permit(&person(&[Role::Support], None), Operation::RefundAnyAmount).unwrap_err();
    assert_eq!(
        denied.to_string(),
        "payments.refund_any_amount needs the role finance, and of a program the scope payments:write"
    );
    assert_eq!(denied.scopes(), [Scope::PaymentsWrite]);
}
