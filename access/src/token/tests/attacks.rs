//! The attacks of RFC 8725 on tokens of our own, each as its own test. Where a signature could make a difference, it is right.

use proptest::prelude::*;

use super::*;

/// What comes of a token with these changes, signed with the right key.
fn changed(header: &[(&str, Value)], claims: &[(&str, Value)]) -> Result<(), TokenRefusal> {
    let ring = ring();
    let (mut own_header, mut own_claims) = read(&issue(&ring, now()));
    for (member, to) in header {
        own_header = with(own_header, member, to.clone());
    }
    for (member, to) in claims {
        own_claims = with(own_claims, member, to.clone());
    }
    let token = signed(&own_header, &own_claims, ring.current());
    verifier().verify(&ring, &token, now()).map(drop)
}

#[test]
fn without_changes_it_is_accepted() {
    assert_eq!(changed(&[], &[]), Ok(()));
}

#[test]
fn attack_no_algorithm() {
    let ring = ring();
    let (header, claims) = read(&issue(&ring, now()));
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let header = with(header.clone(), "alg", json!(none));
        let token = format!("{}.{}.", encode(&header), encode(&claims));
        let refused = verifier().verify(&ring, &token, now());
        assert_eq!(refused, Err(TokenRefusal::Signature), "{none}");
        let refused = verifier().verify(&ring, &format!("{token}AAAA"), now());
        assert_eq!(refused, Err(TokenRefusal::Algorithm), "{none}");
    }
}

/// The public key as the secret of an HMAC: as bytes, as base64url, as the JSON that is published.
#[test]
fn attack_a_symmetric_algorithm_with_the_public_key() {
    let ring = ring();
    let (header, claims) = read(&issue(&ring, now()));
    let public = ring.current().public();
    let secrets = [
        public.as_bytes().to_vec(),
        BASE64URL_NOPAD.encode(public.as_bytes()).into_bytes(),
        serde_json::to_vec(&public.jwk()).unwrap(),
    ];
    for secret in secrets {
        for algorithm in ["HS256", "EdDSA"] {
            let header = with(header.clone(), "alg", json!(algorithm));
            let signed = format!("{}.{}", encode(&header), encode(&claims));
            let token = with_hmac(&signed, &secret);
            let expected = match algorithm {
                "HS256" => TokenRefusal::Algorithm,
                _ => TokenRefusal::Signature,
            };
            assert_eq!(verifier().verify(&ring, &token, now()), Err(expected));
        }
    }
}

#[test]
fn attack_another_algorithm_is_named() {
    for algorithm in [
        "RS256", "ES256", "PS256", "HS512", "Ed25519", "eddsa", "EdDSA ",
    ] {
        let refused = changed(&[("alg", json!(algorithm))], &[]);
        assert_eq!(refused, Err(TokenRefusal::Algorithm), "{algorithm}");
    }
    for no_text in [json!(1), json!(["EdDSA"]), json!({}), Value::Null] {
        assert_eq!(changed(&[("alg", no_text)], &[]), Err(TokenRefusal::Header));
    }
}

#[test]
fn attack_kid_is_a_path_sql_or_an_address() {
    for kid in [
        "",
        "../../../../dev/null",
        "/etc/passwd",
        "' OR '1'='1",
        "x' UNION SELECT 'key",
        "1; DROP TABLE events",
        "https://evil.example/jwks.json",
        "${jndi:ldap://evil.example}",
        "| sleep 10",
        "\u{0}",
        "*",
        "%",
    ] {
        let refused = changed(&[("kid", json!(kid))], &[]);
        assert_eq!(refused, Err(TokenRefusal::UnknownKey), "{kid}");
    }
    for no_text in [Value::Null, json!(0), json!(["a"]), json!({"$ne": ""})] {
        assert_eq!(changed(&[("kid", no_text)], &[]), Err(TokenRefusal::Header));
    }
}

#[test]
fn attack_the_key_comes_with_the_token() {
    let (ring, evil) = (ring(), SigningKey::generate().unwrap());
    let (header, claims) = read(&issue(&ring, now()));
    let jwk = serde_json::to_value(evil.public().jwk()).unwrap();
    let members = [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("abc")),
    ];
    for (member, value) in members {
        let header = with(header.clone(), member, value);
        for kid in [ring.current().id().as_str(), evil.id().as_str()] {
            let token = signed(&with(header.clone(), "kid", json!(kid)), &claims, &evil);
            let refused = verifier().verify(&ring, &token, now());
            assert_eq!(refused, Err(TokenRefusal::Header), "{member}");
        }
    }
    // And with no member that gives it away.
    let named = with(header.clone(), "kid", json!(evil.id().as_str()));
    let refused = verifier().verify(&ring, &signed(&named, &claims, &evil), now());
    assert_eq!(refused, Err(TokenRefusal::UnknownKey));
    let refused = verifier().verify(&ring, &signed(&header, &claims, &evil), now());
    assert_eq!(refused, Err(TokenRefusal::Signature));
}

#[test]
fn attack_an_extension_is_declared_or_a_member_repeated() {
    for (member, value) in [
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
    ] {
        assert_eq!(
            changed(&[(member, value)], &[]),
            Err(TokenRefusal::Header),
            "{member}"
        );
    }
    let ring = ring();
    let token = issue(&ring, now());
    let (header, claims) = read(&token);
    let repeat = |json: &Value, member: &str| {
        let text = json.to_string().replacen('{', &format!("{{{member},"), 1);
        BASE64URL_NOPAD.encode(text.as_bytes())
    };
    let sign = |signed: String| {
        let signature = BASE64URL_NOPAD.encode(&ring.current().sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    };
    let twice = sign(format!(
        "{}.{}",
        repeat(&header, r#""alg":"none""#),
        encode(&claims)
    ));
    assert_eq!(
        verifier().verify(&ring, &twice, now()),
        Err(TokenRefusal::Header)
    );
    let twice = sign(format!(
        "{}.{}",
        encode(&header),
        repeat(&claims, r#""sub":"account-root""#)
    ));
    assert_eq!(
        verifier().verify(&ring, &twice, now()),
        Err(TokenRefusal::Claims)
    );
}

#[test]
fn attack_another_issuer() {
    for issuer in [
        "https://evil.example",
        "https://shop.example/",
        "HTTPS://shop.example",
        "",
        "https://shop.example\u{0}",
    ] {
        let refused = changed(&[], &[("iss", json!(issuer))]);
        assert_eq!(refused, Err(TokenRefusal::Issuer), "{issuer}");
    }
    for no_text in [Value::Null, json!([ISSUER])] {
        assert_eq!(changed(&[], &[("iss", no_text)]), Err(TokenRefusal::Claims));
    }
}

#[test]
fn attack_another_audience() {
    for audience in [
        "https://other.example/v1",
        "https://shop.example",
        "https://shop.example/v1/",
        "",
    ] {
        let refused = changed(&[], &[("aud", json!(audience))]);
        assert_eq!(refused, Err(TokenRefusal::Audience), "{audience}");
    }
    for no_text in [Value::Null, json!([AUDIENCE, "https://evil.example"])] {
        assert_eq!(changed(&[], &[("aud", no_text)]), Err(TokenRefusal::Claims));
    }
}

#[test]
fn attack_another_type() {
    for typ in [
        "JWT",
        "jwt",
        "AT+JWT",
        "id+jwt",
        "logout+jwt",
        "dpop+jwt",
        "",
    ] {
        assert_eq!(
            changed(&[("typ", json!(typ))], &[]),
            Err(TokenRefusal::Type),
            "{typ}"
        );
    }
    assert_eq!(
        changed(&[("typ", Value::Null)], &[]),
        Err(TokenRefusal::Header)
    );
}

#[test]
fn attack_expired() {
    let over = NOW_SECONDS - LEEWAY_SECONDS;
    let refused = changed(&[], &[("iat", json!(over - 300)), ("exp", json!(over))]);
    assert_eq!(refused, Err(TokenRefusal::Expired));
    for no_time in [
        Value::Null,
        json!("9999999999"),
        json!(1e300),
        json!(-1),
        json!(1.5),
    ] {
        assert_eq!(changed(&[], &[("exp", no_time)]), Err(TokenRefusal::Claims));
    }
}

#[test]
fn attack_from_the_future_or_valid_for_ever() {
    let future = NOW_SECONDS + LEEWAY_SECONDS + 1;
    let refused = changed(&[], &[("iat", json!(future)), ("exp", json!(future + 300))]);
    assert_eq!(refused, Err(TokenRefusal::TooEarly));
    assert_eq!(
        changed(&[], &[("nbf", json!(future))]),
        Err(TokenRefusal::TooEarly)
    );
    assert_eq!(changed(&[], &[("nbf", json!(NOW_SECONDS))]), Ok(()));
    for exp in [NOW_SECONDS + 601, i64::MAX] {
        assert_eq!(
            changed(&[], &[("exp", json!(exp))]),
            Err(TokenRefusal::TooLongLived)
        );
    }
    let refused = changed(&[], &[("iat", json!(i64::MIN))]);
    assert_eq!(refused, Err(TokenRefusal::Claims));
}

#[test]
fn attack_the_signature_is_stripped_doubled_or_of_another_token() {
    let ring = ring();
    let (token, other) = (issue(&ring, now()), issue(&ring, at(NOW_SECONDS - 1)));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (_, others) = other.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let verify = |token: String| verifier().verify(&ring, &token, now()).map(drop);
    assert_eq!(verify(format!("{signed}.")), Err(TokenRefusal::Signature));
    assert_eq!(verify(signed.into()), Err(TokenRefusal::Malformed));
    assert_eq!(
        verify(format!("{token}.{signature}")),
        Err(TokenRefusal::Malformed)
    );
    assert_eq!(verify(format!("{token}.")), Err(TokenRefusal::Malformed));
    assert_eq!(
        verify(format!("{signed}..{signature}")),
        Err(TokenRefusal::Malformed)
    );
    assert_eq!(
        verify(format!("{signed}.{signature}{signature}")),
        Err(TokenRefusal::Signature)
    );
    let twice = BASE64URL_NOPAD
        .decode(signature.as_bytes())
        .unwrap()
        .repeat(2);
    let twice = BASE64URL_NOPAD.encode(&twice);
    assert_eq!(
        verify(format!("{signed}.{twice}")),
        Err(TokenRefusal::Signature)
    );
    assert_eq!(
        verify(format!("{signed}.{others}")),
        Err(TokenRefusal::Signature)
    );
    let zeros = BASE64URL_NOPAD.encode(&[0; 64]);
    assert_eq!(
        verify(format!("{signed}.{zeros}")),
        Err(TokenRefusal::Signature)
    );
    assert_eq!(
        verify(format!("{claims}.{header}.{signature}")),
        Err(TokenRefusal::Header)
    );
    assert_eq!(verify(token.clone()), Ok(()));
}

/// A second form of the same signature, or of the same bytes, would make a second token of one.
#[test]
fn attack_the_token_is_written_in_another_way() {
    let ring = ring();
    let token = issue(&ring, now());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let verify = |token: &str| verifier().verify(&ring, token, now()).map(drop);
    for written in [
        format!("{token}="),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{}+{}", &token[..10], &token[11..]),
        // The last character has bits that belong to no byte.
        format!(
            "{}{}",
            &token[..token.len() - 1],
            if token.ends_with('A') { 'B' } else { '_' }
        ),
    ] {
        let refused = verify(&written);
        assert!(
            matches!(refused, Err(TokenRefusal::Malformed)),
            "{refused:?} {written}"
        );
    }
    // S + the order of the group: what RFC 8032 5.1.7 tells to refuse.
    let order = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let mut carry = 0;
    for (byte, add) in bytes[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + add + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    let other = format!("{signed}.{}", BASE64URL_NOPAD.encode(&bytes));
    assert_eq!(verify(&other), Err(TokenRefusal::Signature));
}

#[test]
fn attack_a_token_of_enormous_size_or_depth() {
    let ring = ring();
    let token = issue(&ring, now());
    let long = format!("{token}{}", "A".repeat(TOKEN_BYTES_MAX));
    assert_eq!(
        verifier().verify(&ring, &long, now()),
        Err(TokenRefusal::TooLong)
    );
    let deep = BASE64URL_NOPAD.encode("[".repeat(2_000).as_bytes());
    let refused = verifier().verify(&ring, &format!("{deep}.e30.AA"), now());
    assert_eq!(refused, Err(TokenRefusal::Header));
    for nonsense in ["", ".", "..", "...", "a.b.c", "é.é.é", "Bearer x"] {
        assert!(
            verifier().verify(&ring, nonsense, now()).is_err(),
            "{nonsense}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_character_can_be_changed(index: prop::sample::Index, to in "[A-Za-z0-9_.-]") {
        let ring = ring();
        let token = issue(&ring, now());
        let index = index.index(token.len());
        let changed = format!("{}{to}{}", &token[..index], &token[index + 1..]);
        let verifier = verifier();
        // What is remembered of the good one does not help.
        prop_assert!(verifier.verify(&ring, &token, now()).is_ok());
        prop_assert_eq!(verifier.verify(&ring, &changed, now()).is_ok(), changed == token);
    }
}
