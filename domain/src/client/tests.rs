//! Given, when, then.

use std::collections::BTreeSet;

use cqrs_es::test::TestFramework;
use proptest::prelude::*;

use super::*;
use crate::testing::*;
use crate::value::{ClientId, RedirectUri, Scope};
use crate::{FactSource, Rejection};

const BACK: &str = "https://market.example/back";

fn new(kind: ClientKind) -> RegisterClient {
    RegisterClient {
        client_id: ClientId(uuid(30)),
        name: text("A marketplace"),
        kind,
        redirect_uris: vec![RedirectUri::new(BACK).unwrap()],
        scopes: BTreeSet::from([Scope::OrdersRead, Scope::OrdersWrite]),
    }
}

fn given(kind: ClientKind) -> Client {
    let mut client = Client::default();
    then(&mut client, ClientCommand::RegisterClient(new(kind)));
    client
}

fn when(client: &Client, command: ClientCommand) -> Result<Vec<ClientEvent>, Rejection> {
    decide(client, command, &at(60))
}

fn then(client: &mut Client, command: ClientCommand) -> Vec<ClientEvent> {
    let events = when(client, command).unwrap();
    events.iter().for_each(|event| client.evolve(event));
    events
}

/// Pointer and code of each field that is to blame.
fn refused(client: &Client, command: ClientCommand) -> Vec<(String, String)> {
    let rejection = when(client, command).unwrap_err();
    assert_eq!(rejection.code(), "validation-failed");
    let fields = rejection.fields.into_iter();
    fields.map(|field| (field.pointer, field.code)).collect()
}

fn field(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

#[test]
fn registering_says_all_and_is_done_once() {
    let client = given(ClientKind::Confidential);
    assert_eq!(client.id(), Some(ClientId(uuid(30))));
    assert_eq!(client.status(), ClientStatus::Enabled);
    let again = ClientCommand::RegisterClient(new(ClientKind::Confidential));
    assert_eq!(refused(&client, again), [field("/id", "exists-already")]);
}

#[test]
fn registering_names_everything_that_is_wrong() {
    let nowhere = RegisterClient {
        redirect_uris: vec![],
        ..new(ClientKind::Public)
    };
    let nowhere = ClientCommand::RegisterClient(nowhere);
    assert_eq!(
        refused(&Client::default(), nowhere),
        [field("/redirect_uris", "missing")]
    );
    let back = RedirectUri::new(BACK).unwrap();
    let many = RegisterClient {
        redirect_uris: vec![back; REDIRECT_URIS_PER_CLIENT_MAX + 1],
        ..new(ClientKind::Public)
    };
    let wrong = refused(&Client::default(), ClientCommand::RegisterClient(many));
    assert_eq!(wrong[0], field("/redirect_uris", "too-many"));
    assert_eq!(wrong[1], field("/redirect_uris/1", "duplicate-uri"));
    assert_eq!(wrong.len(), REDIRECT_URIS_PER_CLIENT_MAX + 1);
}

#[test]
fn a_machine_needs_nowhere_to_send_people_back_to() {
    let machine = RegisterClient {
        redirect_uris: vec![],
        ..new(ClientKind::Confidential)
    };
    let machine = ClientCommand::RegisterClient(machine);
    assert!(when(&Client::default(), machine).is_ok());
}

#[test]
fn only_a_confidential_client_has_a_secret() {
    let mut client = given(ClientKind::Confidential);
    let rotate = ClientCommand::RotateClientSecret;
    let expected = ClientEvent::ClientSecretRotated {
        rotated_at: at(60).now,
    };
    assert_eq!(then(&mut client, rotate.clone()), [expected]);
    let public = given(ClientKind::Public);
    assert_eq!(refused(&public, rotate), [field("", "no-secret")]);
}

#[test]
fn scopes_are_changed_once() {
    let mut client = given(ClientKind::Public);
    let change = ClientCommand::ChangeClientScopes {
        scopes: BTreeSet::from([Scope::OrdersRead]),
    };
    assert_eq!(then(&mut client, change.clone()).len(), 1);
    assert_eq!(then(&mut client, change), []);
    let wanted = BTreeSet::from([Scope::OrdersWrite]);
    assert_eq!(
        client.grant(&wanted).unwrap_err().code(),
        "insufficient-scope"
    );
}

#[test]
fn a_client_gets_what_it_asks_for_of_what_it_may_have() {
    let client = given(ClientKind::Confidential);
    let all = BTreeSet::from([Scope::OrdersRead, Scope::OrdersWrite]);
    let one = BTreeSet::from([Scope::OrdersRead]);
    assert_eq!(client.grant(&BTreeSet::new()), Ok(all));
    assert_eq!(client.grant(&one), Ok(one));
    let more = BTreeSet::from([Scope::OrdersRead, Scope::OrdersChannel]);
    let rejection = client.grant(&more).unwrap_err();
    assert_eq!(rejection.code(), "insufficient-scope");
    assert!(rejection.detail.ends_with("orders:channel"), "{rejection}");
}

#[test]
fn people_are_sent_where_it_was_registered_and_nowhere_else() {
    let client = given(ClientKind::Public);
    assert_eq!(client.redirect_for(BACK).unwrap().as_str(), BACK);
    for asked in ["https://market.example/back/", "https://evil.example/back"] {
        assert_eq!(client.redirect_for(asked), None);
    }
}

#[test]
fn a_disabled_client_can_do_nothing_and_stays_disabled() {
    let mut client = given(ClientKind::Confidential);
    let disable = ClientCommand::DisableClient;
    assert_eq!(
        then(&mut client, disable.clone()),
        [ClientEvent::ClientDisabled {}]
    );
    assert_eq!(then(&mut client, disable), []);
    let change = ClientCommand::ChangeClientScopes {
        scopes: BTreeSet::new(),
    };
    for command in [ClientCommand::RotateClientSecret, change] {
        assert_eq!(refused(&client, command), [field("", "client-disabled")]);
    }
    assert_eq!(client.redirect_for(BACK), None);
    assert_eq!(
        client.grant(&BTreeSet::new()).unwrap_err().code(),
        "insufficient-scope"
    );
}

#[test]
fn a_client_that_was_never_registered_is_not_found_and_gets_nothing() {
    let nobody = Client::default();
    let rejection = when(&nobody, ClientCommand::DisableClient).unwrap_err();
    assert_eq!(rejection.code(), "not-found");
    assert!(nobody.grant(&BTreeSet::new()).is_err());
}

#[test]
fn it_runs_in_the_framework_of_cqrs_es() {
    let registered = when(
        &Client::default(),
        ClientCommand::RegisterClient(new(ClientKind::Public)),
    );
    TestFramework::<Client>::with(FactSource::fixed(at(0)))
        .given(registered.unwrap())
        .when(ClientCommand::DisableClient)
        .then_expect_events(vec![ClientEvent::ClientDisabled {}]);
    TestFramework::<Client>::with(FactSource::fixed(at(0)))
        .given_no_previous_events()
        .when(ClientCommand::DisableClient)
        .then_expect_error_message("there is no such client");
}

fn any_scopes() -> impl Strategy<Value = BTreeSet<Scope>> {
    prop::collection::btree_set(prop::sample::select(Scope::ALL), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_client_never_gets_more_than_it_may_have(
        changes in prop::collection::vec((any_scopes(), any_scopes(), 0..10), 1..20),
    ) {
        let mut client = given(ClientKind::Confidential);
        for (scopes, wanted, dice) in changes {
            let command = if dice == 0 {
                ClientCommand::DisableClient
            } else {
                ClientCommand::ChangeClientScopes { scopes }
            };
            let events = when(&client, command);
            events.into_iter().flatten().for_each(|event| client.evolve(&event));
            let may_have = client.registered().unwrap().scopes.clone();
            let granted = client.grant(&wanted);
            match client.status() {
                ClientStatus::Disabled => prop_assert!(granted.is_err()),
                ClientStatus::Enabled => {
                    prop_assert_eq!(granted.is_ok(), wanted.is_subset(&may_have));
                    prop_assert!(granted.is_ok_and(|granted| granted.is_subset(&may_have))
                        || !wanted.is_subset(&may_have));
                }
            }
        }
    }
}
