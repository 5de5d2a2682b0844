//! The second factor: one-time codes by the clock (RFC 6238), and recovery codes for when the device is lost.
//!
//! What every authenticator app understands, and no more: HMAC-SHA-1, 30 seconds, six digits, 160-bit secrets (RFC 4226 4).
//! A code is taken one step early or late, and a step that was used is refused, and every one before it (RFC 6238 5.2): store
//! the step that [`TotpSecret::check`] returns in the same transaction. Six digits can be guessed: count failures and lock.
//!
//! Written here on `ring`'s HMAC, in place of a crate: it is the eight lines of RFC 4226 5.3, and the crates that exist answer
//! yes or no where we need to know which step it was.

mod recovery;

pub use recovery::{RecoveryCode, RecoveryDigest};

use data_encoding::{BASE32_NOPAD, HEXUPPER};
use domain::value::Timestamp;
use ring::hmac;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use crate::random::{self, NoRandomness};
use crate::secret::Secret;

/// How long one code stands, in seconds.
pub const STEP_SECONDS: u64 = 30;
/// Digits of a code.
pub const DIGITS: usize = 6;
/// How many steps a device's clock may be early or late.
pub const STEPS_EITHER_WAY: u64 = 1;
/// Bytes of a secret.
pub const SECRET_BYTES: usize = 20;
/// Longest name of issuer or account in an enrolment URI, in bytes.
const NAME_BYTES_MAX: usize = 254;

/// What an account and its device share. Store it sealed. Printed nowhere.
#[derive(Debug, Clone)]
pub struct TotpSecret(Secret<[u8; SECRET_BYTES]>);

/// Why a code is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TotpRefusal {
    /// Not six digits.
    #[error("a code has {DIGITS} digits")]
    Malformed,
    /// Not the code of now.
    #[error("this is not the code of now; is the device's clock right?")]
    Wrong,
    /// The code of a step that was used already.
    #[error("this code was used already; wait for the next")]
    Used,
}

/// What was stored is no secret of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a one-time code's secret has {SECRET_BYTES} bytes; was something else opened in its place?"
)]
pub struct NotATotpSecret;

impl TotpSecret {
    /// A new one.
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self(Secret::new(random::bytes()?)))
    }

    /// One that was stored, after it was opened.
    pub fn from_bytes(opened: &[u8]) -> Result<Self, NotATotpSecret> {
        let bytes = opened.try_into().map_err(|_| NotATotpSecret)?;
        Ok(Self(Secret::new(bytes)))
    }

    /// The bytes, to be sealed and stored.
    #[must_use]
    pub fn expose(&self) -> &[u8; SECRET_BYTES] {
        self.0.expose()
    }

    /// The secret in base32, for who types it into an app by hand.
    #[must_use]
    pub fn base32(&self) -> Secret<String> {
        Secret::new(BASE32_NOPAD.encode(self.0.expose()))
    }

    /// `otpauth://totp/…` for the QR code (Google Authenticator's key URI format). Names are cut at 254 bytes.
    #[must_use]
    pub fn enrolment_uri(&self, issuer: &str, account: &str) -> Secret<String> {
        let (issuer, account) = (escape(issuer), escape(account));
        let base32 = self.base32();
        let secret = base32.expose();
        Secret::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}\
             &algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
        ))
    }

    /// Checks `code` at `now`. Returns the step that it was the code of, which is `last_used` the next time.
    pub fn check(
        &self,
        code: &str,
        now: Timestamp,
        last_used: Option<u64>,
    ) -> Result<u64, TotpRefusal> {
        let presented = number(code).ok_or(TotpRefusal::Malformed)?;
        let step = step_at(now);
        // All steps are computed, whichever is right; of several with the same code the latest counts.
        let (mut found, mut which) = (Choice::from(0), 0);
        for candidate in step.saturating_sub(STEPS_EITHER_WAY)..=step + STEPS_EITHER_WAY {
            let same = code_of(self.0.expose(), candidate, DIGITS).ct_eq(&presented);
            which = u64::conditional_select(&which, &candidate, same);
            found |= same;
        }
        if !bool::from(found) {
            return Err(TotpRefusal::Wrong);
        }
        match last_used {
            Some(last) if which <= last => Err(TotpRefusal::Used),
            _ => Ok(which),
        }
    }

    /// The code that a device shows at `now`: for the demo and for tests.
    #[must_use]
    pub fn code_at(&self, now: Timestamp) -> String {
        let code = code_of(self.0.expose(), step_at(now), DIGITS);
        format!("{code:0DIGITS$}")
    }
}

fn step_at(now: Timestamp) -> u64 {
    let seconds = now.as_micros().div_euclid(1_000_000);
    u64::try_from(seconds).unwrap_or(0) / STEP_SECONDS
}

fn number(code: &str) -> Option<u32> {
    let digits = code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| code.parse().ok()).flatten()
}

/// RFC 4226 5.3: HOTP of `counter`.
fn code_of(secret: &[u8], counter: u64, digits: usize) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let hash = tag.as_ref();
    let offset = usize::from(hash[hash.len() - 1] & 0x0f);
    let word = [
        hash[offset],
        hash[offset + 1],
        hash[offset + 2],
        hash[offset + 3],
    ];
    let number = u32::from_be_bytes(word) & 0x7fff_ffff;
    number % 10_u32.pow(u32::try_from(digits).unwrap_or(9))
}

/// Percent-encoding of everything but RFC 3986's unreserved characters.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes().take(NAME_BYTES_MAX) {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push_str(&HEXUPPER.encode(&[byte]));
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
