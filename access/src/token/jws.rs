//! JWS in its compact form (RFC 7515 7.1): three parts of base64url with dots between, and one way only to write each.

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

use super::{SigningKey, TokenRefusal};

/// A token taken apart; nothing of it is trusted yet.
pub(super) struct Jws<'a> {
    /// What the signature is over: the first two parts as they came.
    pub(super) signed: &'a [u8],
    /// The header's JSON.
    pub(super) header: Vec<u8>,
    /// The claims' JSON. Not to be read before the signature is checked.
    pub(super) payload: Vec<u8>,
    /// The signature.
    pub(super) signature: Vec<u8>,
}

/// Takes apart a token of at most `bytes_max` bytes. Padding, other alphabets and bits behind the last byte are refused.
pub(super) fn split(token: &str, bytes_max: usize) -> Result<Jws<'_>, TokenRefusal> {
    if token.len() > bytes_max {
        return Err(TokenRefusal::TooLong);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenRefusal::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(TokenRefusal::Malformed)?;
    // A fourth part is a dot in the payload, which base64url refuses.
    let decode = |part: &str| {
        let decoded = BASE64URL_NOPAD.decode(part.as_bytes());
        decoded.map_err(|_| TokenRefusal::Malformed)
    };
    let jws = Jws {
        signed: signed.as_bytes(),
        header: decode(header)?,
        payload: decode(payload)?,
        signature: decode(signature)?,
    };
    if jws.signature.is_empty() {
        return Err(TokenRefusal::Signature);
    }
    Ok(jws)
}

/// Signs `claims` under `header`.
pub(super) fn sign(
    header: &impl Serialize,
    claims: &impl Serialize,
    key: &SigningKey,
) -> Result<String, serde_json::Error> {
    let mut token = BASE64URL_NOPAD.encode(&serde_json::to_vec(header)?);
    token.push('.');
    BASE64URL_NOPAD.encode_append(&serde_json::to_vec(claims)?, &mut token);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    BASE64URL_NOPAD.encode_append(&signature, &mut token);
    Ok(token)
}
