//! One-time codes against RFC 6238 appendix B, and the rules about clocks and repeats.

use super::*;

const RFC_SECRET: &[u8; 20] = b"12345678901234567890";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).unwrap()
}

fn secret() -> TotpSecret {
    TotpSecret::from_bytes(RFC_SECRET).unwrap()
}

#[test]
fn the_vectors_of_rfc_6238_appendix_b() {
    for (seconds, code) in [
        (59, 94_287_082),
        (1_111_111_109, 7_081_804),
        (1_111_111_111, 14_050_471),
        (1_234_567_890, 89_005_924),
        (2_000_000_000, 69_279_037),
        (20_000_000_000, 65_353_130),
    ] {
        assert_eq!(
            code_of(RFC_SECRET, step_at(at(seconds)), 8),
            code,
            "{seconds}"
        );
        let six = secret().code_at(at(seconds));
        assert_eq!(six, format!("{:06}", code % 1_000_000));
        assert!(secret().check(&six, at(seconds), None).is_ok());
    }
}

#[test]
fn a_clock_may_be_one_step_early_or_late() {
    let code = secret().code_at(at(3_000));
    let right = |seconds| secret().check(&code, at(seconds), None);
    assert_eq!(right(2_969), Err(TotpRefusal::Wrong));
    assert_eq!(right(2_970), Ok(100));
    assert_eq!(right(3_029), Ok(100));
    assert_eq!(right(3_059), Ok(100));
    assert_eq!(right(3_060), Err(TotpRefusal::Wrong));
}

#[test]
fn attack_a_code_that_was_used_is_presented_again() {
    let code = secret().code_at(at(3_000));
    let step = secret().check(&code, at(3_000), None).unwrap();
    for seconds in [3_000, 3_031] {
        let again = secret().check(&code, at(seconds), Some(step));
        assert_eq!(again, Err(TotpRefusal::Used));
    }
    // Nor the one before it, which was seen but not used.
    let before = secret().code_at(at(2_970));
    let refused = secret().check(&before, at(3_000), Some(step));
    assert_eq!(refused, Err(TotpRefusal::Used));
    let next = secret().code_at(at(3_030));
    assert_eq!(secret().check(&next, at(3_030), Some(step)), Ok(step + 1));
}

#[test]
fn what_is_not_six_digits_is_refused() {
    for code in [
        "",
        "12345",
        "1234567",
        "12345x",
        "+12345",
        "１２３４５６",
        " 12345",
    ] {
        let refused = secret().check(code, at(59), None);
        assert_eq!(refused, Err(TotpRefusal::Malformed), "{code}");
    }
}

#[test]
fn a_code_of_another_secret_is_wrong() {
    let other = TotpSecret::from_bytes(b"another secret of 20").unwrap();
    let code = other.code_at(at(1_000_000));
    let refused = secret().check(&code, at(1_000_000), None);
    assert_eq!(refused, Err(TotpRefusal::Wrong));
}

#[test]
fn the_enrolment_uri_escapes_names() {
    let uri = secret().enrolment_uri("Day & Book", "ann@example.org");
    assert_eq!(
        uri.expose(),
        "otpauth://totp/Day%20%26%20Book:ann%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
         &issuer=Day%20%26%20Book&algorithm=SHA1&digits=6&period=30"
    );
}

#[test]
fn secrets_are_random_of_twenty_bytes_and_printed_nowhere() {
    let (one, other) = (
        TotpSecret::generate().unwrap(),
        TotpSecret::generate().unwrap(),
    );
    assert_ne!(one.expose(), other.expose());
    assert_eq!(TotpSecret::from_bytes(&[0; 19]).err(), Some(NotATotpSecret));
    assert_eq!(format!("{one:?}"), "TotpSecret(Secret(…))");
}
