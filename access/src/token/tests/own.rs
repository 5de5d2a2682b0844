//! Tokens of our own: what they say, and that they are accepted for as long as they should be.

use super::*;

#[test]
fn a_token_has_the_header_and_the_claims_of_rfc_9068() {
    let ring = ring();
    let (header, claims) = read(&issue(&ring, now()));
    let kid = ring.current().id().as_str();
    assert_eq!(header, json!({"typ": "at+jwt", "alg": "EdDSA", "kid": kid}));
    let expected = json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "account-0191",
        "client_id": "client-0192",
        "iat": NOW_SECONDS,
        "exp": NOW_SECONDS + 300,
        "jti": "00000000-0000-0000-0000-000000000009",
        "scope": "orders:read orders:write",
        "sid": SESSION.to_string(),
        "roles": ["customer"],
    });
    assert_eq!(claims, expected);
}

#[test]
fn what_was_issued_is_accepted_and_says_the_same() {
    let (ring, verifier) = (ring(), verifier());
    let token = issue(&ring, now());
    // The second time from memory.
    for _ in 0..2 {
        let access = verifier.verify(&ring, &token, now()).unwrap();
        assert_eq!(access.subject, "account-0191");
        assert_eq!(access.client_id, "client-0192");
        assert_eq!(access.session, Some(SESSION));
        assert_eq!(access.scopes, ["orders:read", "orders:write"]);
        assert_eq!(access.roles, ["customer"]);
        assert_eq!(access.token_id, Uuid::from_u128(9));
        assert_eq!(
            (access.issued_at, access.expires_at),
            (NOW_SECONDS, NOW_SECONDS + 300)
        );
    }
}

#[test]
fn a_program_on_its_own_behalf_has_no_session() {
    let ring = ring();
    let grant = Grant {
        session: None,
        roles: &[],
        scopes: &[],
        ..grant()
    };
    let issued = Issuer::new(ISSUER, AUDIENCE)
        .issue(&ring, grant, now())
        .unwrap();
    assert_eq!(issued.expires_in, Duration::from_secs(300));
    let access = verifier()
        .verify(&ring, issued.token.expose(), now())
        .unwrap();
    assert_eq!(access.session, None);
    assert!(access.scopes.is_empty() && access.roles.is_empty());
    assert!(!format!("{issued:?}").contains("eyJ"));
}

#[test]
fn it_is_accepted_until_it_expires_remembered_or_not() {
    let ring = ring();
    let token = issue(&ring, now());
    let last = NOW_SECONDS + 300 + LEEWAY_SECONDS - 1;
    let remembering = verifier();
    assert!(remembering.verify(&ring, &token, now()).is_ok());
    for verifier in [&remembering, &verifier()] {
        assert!(
            verifier
                .verify(&ring, &token, at(NOW_SECONDS - LEEWAY_SECONDS))
                .is_ok()
        );
        assert!(verifier.verify(&ring, &token, at(last)).is_ok());
        let late = verifier.verify(&ring, &token, at(last + 1));
        assert_eq!(late, Err(TokenRefusal::Expired));
        let early = verifier.verify(&ring, &token, at(NOW_SECONDS - LEEWAY_SECONDS - 1));
        assert_eq!(early, Err(TokenRefusal::TooEarly));
    }
}

#[test]
fn what_should_not_be_issued_is_not() {
    let ring = ring();
    let issue = |grant: Grant<'_>| {
        Issuer::new(ISSUER, AUDIENCE)
            .issue(&ring, grant, now())
            .err()
    };
    for millis in [0, 999, 600_001, 86_400_000] {
        let lifetime = Duration::from_millis(millis);
        assert_eq!(
            issue(Grant {
                lifetime,
                ..grant()
            }),
            Some(IssueFault::Lifetime)
        );
    }
    for scope in ["", "a b", "a\"", "a\\", "é", "a\n"] {
        let scopes = &[scope];
        assert_eq!(
            issue(Grant { scopes, ..grant() }),
            Some(IssueFault::Grant),
            "{scope}"
        );
    }
    assert_eq!(
        issue(Grant {
            subject: "",
            ..grant()
        }),
        Some(IssueFault::Grant)
    );
    assert_eq!(
        issue(Grant {
            client_id: "",
            ..grant()
        }),
        Some(IssueFault::Grant)
    );
    let scopes = &["orders:write"; 400];
    assert_eq!(
        issue(Grant { scopes, ..grant() }),
        Some(IssueFault::TooLong)
    );
    assert_eq!(
        issue(Grant {
            lifetime: LIFETIME_MAX,
            ..grant()
        }),
        None
    );
}

/// RFC 8037 A.1 to A.4: the key, its thumbprint, and a signature by it.
#[test]
fn the_vectors_of_rfc_8037() {
    let seed = BASE64URL_NOPAD
        .decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
        .unwrap();
    let key = SigningKey::from_seed(&crate::Secret::new(seed.try_into().unwrap()));
    let jwk = serde_json::to_value(key.public().jwk()).unwrap();
    assert_eq!(
        jwk,
        json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        })
    );
    let signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(BASE64URL_NOPAD.encode(&key.sign(signed)), signature);
    assert!(key.public().verify(signed, &key.sign(signed)));
}
