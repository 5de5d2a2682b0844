//! Signatures: vectors made with another HMAC, rotation, tampering, time.

use super::*;

const AT: i64 = 1_700_000_000;
const BODY: &[u8] = br#"{"id":"evt_1"}"#;
/// Made with Python's hmac, over `1700000000.{"id":"evt_1"}` with the key `whsec_test_secret`.
const V1: &str = "248a374f50f943a28b0f6ab50faf9a7e7e29b710fa26df9fb1618b9bf8ea9c9a";
/// The same with the key `whsec_old`.
const V1_OLD: &str = "ef1b1b7e4b312671a75ef2a03e10529f7834a6528a49db77ad6568c8c8017843";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).unwrap()
}

fn secret() -> Secret {
    Secret::new("whsec_test_secret")
}

fn check(header: &str) -> Result<(), SignatureError> {
    verify(&[secret()], header, BODY, at(AT))
}

#[test]
fn it_is_what_others_compute() {
    let header = format!("t={AT},v1={V1}");
    assert_eq!(sign(&secret(), BODY, at(AT)), header);
    assert_eq!(check(&header), Ok(()));
    let (old, new) = (Secret::new("whsec_old"), secret());
    assert_eq!(sign(&old, BODY, at(AT)), format!("t={AT},v1={V1_OLD}"));
    assert_eq!(verify(&[old, new], &header, BODY, at(AT)), Ok(()));
}

#[test]
fn secrets_can_be_rotated_on_either_side() {
    let (old, new) = (Secret::new("whsec_old"), secret());
    // The gateway signs with both while it rotates; we may hold the one, the other or both.
    let both = format!("t={AT},v1={V1_OLD},v1={V1}");
    for ours in [vec![old.clone()], vec![new.clone()], vec![new.clone(), old]] {
        assert_eq!(verify(&ours, &both, BODY, at(AT)), Ok(()));
    }
    let old_only = format!("t={AT},v1={V1_OLD}");
    let refused = verify(&[new], &old_only, BODY, at(AT));
    assert_eq!(refused, Err(SignatureError::Mismatch));
    assert_eq!(
        verify(&[], &both, BODY, at(AT)),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn one_changed_byte_or_second_is_found() {
    let header = format!("t={AT},v1={V1}");
    for place in 0..BODY.len() {
        let mut body = BODY.to_vec();
        body[place] ^= 1;
        let refused = verify(&[secret()], &header, &body, at(AT));
        assert_eq!(refused, Err(SignatureError::Mismatch));
    }
    let with_space = [BODY, b" "].concat();
    let refused = verify(&[secret()], &header, &with_space, at(AT));
    assert_eq!(refused, Err(SignatureError::Mismatch));
    let later = format!("t={},v1={V1}", AT + 1);
    assert_eq!(check(&later), Err(SignatureError::Mismatch));
}

#[test]
fn it_is_good_for_five_minutes_either_way() {
    let header = format!("t={AT},v1={V1}");
    for (now, expected) in [
        (AT + 300, Ok(())),
        (AT + 301, Err(SignatureError::Stale)),
        (AT - 300, Ok(())),
        (AT - 301, Err(SignatureError::Stale)),
    ] {
        assert_eq!(verify(&[secret()], &header, BODY, at(now)), expected);
    }
}

#[test]
fn whoever_has_no_secret_does_not_learn_that_it_is_stale() {
    let forged = format!("t=0,v1={}", "0".repeat(64));
    assert_eq!(check(&forged), Err(SignatureError::Mismatch));
}

#[test]
fn other_schemes_and_order_do_not_matter() {
    assert_eq!(check(&format!("v1={V1}, t={AT},v0=ab")), Ok(()));
    assert_eq!(check(&format!("t={AT},v1={}", V1.to_uppercase())), Ok(()));
    // The scheme for test events is no substitute.
    assert_eq!(
        check(&format!("t={AT},v0={V1}")),
        Err(SignatureError::Malformed)
    );
}

#[test]
fn what_is_no_signature_is_malformed() {
    let many = format!("t={AT},{}", "v1=00,".repeat(2_000));
    let no_time = format!("v1={V1}");
    for header in [
        "",
        "t=1",
        "t=,v1=00",
        "t=x,v1=00",
        "t=1,v1=0",
        "t=1,v1=zz",
        "é=1",
        &many,
        &no_time,
    ] {
        assert_eq!(check(header), Err(SignatureError::Malformed), "{header}");
    }
    // Cut short or too long, it fits nothing.
    for v1 in ["", "24", &V1[..62], &format!("{V1}00")] {
        let header = format!("t={AT},v1={v1}");
        assert_eq!(check(&header), Err(SignatureError::Mismatch), "{header}");
    }
}

#[test]
fn a_time_at_the_end_of_numbers_does_no_harm() {
    for t in [i64::MIN, i64::MAX] {
        let header = format!("t={t},v1={V1}");
        assert_eq!(check(&header), Err(SignatureError::Mismatch));
    }
}
