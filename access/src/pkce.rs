//! PKCE (RFC 7636): who redeems an authorization code proves to be who asked for it. Only `S256`; `plain`, which is also what
//! an absent method means in the RFC, is refused (RFC 9700 2.1.1), so there is nothing to downgrade to.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The only method.
pub const METHOD: &str = "S256";
/// Characters of a verifier (RFC 7636 4.1).
const VERIFIER_CHARACTERS: std::ops::RangeInclusive<usize> = 43..=128;

/// What the client sent with its authorization request: the SHA-256 of a verifier that it keeps. Not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

/// Why an authorization request is refused (`invalid_request`, RFC 7636 4.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PkceFault {
    /// `plain`, nothing, or a method that nobody knows.
    #[error("code_challenge_method is {METHOD}; plain, or leaving it out, is not accepted")]
    Method,
    /// Not the base64url of a SHA-256.
    #[error(
        "code_challenge is the 43 characters of BASE64URL(SHA256(code_verifier)), without padding"
    )]
    Challenge,
}

impl Challenge {
    /// Reads `code_challenge_method` and `code_challenge` of an authorization request.
    pub fn parse(method: Option<&str>, challenge: &str) -> Result<Self, PkceFault> {
        if method != Some(METHOD) {
            return Err(PkceFault::Method);
        }
        let mut bytes = [0; 32];
        if challenge.len() != BASE64URL_NOPAD.encode_len(bytes.len()) {
            return Err(PkceFault::Challenge);
        }
        match BASE64URL_NOPAD.decode_mut(challenge.as_bytes(), &mut bytes) {
            Ok(_) => Ok(Self(bytes)),
            Err(_) => Err(PkceFault::Challenge),
        }
    }

    /// A challenge that was stored.
    #[must_use]
    pub const fn from_bytes(stored: [u8; 32]) -> Self {
        Self(stored)
    }

    /// The 32 bytes to store beside the code.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `verifier`, sent with the code, is what this challenge was made of. Constant time. A verifier of another form
    /// than RFC 7636 4.1 allows is never right: `invalid_grant`.
    #[must_use]
    pub fn is_met_by(&self, verifier: &str) -> bool {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let well_formed =
            VERIFIER_CHARACTERS.contains(&verifier.len()) && verifier.bytes().all(unreserved);
        let digest: [u8; 32] = Sha256::digest(verifier.as_bytes()).into();
        well_formed && bool::from(self.0.ct_eq(&digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_vector_of_rfc_7636_appendix_b() {
        let challenge = Challenge::parse(Some("S256"), CHALLENGE).unwrap();
        assert!(challenge.is_met_by(VERIFIER));
        assert!(Challenge::from_bytes(*challenge.as_bytes()).is_met_by(VERIFIER));
    }

    #[test]
    fn another_verifier_does_not_meet_it() {
        let challenge = Challenge::parse(Some("S256"), CHALLENGE).unwrap();
        for wrong in [
            "",
            CHALLENGE,
            &VERIFIER[1..],
            &VERIFIER.to_lowercase(),
            &format!("{VERIFIER}="),
        ] {
            assert!(!challenge.is_met_by(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_verifier_of_the_wrong_form_is_refused_even_if_its_hash_is_right() {
        for verifier in [
            "short".to_owned(),
            "a".repeat(129),
            "é".repeat(30),
            "a ".repeat(30),
        ] {
            let challenge = Challenge(Sha256::digest(verifier.as_bytes()).into());
            assert!(!challenge.is_met_by(&verifier), "{verifier}");
        }
    }

    #[test]
    fn attack_downgrade_to_plain() {
        for method in [None, Some("plain"), Some("s256"), Some(""), Some("S512")] {
            assert_eq!(Challenge::parse(method, CHALLENGE), Err(PkceFault::Method));
        }
    }

    #[test]
    fn a_challenge_is_43_characters_of_base64url() {
        for wrong in [
            "",
            VERIFIER.get(1..).unwrap(),
            &"=".repeat(43),
            &"é".repeat(43),
            &"A".repeat(44),
        ] {
            assert_eq!(
                Challenge::parse(Some("S256"), wrong),
                Err(PkceFault::Challenge),
                "{wrong}"
            );
        }
    }
}
