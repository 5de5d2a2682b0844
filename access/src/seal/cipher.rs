//! The AEAD itself: XChaCha20-Poly1305, the nonce before the ciphertext and its tag.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};

use super::SealError;
use crate::random;
use crate::secret::Secret;

/// Bytes of every key here.
pub(super) const KEY_BYTES: usize = 32;
/// Bytes of a nonce: enough that random ones do not meet.
pub(super) const NONCE_BYTES: usize = 24;
/// Bytes that the authentication tag adds.
pub(super) const TAG_BYTES: usize = 16;

/// A key of the cipher.
pub(super) type Key = Secret<[u8; KEY_BYTES]>;

/// Nonce, ciphertext and tag of `plain` under a fresh nonce; `bound` must be the same to open it.
pub(super) fn seal(key: &Key, bound: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    seal_with(key, random::bytes()?, bound, plain)
}

/// Private to this file and its vectors: a nonce must never serve twice under one key.
fn seal_with(
    key: &Key,
    nonce: [u8; NONCE_BYTES],
    bound: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, SealError> {
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    let payload = Payload {
        msg: plain,
        aad: bound,
    };
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| SealError::TooLong(plain.len()))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// What [`seal`] was given, if `key` and `bound` are the same and no bit was changed.
pub(super) fn open(key: &Key, bound: &[u8], sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
    let (nonce, sealed) = sealed
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(SealError::DoesNotOpen)?;
    let cipher = XChaCha20Poly1305::new(key.expose().into());
    let payload = Payload {
        msg: sealed,
        aad: bound,
    };
    cipher
        .decrypt(&XNonce::from(*nonce), payload)
        .map(Secret::new)
        .map_err(|_| SealError::DoesNotOpen)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        HEXLOWER
            .decode(text.as_bytes())
            .unwrap()
            .try_into()
            .unwrap()
    }

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn the_vector_of_the_xchacha_draft() {
        let key = Secret::new(hex(
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        ));
        let nonce: [u8; 24] = hex("404142434445464748494a4b4c4d4e4f5051525354555657");
        let bound: [u8; 12] = hex("50515253c0c1c2c3c4c5c6c7");
        let plain =
            b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for \
                      the future, sunscreen would be it.";
        let sealed = seal_with(&key, nonce, &bound, plain).unwrap();
        let expected = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
                        731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
                        2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
                        21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49";
        assert_eq!(HEXLOWER.encode(&sealed[NONCE_BYTES..]), expected);
        assert_eq!(open(&key, &bound, &sealed).unwrap().expose(), plain);
    }
}
