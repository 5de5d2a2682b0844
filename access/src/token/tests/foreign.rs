//! Tokens of a foreign issuer: three algorithms, and the attacks that its published keys invite.

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};

use super::*;

const FOREIGN: &str = "https://login.example";

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A key of the foreign issuer, as it has it and as it publishes it.
struct Theirs {
    algorithm: &'static str,
    jwk: Value,
    sign: Sign,
}

fn ed25519() -> Theirs {
    let key = SigningKey::generate().unwrap();
    let x = BASE64URL_NOPAD.encode(key.public().as_bytes());
    Theirs {
        algorithm: "EdDSA",
        jwk: json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": x}),
        sign: Box::new(move |signed| key.sign(signed).to_vec()),
    }
}

fn p256() -> Theirs {
    let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
    let point = key.public_key().as_ref().to_vec();
    let (x, y) = (
        BASE64URL_NOPAD.encode(&point[1..33]),
        BASE64URL_NOPAD.encode(&point[33..]),
    );
    Theirs {
        algorithm: "ES256",
        jwk: json!({"kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig", "alg": "ES256", "x": x, "y": y}),
        sign: Box::new(move |signed| {
            key.sign(&SystemRandom::new(), signed)
                .unwrap()
                .as_ref()
                .to_vec()
        }),
    }
}

/// `ring` makes no RSA keys, so this one was made by openssl for this test.
fn rsa() -> Theirs {
    let base64: String = include_str!("rsa_2048.pkcs8.base64")
        .split_whitespace()
        .collect();
    let key =
        RsaKeyPair::from_pkcs8(&data_encoding::BASE64.decode(base64.as_bytes()).unwrap()).unwrap();
    let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(key.public());
    let (n, e) = (
        BASE64URL_NOPAD.encode(&public.n),
        BASE64URL_NOPAD.encode(&public.e),
    );
    Theirs {
        algorithm: "RS256",
        jwk: json!({"kty": "RSA", "kid": "rsa", "use": "sig", "n": n, "e": e}),
        sign: Box::new(move |signed| {
            let mut signature = vec![0; key.public().modulus_len()];
            key.sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed,
                &mut signature,
            )
            .unwrap();
            signature
        }),
    }
}

impl Theirs {
    fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": self.algorithm, "kid": self.jwk["kid"]})
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = BASE64URL_NOPAD.encode(&(self.sign)(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn jwks(&self) -> Jwks {
        jwks(std::slice::from_ref(&self.jwk)).unwrap()
    }
}

fn jwks(keys: &[Value]) -> Result<Jwks, JwksFault> {
    Jwks::parse(json!({"keys": keys}).to_string().as_bytes())
}

fn claims() -> Value {
    json!({
        "iss": FOREIGN, "sub": "ann", "aud": [AUDIENCE, "account"], "iat": NOW_SECONDS, "exp": NOW_SECONDS + 300,
        "scope": "orders:read", "azp": "their-app", "realm_access": {"roles": ["staff"]},
    })
}

fn trusted() -> ForeignIssuer {
    ForeignIssuer::new(FOREIGN, AUDIENCE)
}

/// What comes of a rightly signed token with these changes.
fn changed(
    header: &[(&str, Value)],
    changes: &[(&str, Value)],
) -> Result<ForeignAccess, TokenRefusal> {
    let theirs = p256();
    let (mut own_header, mut own_claims) = (theirs.header(), claims());
    for (member, to) in header {
        own_header = with(own_header, member, to.clone());
    }
    for (member, to) in changes {
        own_claims = with(own_claims, member, to.clone());
    }
    trusted().verify(
        &theirs.jwks(),
        &theirs.token(&own_header, &own_claims),
        now(),
    )
}

#[test]
fn each_algorithm_is_accepted_by_its_key() {
    for theirs in [ed25519(), p256(), rsa()] {
        let token = theirs.token(&theirs.header(), &claims());
        let access = trusted().verify(&theirs.jwks(), &token, now()).unwrap();
        assert_eq!(
            (access.subject.as_str(), access.issuer.as_str()),
            ("ann", FOREIGN)
        );
        assert_eq!(access.client_id.as_deref(), Some("their-app"));
        assert_eq!(access.scopes, ["orders:read"]);
        assert_eq!(access.expires_at, NOW_SECONDS + 300);
        assert_eq!(access.claims["realm_access"], json!({"roles": ["staff"]}));

        let (signed, signature) = token.rsplit_once('.').unwrap();
        let mut bytes = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        bytes[5] ^= 1;
        let forged = format!("{signed}.{}", BASE64URL_NOPAD.encode(&bytes));
        let refused = trusted().verify(&theirs.jwks(), &forged, now());
        assert_eq!(
            refused,
            Err(TokenRefusal::Signature),
            "{}",
            theirs.algorithm
        );
    }
}

/// RFC 7515 A.3: a signature that somebody else made.
#[test]
fn the_vector_of_rfc_7515_a_3() {
    let jwk = json!({"kty": "EC", "crv": "P-256", "kid": "a3",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    let signed = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let keys = jwks(&[jwk]).unwrap();
    let key = keys.find("a3", "ES256").unwrap();
    assert!(key.verify(signed, &signature));
    assert!(!key.verify(&signed[1..], &signature));
}

#[test]
fn attack_the_algorithm_is_not_the_keys() {
    for theirs in [ed25519(), p256(), rsa()] {
        for algorithm in [
            "none", "HS256", "RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA",
        ] {
            if algorithm == theirs.algorithm {
                continue;
            }
            let header = with(theirs.header(), "alg", json!(algorithm));
            let token = theirs.token(&header, &claims());
            let refused = trusted().verify(&theirs.jwks(), &token, now());
            assert_eq!(refused, Err(TokenRefusal::Algorithm), "{algorithm}");
        }
    }
}

#[test]
fn attack_the_public_key_as_the_secret_of_an_hmac() {
    let theirs = rsa();
    let signed = format!(
        "{}.{}",
        encode(&with(theirs.header(), "alg", json!("HS256"))),
        encode(&claims())
    );
    let n = BASE64URL_NOPAD
        .decode(theirs.jwk["n"].as_str().unwrap().as_bytes())
        .unwrap();
    let refused = trusted().verify(&theirs.jwks(), &with_hmac(&signed, &n), now());
    assert_eq!(refused, Err(TokenRefusal::Algorithm));
}

#[test]
fn attack_the_key_comes_with_the_token() {
    let (theirs, evil) = (p256(), p256());
    for (member, value) in [
        ("jwk", evil.jwk.clone()),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
    ] {
        let header = with(theirs.header(), member, value);
        let refused = trusted().verify(&theirs.jwks(), &evil.token(&header, &claims()), now());
        assert_eq!(refused, Err(TokenRefusal::Signature), "{member}");
        // Their own token with such a member is theirs all the same.
        let access = trusted().verify(&theirs.jwks(), &theirs.token(&header, &claims()), now());
        assert!(access.is_ok(), "{member}");
    }
}

#[test]
fn attack_the_header_asks_for_an_extension_or_names_no_key() {
    for (member, value) in [
        ("crit", json!(["b64"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("kid", Value::Null),
    ] {
        assert_eq!(
            changed(&[(member, value)], &[]),
            Err(TokenRefusal::Header),
            "{member}"
        );
    }
    for kid in ["", "../ec", "' OR 1=1", "EC"] {
        assert_eq!(
            changed(&[("kid", json!(kid))], &[]),
            Err(TokenRefusal::UnknownKey),
            "{kid}"
        );
    }
}

#[test]
fn attack_another_issuer_audience_or_type() {
    for issuer in ["https://login.example/", "https://evil.example", ""] {
        assert_eq!(
            changed(&[], &[("iss", json!(issuer))]),
            Err(TokenRefusal::Issuer)
        );
    }
    for audience in [
        json!("account"),
        json!(["account"]),
        json!([]),
        json!("https://shop.example"),
    ] {
        assert_eq!(
            changed(&[], &[("aud", audience)]),
            Err(TokenRefusal::Audience)
        );
    }
    assert!(changed(&[], &[("aud", json!(AUDIENCE))]).is_ok());
    for typ in [
        json!("JWT"),
        json!("id+jwt"),
        json!("application/"),
        Value::Null,
    ] {
        assert_eq!(changed(&[("typ", typ)], &[]), Err(TokenRefusal::Type));
    }
    for typ in ["application/at+jwt", "Application/AT+JWT", "AT+jwt"] {
        assert!(changed(&[("typ", json!(typ))], &[]).is_ok(), "{typ}");
    }
}

#[test]
fn another_type_is_accepted_when_it_is_configured() {
    let theirs = rsa();
    let token = theirs.token(&with(theirs.header(), "typ", json!("JWT")), &claims());
    assert!(
        trusted()
            .with_type("JWT")
            .verify(&theirs.jwks(), &token, now())
            .is_ok()
    );
}

#[test]
fn attack_expired_from_the_future_or_valid_for_ever() {
    let over = NOW_SECONDS - FOREIGN_LEEWAY_SECONDS;
    assert_eq!(
        changed(&[], &[("exp", json!(over))]),
        Err(TokenRefusal::Expired)
    );
    assert!(changed(&[], &[("exp", json!(over + 1))]).is_ok());
    assert!(changed(&[], &[("exp", json!(f64::from(2_000) + 1_790_000_000.5))]).is_ok());
    for member in ["iat", "nbf"] {
        let future = json!(NOW_SECONDS + FOREIGN_LEEWAY_SECONDS + 1);
        assert_eq!(
            changed(&[], &[(member, future)]),
            Err(TokenRefusal::TooEarly)
        );
    }
    let ever = json!(NOW_SECONDS + 10 * 86_400);
    assert_eq!(
        changed(&[], &[("exp", ever)]),
        Err(TokenRefusal::TooLongLived)
    );
    for no_time in [Value::Null, json!("1"), json!(-1), json!(1e300)] {
        assert_eq!(changed(&[], &[("exp", no_time)]), Err(TokenRefusal::Claims));
    }
    let theirs = p256();
    let token = theirs.token(&theirs.header(), &claims());
    let strict = trusted().with_lifetime_max(Duration::from_secs(60));
    assert_eq!(
        strict.verify(&theirs.jwks(), &token, now()),
        Err(TokenRefusal::TooLongLived)
    );
}

#[test]
fn keys_of_no_use_are_passed_over_and_never_serve() {
    let (ec, rsa) = (p256().jwk, rsa().jwk);
    let useless = [
        json!({"kty": "oct", "kid": "a", "k": "c2VjcmV0"}),
        with(ec.clone(), "use", json!("enc")),
        with(ec.clone(), "key_ops", json!(["sign"])),
        with(ec.clone(), "alg", json!("ES384")),
        with(ec.clone(), "kid", Value::Null),
        with(ec.clone(), "crv", json!("P-384")),
        with(ec.clone(), "y", Value::Null),
        with(rsa.clone(), "alg", json!("HS256")),
        // 1024 bits.
        with(rsa.clone(), "n", json!("w".repeat(171) + "A")),
        json!("no key"),
    ];
    for key in &useless {
        assert_eq!(
            jwks(std::slice::from_ref(key)).err(),
            Some(JwksFault::NoKey),
            "{key}"
        );
    }
    let mut all = useless.to_vec();
    all.extend([ec.clone(), rsa]);
    let keys = jwks(&all).unwrap();
    assert!(keys.has("ec") && keys.has("rsa") && !keys.has("a"));
}

#[test]
fn what_is_no_key_set_is_refused() {
    let ec = p256().jwk;
    for wrong in ["", "[]", "{}", "{\"keys\":{}}", "<html>"] {
        assert_eq!(
            Jwks::parse(wrong.as_bytes()).err(),
            Some(JwksFault::Malformed),
            "{wrong}"
        );
    }
    assert_eq!(jwks(&[]).err(), Some(JwksFault::NoKey));
    assert_eq!(
        jwks(&[ec.clone(), ec.clone()]).err(),
        Some(JwksFault::SameName)
    );
    assert_eq!(jwks(&vec![ec; 65]).err(), Some(JwksFault::TooLong));
    assert_eq!(
        Jwks::parse(&vec![b' '; 300_000]).err(),
        Some(JwksFault::TooLong)
    );
}

#[test]
fn our_own_published_keys_can_be_read_by_others() {
    let ring = ring();
    let keys = Jwks::parse(&serde_json::to_vec(&ring.jwks(now())).unwrap()).unwrap();
    let access = ForeignIssuer::new(ISSUER, AUDIENCE).verify(&keys, &issue(&ring, now()), now());
    let access = access.unwrap();
    assert_eq!(access.subject, "account-0191");
    assert_eq!(access.client_id.as_deref(), Some("client-0192"));
}
