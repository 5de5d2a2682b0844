//! What sealing promises: it opens with the right key at the right place, and with nothing else.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::Secret;

const ANN: Uuid = Uuid::from_u128(0x0191_0000_0000_7000_8000_0000_0000_0001);
const BOB: Uuid = Uuid::from_u128(0x0191_0000_0000_7000_8000_0000_0000_0002);

fn place<'a>(account: Uuid, field: &'a str) -> Place<'a> {
    Place { account, field }
}

fn masters(current: &MasterKey, older: &[&MasterKey]) -> MasterKeys {
    MasterKeys::new(current.clone(), older.iter().copied().cloned().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_opens_as_it_was(plain: Vec<u8>, field in "[a-z_]{0,20}", account: u128) {
        let key = DataKey::generate().unwrap();
        let place = place(Uuid::from_u128(account), &field);
        let sealed = key.seal(place, &plain).unwrap();
        let text = Ciphertext::parse(&sealed.to_string()).unwrap();
        let stored = Ciphertext::from_bytes(text.as_bytes().to_vec()).unwrap();
        let opened = key.open(place, &stored).unwrap();
        prop_assert_eq!(opened.expose(), &plain);
        prop_assert_ne!(key.seal(place, &plain).unwrap(), sealed);
    }

    #[test]
    fn no_bit_can_be_flipped(plain in prop::collection::vec(any::<u8>(), 0..200), bit: prop::sample::Index) {
        let key = DataKey::generate().unwrap();
        let mut bytes = key.seal(place(ANN, "name"), &plain).unwrap().as_bytes().to_vec();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let opened = Ciphertext::from_bytes(bytes).map(|sealed| key.open(place(ANN, "name"), &sealed).err());
        prop_assert!(matches!(opened, Err(CiphertextFault) | Ok(Some(SealError::DoesNotOpen))));
    }

    #[test]
    fn it_opens_at_no_other_place(field in "[a-z]{1,9}", other in "[a-z]{1,9}", account: u128, another: u128) {
        let key = DataKey::generate().unwrap();
        let (account, another) = (Uuid::from_u128(account), Uuid::from_u128(another));
        let sealed = key.seal(place(account, &field), b"Ann").unwrap();
        for elsewhere in [place(another, &field), place(account, &other), place(another, &other)] {
            let same = elsewhere == place(account, &field);
            prop_assert_eq!(key.open(elsewhere, &sealed).is_ok(), same);
        }
    }

    #[test]
    fn no_bit_of_a_wrapped_key_can_be_flipped(bit in 0..81_usize * 8) {
        let master = MasterKey::generate().unwrap();
        let keys = masters(&master, &[]);
        let wrapped = keys.wrap(DataKey::generate().unwrap().secret(), KeyUse::Account(ANN)).unwrap();
        let mut bytes = *wrapped.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let unwrapped = WrappedKey::from_bytes(&bytes).map(|wrapped| keys.unwrap(&wrapped, KeyUse::Account(ANN)));
        prop_assert!(!matches!(unwrapped, Some(Ok(_))));
    }
}

#[test]
fn a_destroyed_key_opens_nothing() {
    let master = MasterKey::generate().unwrap();
    let keys = masters(&master, &[]);
    let data_key = DataKey::generate().unwrap();
    let sealed = data_key
        .seal(place(ANN, "email"), b"ann@example.org")
        .unwrap();
    drop(data_key);
    // What is left: the sealed bytes, the master key, other accounts' keys, and a key that is made for Ann anew.
    let bobs = keys
        .wrap(DataKey::generate().unwrap().secret(), KeyUse::Account(BOB))
        .unwrap();
    let bobs = DataKey::from_secret(keys.unwrap(&bobs, KeyUse::Account(BOB)).unwrap());
    for left in [
        bobs,
        DataKey::generate().unwrap(),
        DataKey::from_secret(Secret::new([0; 32])),
    ] {
        assert_eq!(
            left.open(place(ANN, "email"), &sealed).err(),
            Some(SealError::DoesNotOpen)
        );
    }
}

#[test]
fn sealed_bytes_hold_nothing_of_the_text() {
    let key = DataKey::generate().unwrap();
    let sealed = key.seal(place(ANN, "email"), b"ann@example.org").unwrap();
    assert!(
        !sealed
            .as_bytes()
            .windows(5)
            .any(|window| window == b"ann@e")
    );
    assert_eq!(
        format!("{sealed:?} {key:?}"),
        "Ciphertext(56 bytes) DataKey(Secret(…))"
    );
}

#[test]
fn a_wrapped_key_unwraps_for_its_use_alone() {
    let master = MasterKey::generate().unwrap();
    let keys = masters(&master, &[]);
    let key = DataKey::generate().unwrap();
    let wrapped = keys.wrap(key.secret(), KeyUse::Account(ANN)).unwrap();
    let unwrapped = keys.unwrap(&wrapped, KeyUse::Account(ANN)).unwrap();
    assert_eq!(unwrapped.expose(), key.secret().expose());
    for other in [
        KeyUse::Account(BOB),
        KeyUse::EmailClaims,
        KeyUse::TokenSigning,
    ] {
        assert_eq!(
            keys.unwrap(&wrapped, other).err(),
            Some(SealError::DoesNotOpen)
        );
    }
}

#[test]
fn rotation_of_the_master_key_wraps_anew_and_touches_nothing_sealed() {
    let (old, new) = (
        MasterKey::generate().unwrap(),
        MasterKey::generate().unwrap(),
    );
    let data_key = DataKey::generate().unwrap();
    let sealed = data_key.seal(place(ANN, "name"), b"Ann").unwrap();
    let wrapped = masters(&old, &[])
        .wrap(data_key.secret(), KeyUse::Account(ANN))
        .unwrap();

    let both = masters(&new, &[&old]);
    let rewrapped = both
        .rewrap(&wrapped, KeyUse::Account(ANN))
        .unwrap()
        .unwrap();
    assert_eq!(rewrapped.master_key(), new.id());
    assert_eq!(both.rewrap(&rewrapped, KeyUse::Account(ANN)), Ok(None));

    let after = masters(&new, &[]);
    let key = DataKey::from_secret(after.unwrap(&rewrapped, KeyUse::Account(ANN)).unwrap());
    assert_eq!(
        key.open(place(ANN, "name"), &sealed).unwrap().expose(),
        b"Ann"
    );
    let unknown = after.unwrap(&wrapped, KeyUse::Account(ANN)).err();
    assert_eq!(unknown, Some(SealError::UnknownMasterKey(old.id())));
}

#[test]
fn a_master_key_is_44_characters_of_base64_and_printed_as_its_id() {
    let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let key = MasterKey::parse(&format!(" {text}\n")).unwrap();
    assert_eq!(key.id(), MasterKey::parse(text).unwrap().id());
    assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id()));
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for wrong in [
        "",
        &text[1..],
        "changeme",
        zeros,
        &text.replace('=', "A"),
        &text.replace('A', "-"),
    ] {
        assert_eq!(
            MasterKey::parse(wrong).err(),
            Some(MasterKeyFault),
            "{wrong}"
        );
    }
}

#[test]
fn what_is_too_long_or_nothing_of_ours_is_refused() {
    let key = DataKey::generate().unwrap();
    let longest = key
        .seal(place(ANN, "note"), &vec![7; PLAIN_BYTES_MAX])
        .unwrap();
    assert!(Ciphertext::parse(&longest.to_string()).is_ok());
    let refused = key.seal(place(ANN, "note"), &vec![7; PLAIN_BYTES_MAX + 1]);
    assert_eq!(refused.err(), Some(SealError::TooLong(PLAIN_BYTES_MAX + 1)));
    for wrong in [
        "",
        "AQ",
        "not sealed",
        &"A".repeat(100),
        &"AQ".repeat(100_000),
    ] {
        assert_eq!(
            Ciphertext::parse(wrong).err(),
            Some(CiphertextFault),
            "{wrong:.20}"
        );
    }
    assert!(serde_json::from_str::<Ciphertext>("\"ann@example.org\"").is_err());
    let json = serde_json::to_string(&longest).unwrap();
    assert_eq!(serde_json::from_str::<Ciphertext>(&json).unwrap(), longest);
}
