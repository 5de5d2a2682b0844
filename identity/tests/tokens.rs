//! Tokens and keys on two nodes: what one does the other sees.

use std::time::{Duration, Instant};

use access::seal::{MasterKey, MasterKeys};
use access::token::TokenRefusal;
use daybook_tests::eventually;
use domain::account::{AccountCommand, SessionEnd};
use domain::policy::Principal;
use identity::{IdentityError, IdentityOptions};
use serde_json::Value;

use crate::world::{PUBLIC_URL, SOON, World};

fn jwks(node: &crate::world::Node) -> Vec<String> {
    let jwks = serde_json::to_value(node.identity.tokens().jwks()).unwrap();
    let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
    jwks["keys"].as_array().unwrap().iter().map(kid).collect()
}

fn refusal(recognised: Result<Principal, IdentityError>) -> String {
    match recognised {
        Err(IdentityError::Token(refusal)) => refusal.code().to_owned(),
        Err(IdentityError::Revoked) => "revoked".to_owned(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_of_one_node_is_accepted_by_the_other_and_says_who_it_is() {
    let world = World::new().await;
    let (one, other) = tokio::join!(world.node(), world.node());
    let logged_in = one.log_in().await;
    let token = logged_in.tokens.access_token.expose();
    for node in [&one, &other] {
        node.accepts(token).await;
        let Principal::Person(person) = node.identity.authenticate(token).await.unwrap() else {
            panic!("not a person");
        };
        assert_eq!(
            (person.account, person.session),
            (logged_in.account, logged_in.session)
        );
        assert!(person.client.is_none());
        assert_eq!(person.roles.len(), 1);
    }
}

#[tokio::test]
async fn a_revoked_session_is_refused_on_the_other_node_within_a_second() {
    let world = World::new().await;
    let (one, other) = tokio::join!(world.node(), world.node());
    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        let logged_in = one.log_in().await;
        let token = logged_in.tokens.access_token.expose();
        other.accepts(token).await;
        let end = AccountCommand::EndSession {
            session_id: logged_in.session,
            reason: SessionEnd::LoggedOut,
        };
        one.command(logged_in.account, end).await;
        let ended = Instant::now();
        eventually("the token is refused", SOON, async || {
            match refusal(other.identity.authenticate(token).await).as_str() {
                "revoked" => Ok(()),
                other => Err(other.to_owned()),
            }
        })
        .await;
        slowest = slowest.max(ended.elapsed());
    }
    println!("refused on the other node after {slowest:?} at most");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

#[tokio::test]
async fn a_node_that_starts_later_knows_what_was_revoked_before() {
    let world = World::new().await;
    let one = world.node().await;
    let (ended, live) = (one.log_in().await, one.log_in().await);
    let all = AccountCommand::EndAllSessions {
        reason: SessionEnd::ByStaff,
    };
    one.command(ended.account, all).await;
    let later = world.node().await;
    later.accepts(live.tokens.access_token.expose()).await;
    let token = ended.tokens.access_token.expose();
    assert_eq!(refusal(later.identity.authenticate(token).await), "revoked");
}

#[tokio::test]
async fn a_rotation_is_seen_by_the_other_node_and_old_tokens_stay_good() {
    let world = World::new().await;
    let (one, other) = (world.node().await, world.node().await);
    let before = one.log_in().await;
    let first = jwks(&one);
    let next = one
        .identity
        .tokens()
        .keys()
        .rotate(Duration::ZERO)
        .await
        .unwrap();
    assert!(!first.contains(&next));
    let after = one.log_in().await;
    for node in [&one, &other] {
        // The other node has not read again by itself yet: the unknown name makes it.
        node.accepts(after.tokens.access_token.expose()).await;
        node.accepts(before.tokens.access_token.expose()).await;
        assert!(jwks(node).contains(&next), "{:?}", jwks(node));
    }
}

#[tokio::test]
async fn a_key_is_announced_before_it_signs_and_nodes_make_one_between_them() {
    let world = World::new().await;
    let mut options = world.options();
    options.tokens.read_keys_every = Duration::from_millis(20);
    options.tokens.rotate_keys_every = Duration::from_secs(2);
    options.tokens.announce_keys_for = Duration::from_secs(1);
    let node = || async { world.node_with(options.clone()).await.unwrap() };
    let first = world.node().await;
    let signs_first = jwks(&first);
    assert_eq!(signs_first.len(), 1);
    let (one, _other) = (node().await, node().await);
    let logged_in = one.log_in().await;
    eventually("a next key is announced", SOON, async || {
        match one.identity.tokens().keys().list().await.unwrap().len() {
            2 => Ok(()),
            count => Err(format!("{count} keys")),
        }
    })
    .await;
    eventually("it is published", SOON, async || {
        let published = jwks(&one);
        if published.len() > 1 {
            Ok(())
        } else {
            Err(format!("{published:?}"))
        }
    })
    .await;
    one.accepts(logged_in.tokens.access_token.expose()).await;
}

#[tokio::test]
async fn a_key_that_became_known_is_taken_back() {
    let world = World::new().await;
    let one = world.node().await;
    let logged_in = one.log_in().await;
    let token = logged_in.tokens.access_token.expose();
    one.accepts(token).await;
    let keys = one.identity.tokens().keys();
    let stolen = jwks(&one)[0].clone();
    assert!(keys.revoke(&stolen).await.unwrap());
    assert!(!keys.revoke(&stolen).await.unwrap());
    let refused = one.identity.authenticate(token).await;
    assert_eq!(refusal(refused), TokenRefusal::UnknownKey.code());
    one.accepts(one.log_in().await.tokens.access_token.expose())
        .await;
}

#[tokio::test]
async fn another_master_key_opens_nothing() {
    let world = World::new().await;
    let _first = world.node().await;
    let other = MasterKeys::new(MasterKey::generate().unwrap(), Vec::new());
    let opened = world
        .node_with(IdentityOptions::new(other, PUBLIC_URL))
        .await;
    let Err(error) = opened else {
        panic!("it opened");
    };
    assert!(matches!(error, IdentityError::MasterKey(_)), "{error}");
    assert!(error.to_string().contains("master key"), "{error}");
}

#[tokio::test]
async fn a_master_key_is_followed_by_another() {
    let world = World::new().await;
    let before = world.node().await;
    let token = before.log_in().await.tokens.access_token;
    let next = MasterKey::generate().unwrap();
    let both = MasterKeys::new(next.clone(), vec![world.first_master.clone()]);
    let options = IdentityOptions::new(both, PUBLIC_URL);
    world
        .node_with(options)
        .await
        .unwrap()
        .accepts(token.expose())
        .await;
    // Everything is wrapped by the next one now, and the first can be taken away.
    let options = IdentityOptions::new(MasterKeys::new(next, Vec::new()), PUBLIC_URL);
    world
        .node_with(options)
        .await
        .unwrap()
        .accepts(token.expose())
        .await;
}

#[tokio::test]
async fn refusals_are_in_the_journal_gathered_and_without_the_token() {
    let world = World::new().await;
    let node = world.node().await;
    node.accepts(node.log_in().await.tokens.access_token.expose())
        .await;
    let token = "eyJhbGciOiJub25lIn0.e30.c2VjcmV0";
    for _ in 0..500 {
        assert_eq!(refusal(node.identity.authenticate(token).await), "header");
    }
    let events = eventually("500 refusals are in the journal", SOON, async || {
        let events = node.journal.read_all(0, 1_000).await.unwrap();
        let refused: Vec<_> = events
            .iter()
            .filter(|event| event.event_type == "AccessRefused")
            .map(|event| serde_json::from_str::<Value>(&event.payload).unwrap())
            .collect();
        let of = |event: &Value| {
            (event["AccessRefused"]["reason"] == "token-header")
                .then(|| event["AccessRefused"]["times"].as_u64().unwrap())
        };
        let times: u64 = refused.iter().filter_map(of).sum();
        if times == 500 {
            Ok(events)
        } else {
            Err(format!("{times} of 500"))
        }
    })
    .await;
    let refusals = events
        .iter()
        .filter(|event| event.event_type == "AccessRefused");
    assert!(refusals.count() < 20);
    assert!(
        !events
            .iter()
            .any(|event| event.payload.contains("c2VjcmV0") || event.metadata.contains("c2VjcmV0"))
    );
}
