//! Keys that rotate: no good token is refused, and no key outlives its tokens.

use super::*;

fn kids(ring: &KeyRing, at: Timestamp) -> Vec<String> {
    let jwks = serde_json::to_value(ring.jwks(at)).unwrap();
    let keys = jwks["keys"].as_array().unwrap();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_rotation_refuses_no_good_token_and_forgets_the_old_key_in_the_end() {
    let mut ring = ring();
    let verifier = verifier();
    let old_id = ring.current().id().as_str().to_owned();
    let old = issue(&ring, now());
    let behind = KeyRing::new(SigningKey::from_seed(&ring.current().seed()));
    ring.announce(SigningKey::generate().unwrap()).unwrap();
    let next_id = ring.next().unwrap().id().as_str().to_owned();
    assert_eq!(kids(&ring, now()), [old_id.clone(), next_id.clone()]);

    ring.rotate(now()).unwrap();
    assert_eq!(ring.current().id().as_str(), next_id);
    let new = issue(&ring, now());
    assert_eq!(read(&new).0["kid"], json!(next_id));
    for token in [&old, &new] {
        assert!(verifier.verify(&ring, token, now()).is_ok());
    }
    // A token of a node that hears of the rotation a minute late, shown in its last second.
    let lifetime = LIFETIME_MAX;
    let late = Issuer::new(ISSUER, AUDIENCE).issue(
        &behind,
        Grant {
            lifetime,
            ..grant()
        },
        at(NOW_SECONDS + 60),
    );
    let late = late.unwrap();
    let last = at(NOW_SECONDS + 60 + 600 + LEEWAY_SECONDS - 1);
    assert!(verifier.verify(&ring, late.token.expose(), last).is_ok());
    let until = ring.retired()[0].until;
    assert_eq!(until, at(NOW_SECONDS + 600 + 60 + LEEWAY_SECONDS));
    assert_eq!(
        kids(&ring, at(NOW_SECONDS + 664)),
        [next_id.clone(), old_id]
    );
    assert_eq!(kids(&ring, until), [next_id]);
    ring.prune(until);
    assert!(ring.retired().is_empty());
    assert_eq!(
        verifier.verify(&ring, &old, now()),
        Err(TokenRefusal::UnknownKey)
    );
}

#[test]
fn a_token_of_a_node_that_rotated_first_is_accepted() {
    let next = SigningKey::generate().unwrap();
    let first = KeyRing::new(SigningKey::from_seed(&next.seed()));
    let mut behind = ring();
    behind.announce(next).unwrap();
    let token = issue(&first, now());
    assert!(verifier().verify(&behind, &token, now()).is_ok());
}

#[test]
fn attack_a_key_that_became_known() {
    let mut ring = ring();
    let verifier = verifier();
    let token = issue(&ring, now());
    assert!(verifier.verify(&ring, &token, now()).is_ok());
    let next = SigningKey::generate().unwrap();
    ring.announce(SigningKey::from_seed(&next.seed())).unwrap();
    ring.replace(next);
    // Though it is remembered as good.
    assert_eq!(
        verifier.verify(&ring, &token, now()),
        Err(TokenRefusal::UnknownKey)
    );
    assert_eq!(kids(&ring, now()).len(), 1);
}

#[test]
fn a_ring_is_restored_as_it_was_stored() {
    let mut ring = ring();
    let token = issue(&ring, now());
    ring.announce(SigningKey::generate().unwrap()).unwrap();
    ring.rotate(now()).unwrap();
    ring.announce(SigningKey::generate().unwrap()).unwrap();
    let next = ring.next().map(|key| SigningKey::from_seed(&key.seed()));
    let stored = ring.retired().iter().map(|retired| RetiredKey {
        key: VerifyingKey::from_bytes(retired.key.as_bytes()).unwrap(),
        until: retired.until,
    });
    let current = SigningKey::from_seed(&ring.current().seed());
    let restored = KeyRing::restore(current, next, stored.collect());
    assert_eq!(kids(&restored, now()), kids(&ring, now()));
    assert!(verifier().verify(&restored, &token, now()).is_ok());
}

#[test]
fn a_ring_is_not_changed_wrongly() {
    let mut ring = ring();
    assert_eq!(ring.rotate(now()), Err(RingFault::NoNext));
    let same = SigningKey::from_seed(&ring.current().seed());
    assert_eq!(ring.announce(same), Err(RingFault::Known));
    for _ in 0..16 {
        ring.announce(SigningKey::generate().unwrap()).unwrap();
        ring.rotate(now()).unwrap();
    }
    ring.announce(SigningKey::generate().unwrap()).unwrap();
    assert_eq!(ring.rotate(now()), Err(RingFault::TooManyRetired));
    assert!(ring.next().is_some());
    assert_eq!(ring.rotate(at(NOW_SECONDS + 700)), Ok(()));
}

#[test]
fn public_keys_that_verify_anything_are_refused() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert!(VerifyingKey::from_bytes(&neutral).is_none());
    assert!(VerifyingKey::from_bytes(&[0; 32]).is_none());
}

#[test]
fn no_key_is_printed() {
    let ring = ring();
    let seed = format!("{:?}", ring.current().seed().expose());
    let printed = format!("{ring:?}");
    assert!(printed.contains(ring.current().id().as_str()));
    assert!(!printed.contains(&seed[1..20]), "{printed}");
}
